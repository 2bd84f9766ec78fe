"""Gumroad's export of sales."""

from datetime import UTC, datetime

import pytest

from tests.storefront.imports.reading import found, reports

HEADER = (
    "Purchase ID,Item Name,Buyer Name,Purchase Email,Buyer Email,Purchase Date,"
    "Purchase Time (UTC timezone),Sale Price ($),Refunded?,Partial Refund ($),Fully Refunded?,"
    "Disputed?,Dispute Won?,Access Revoked?,Variants,Pre-order authorization?,Order Number,"
    "Giftee Email,SKU ID,Quantity,License Key"
)
SALE = {
    "Purchase ID": "Qwe_rty==",
    "Item Name": "My new Book",
    "Buyer Name": "Ada Lovelace",
    "Purchase Email": "ada@example.com",
    "Purchase Date": "2025-06-15",
    "Purchase Time (UTC timezone)": "10:30:00 UTC",
    "Sale Price ($)": "10.0",
    "Refunded?": "0",
    "Fully Refunded?": "0",
    "Variants": "(Signed)",
    "Order Number": "559",
    "Quantity": "2",
}


def file(*sales):
    names = HEADER.split(",")
    return "\n".join([HEADER, *(",".join(sale.get(name, "") for name in names) for sale in sales)])


def report_of(**cells):
    (report,) = reports(file(SALE | cells))
    return report


def test_a_sale_is_an_order_of_one_line():
    report = report_of()
    assert (report.number, report.payment) == (559, "paid")
    assert report.placed_at == datetime(2025, 6, 15, 10, 30, tzinfo=UTC)
    (line,) = report.lines
    assert (line.product.name, line.product.variant_name, line.quantity) == (
        "My new Book",
        "Signed",
        2,
    )


def test_the_row_of_sums_is_no_order():
    assert [each.name for each in found(file(SALE, {"Purchase ID": "Totals"}))] == ["559"]


PAYMENTS = {
    "fully refunded": ({"Refunded?": "1", "Fully Refunded?": "1"}, "refunded"),
    "refunded in part": ({"Refunded?": "1", "Partial Refund ($)": "5"}, "paid"),
    "disputed": ({"Disputed?": "1", "Dispute Won?": "0"}, "refunded"),
    "dispute won": ({"Disputed?": "1", "Dispute Won?": "1"}, "paid"),
    "pre-order": ({"Pre-order authorization?": "1"}, "authorized"),
    "unreadable": ({"Refunded?": "perhaps"}, None),
}


@pytest.mark.parametrize(("cells", "payment"), PAYMENTS.values(), ids=PAYMENTS)
def test_what_was_taken_back_is_not_paid(cells, payment):
    assert report_of(**cells).payment == payment


def test_an_access_that_was_revoked_stays_closed():
    assert report_of(**{"Access Revoked?": "1"}).cancelled_at is not None


def test_a_gift_is_its_receivers():
    report = report_of(**{"Giftee Email": "grace@example.com"})
    assert (report.email, report.customer.first_name) == ("grace@example.com", "")


def test_an_older_export_without_the_later_columns_is_read():
    (report,) = reports(
        "Purchase ID,Item Name,Purchase Email,Buyer Email,Purchase Date,Sale Price ($),Refunded?\n"
        "x1,My new Book,ada@example.com,,2025-06-15,10,1\n"
    )
    assert (report.payment, report.lines[0].quantity) == ("refunded", 1)
