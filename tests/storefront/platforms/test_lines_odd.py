"""Orders of real shops with one odd field each: taken in, and what could not be read is noted."""

from decimal import Decimal

import pytest

from storefront.platforms.shopify import reports as shopify
from storefront.platforms.woocommerce import reports as woocommerce

EBOOK = {
    "id": 1,
    "name": "Ebook",
    "product_id": 501,
    "variation_id": 0,
    "quantity": 1,
    "sku": "X",
}
WOOCOMMERCE = {
    "id": 148134700,
    "parent_id": 0,
    "number": "148134700",
    "order_key": "wc_order_148134700AbCdEfGhIj",
    "status": "completed",
    "currency": "EUR",
    "date_created_gmt": "2026-11-28T22:53:55",
    "date_modified_gmt": "2026-11-28T22:53:55",
    "date_paid_gmt": "2026-11-28T22:53:55",
    "total": "10.00",
    "customer_id": 0,
    "billing": {"first_name": "Ada", "last_name": "B", "email": "odd@x.example"},
    "line_items": [EBOOK],
    "refunds": [],
    "meta_data": [],
}
BOOK = {
    "id": 1,
    "title": "My new Book",
    "name": "My new Book",
    "variant_id": 1234567,
    "product_id": 123456,
    "quantity": 1,
    "current_quantity": 1,
}
SHOPIFY = {
    "id": 158134700,
    "order_number": 34700,
    "name": "#34700",
    "token": "25482521233b3132906dbd1e76c4b24a",
    "financial_status": "paid",
    "created_at": "2026-11-28T22:54:02Z",
    "processed_at": "2026-11-28T22:54:02Z",
    "updated_at": "2026-11-28T22:54:02Z",
    "currency": "EUR",
    "total_price": "10.00",
    "email": "buyer@shopify.example",
    "customer": {"id": 90001, "email": "buyer@shopify.example"},
    "line_items": [BOOK],
    "refunds": [],
}
FABRIC = {"id": 2, "name": "Fabric", "product_id": 900, "quantity": 0.5}
GIFT = {"id": 2, "name": "Gift", "product_id": None, "quantity": 1, "sku": None}
TIP = {"id": 2, "title": "Tip", "variant_id": None, "product_id": None, "quantity": 1}
NOTHING_LEFT = BOOK | {"id": 2, "variant_id": 1234568, "quantity": 0, "current_quantity": 0}
UNREAD = "could not be read."
# What is odd, what of the report differs from a plain one's, and what is noted.
OF_WOOCOMMERCE = {
    "half a unit": (
        {"line_items": [EBOOK, FABRIC]},
        {"units": [1, 1], "variants": [501, 900]},
        ["order.line_items[1].quantity: 0.5 was read as 1."],
    ),
    "a number with a point": ({"line_items": [EBOOK | {"quantity": 1.0}]}, {}, []),
    "a number as a text": ({"line_items": [EBOOK | {"quantity": "1"}]}, {}, []),
    "an empty total": ({"total": ""}, {"grand_total": None}, [f'order.total: "" {UNREAD}']),
    "a grouped total": ({"total": "1,250.00"}, {"grand_total": Decimal("1250.00")}, []),
    "an impossible date": (
        {"date_paid_gmt": "-0001-11-30T00:00:00"},
        {},
        [f'order.date_paid_gmt: "-0001-11-30T00:00:00" {UNREAD}'],
    ),
    "no date": ({"date_created_gmt": None}, {}, []),
    "a list for an object": ({"billing": []}, {"email": None}, []),
    "a line of no product": (
        {"line_items": [EBOOK, GIFT]},
        {"units": [1, 1], "variants": [501, None]},
        [],
    ),
    "a text as a number": ({"line_items": [EBOOK | {"sku": 12345}]}, {"skus": ["12345"]}, []),
    "letters in a number": (
        {"number": "WEB-906735"},
        {"number": 906735, "receipt_number": "WEB-906735"},
        [],
    ),
}
OF_SHOPIFY = {
    "a number as a text": ({"line_items": [BOOK | {"quantity": "1"}]}, {}, []),
    "numbers of lines as texts": (
        {"line_items": [BOOK | {"id": "1", "variant_id": "1234567"}]},
        {},
        [],
    ),
    "a text as a number": ({"line_items": [BOOK | {"sku": 100}]}, {"skus": ["100"]}, []),
    "a name as a number": ({"line_items": [BOOK | {"variant_title": 42}]}, {}, []),
    "an empty total": (
        {"total_price": ""},
        {"grand_total": None},
        [f'order.total_price: "" {UNREAD}'],
    ),
    "a list for an object": ({"customer": []}, {}, []),
    "nobody": (
        {"email": None, "customer": {"id": None, "email": None}},
        {"email": None},
        [],
    ),
    "a tip": ({"line_items": [BOOK, TIP]}, {"units": [1, 1], "variants": [1234567, None]}, []),
    "a refund of no line": (
        {"refunds": [{"id": 5, "refund_line_items": [{"line_item_id": None, "quantity": 1}]}]},
        {"refunds": [{}]},
        [
            "order.refunds[0].refund_line_items[0]: does not say how much of which line went back.",
        ],
    ),
    "a line of no units": (
        {"line_items": [BOOK, NOTHING_LEFT]},
        {"units": [1, 0], "variants": [1234567, 1234568]},
        [],
    ),
    "no number": ({"order_number": None}, {}, []),
    "no word on the payment": (
        {"financial_status": None, "total_price": "0.00"},
        {"payment": None, "grand_total": Decimal("0.00")},
        ["order.financial_status: is missing."],
    ),
}


def read(report):
    """Return what counts of a report, but for its notes."""
    products = [line.product for line in report.lines]
    return {
        "number": report.number,
        "receipt_number": report.receipt_number,
        "payment": report.payment,
        "grand_total": report.grand_total,
        "email": report.email,
        "lines": [line.platform_id for line in report.lines][:1],
        "units": [line.quantity for line in report.lines],
        "variants": [product.variant_id for product in products],
        "skus": [product.sku for product in products][:1],
        "refunds": [refund.units for refund in report.refunds],
        "is_cancelled": not report.is_cancellation_known or report.cancelled_at is not None,
    }


@pytest.mark.parametrize(("odd", "differs", "notes"), OF_WOOCOMMERCE.values(), ids=OF_WOOCOMMERCE)
def test_an_odd_order_of_woocommerce_is_taken_in(odd, differs, notes):
    report = woocommerce.read_order(WOOCOMMERCE | odd)
    assert read(report) == read(woocommerce.read_order(WOOCOMMERCE)) | differs
    assert list(report.notes) == notes


@pytest.mark.parametrize(("odd", "differs", "notes"), OF_SHOPIFY.values(), ids=OF_SHOPIFY)
def test_an_odd_order_of_shopify_is_taken_in(odd, differs, notes):
    report = shopify.read_order(SHOPIFY | odd)
    assert read(report) == read(shopify.read_order(SHOPIFY)) | differs
    assert list(report.notes) == notes
