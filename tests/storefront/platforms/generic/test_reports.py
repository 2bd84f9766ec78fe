"""The generic format → our reports: what is odd is noted, and opens nothing."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from downloads.errors import BadInput
from downloads.incoming import CustomerReport, OrderReport
from storefront.platforms.generic import schemas
from storefront.platforms.generic.reports import UNFIT, catalog_report, order_report

BOOK = {"id": 123456, "variant_id": 1234567, "name": "My new Book", "tags": ["books"]}
LINE = {"id": 1, "quantity": 3, "kept": 2, "product": BOOK}
CHANGED = datetime(2026, 2, 28, 10, tzinfo=UTC)
ORDER = {
    "id": 7,
    "number": 1061,
    "payment": "paid",
    "placed_at": "2026-02-28T09:00:00Z",
    "updated_at": "2026-02-28T10:00:00Z",
    "total": "39.90",
    "currency": "EUR",
    "customer": {"id": 7, "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"},
    "lines": [LINE],
    "refunds": [{"id": 9, "refunded_at": "2026-02-28T09:59:00Z", "lines": []}],
}


def report(**changed) -> OrderReport:
    return order_report(schemas.Order.read(ORDER | changed, "data"))


def with_line(**changed):
    return {"lines": [LINE | changed]}


def with_product(**changed):
    return with_line(product=BOOK | changed)


def test_a_plain_order_has_nothing_to_note():
    read = report()
    assert (read.notes, read.payment, read.number, read.receipt_number) == ((), "paid", 1061, "")
    assert read.status == "paid"
    assert (read.grand_total, read.currency, read.is_test) == (Decimal("39.90"), "EUR", False)
    assert read.customer == CustomerReport(7, first_name="Ada", last_name="Byron")


UNREAD = "could not be read."
ODD = [
    ({"number": None}, "data.number: is missing."),
    ({"number": True}, f"data.number: true {UNREAD}"),
    ({"payment": None}, "data.payment: is missing."),
    ({"payment": "perhaps"}, f'data.payment: "perhaps" {UNREAD}'),
    ({"payment": 1}, f"data.payment: 1 {UNREAD}"),
    ({"placed_at": None}, "data.placed_at: is missing."),
    (
        {"placed_at": "2026-02-28"},
        'data.placed_at: "2026-02-28" says no zone, and was read as UTC.',
    ),
    ({"updated_at": "0000-00-00 00:00:00"}, f'data.updated_at: "0000-00-00 00:00:00" {UNREAD}'),
    ({"cancelled_at": "now"}, f'data.cancelled_at: "now" {UNREAD}'),
    ({"total": "free"}, f'data.total: "free" {UNREAD}'),
    ({"currency": "euro"}, f'data.currency: "euro" {UNREAD}'),
    (
        {"token_sha256": UNFIT},
        "data.token: is no text of 16 to 10,000 characters, and was left out.",
    ),
    ({"customer": "Ada"}, f"data.customer: {UNREAD}"),
    ({"customer": {"id": "ada@example.com"}}, f"data.customer.id: {UNREAD}"),
    ({"email": ["ada@example.com"]}, f"data.email: {UNREAD}"),
    ({"email": "ada"}, "data.email: is no mail address."),
    (
        {"lines": [LINE, LINE]},
        "data.lines[1].id: has the number of another line, and is known by what was sold.",
    ),
    (with_line(id=None), "data.lines[0].id: has no number, and is known by what was sold."),
    ({"lines": [LINE, "book"]}, f'data.lines[1]: "book" {UNREAD}'),
    (with_line(quantity=None), "data.lines[0].quantity: is missing."),
    (with_line(quantity=1_000_001), f"data.lines[0].quantity: 1000001 {UNREAD}"),
    (with_line(kept=4), "data.lines[0].kept: 4 is more than the 3 ordered."),
    (with_line(kept={}), f"data.lines[0].kept: an object {UNREAD}"),
    (with_line(product=None), "data.lines[0].product: is missing."),
    (with_line(product="Book"), f'data.lines[0].product: "Book" {UNREAD}'),
    (with_product(tags=[{}]), f"data.lines[0].product.tags: a list {UNREAD}"),
    ({"refunds": {}}, f"data.refunds: an object {UNREAD}"),
    ({"refunds": [{}]}, "data.refunds[0].id: is missing, and the refund was left out."),
    ({"refunds": [{"id": 1}]}, "data.refunds[0].refunded_at: is missing."),
]


@pytest.mark.parametrize(("changed", "note"), ODD, ids=range(len(ODD)))
def test_an_odd_field_is_noted_and_the_order_taken(changed, note):
    read = report(**changed)
    assert (read.platform_id, read.notes) == (7, (note,))


PLAIN = [
    with_product(name=""),
    with_product(sku=12345, vendor=7, variant_name=42, tags=[1, "b"]),
    with_line(id="1", quantity="3", kept=2.0),
    {"id": "7", "payment": "PAID", "total": 39.9, "currency": "eur"},
    {"customer": []},
    {"customer": {"id": "7", "email": None}},
    {"lines": {"0": LINE}},
    {"lines": {"3": LINE}},
    {"lines": LINE},
]


@pytest.mark.parametrize("changed", PLAIN, ids=range(len(PLAIN)))
def test_another_spelling_of_the_same_is_nothing_to_note(changed):
    read = report(**changed)
    assert (read.platform_id, read.notes) == (7, ())
    (line,) = read.lines
    assert (line.platform_id, line.quantity, line.current_quantity) == (1, 3, 2)
    assert (read.payment, read.grand_total, read.currency) == ("paid", Decimal("39.90"), "EUR")


@pytest.mark.parametrize("payment", [None, "", "perhaps", 17, {}, True])
def test_a_payment_that_cannot_be_read_is_not_known(payment):
    read = report(payment=payment)
    assert (read.payment, read.status) == (None, "")


def test_a_cancellation_that_cannot_be_read_is_not_known():
    read = report(cancelled_at="-0001-11-30T00:00:00")
    assert (read.cancelled_at, read.is_cancellation_known) == (None, False)
    assert report(cancelled_at=None).is_cancellation_known


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"kept": 4}, (None, None)),
        ({"kept": "x"}, (None, None)),
        ({"quantity": "x"}, (None, 2)),
        ({"quantity": -1, "kept": None}, (None, None)),
        ({"quantity": 0.5, "kept": None}, (1, None)),
    ],
)
def test_units_that_cannot_be_read_are_not_known(changed, read):
    line = report(**with_line(**changed)).lines[0]
    assert (line.quantity, line.current_quantity) == read


def test_a_variant_that_cannot_be_read_is_not_the_product_itself():
    assert report(**with_product(variant_id="x")).lines[0].product.variant_id is None
    assert report(**with_product(variant_id=None)).lines[0].product.variant_id == 123456


# --- Addresses and numbers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "read"),
    [
        ("two@example.com", "two@example.com"),
        (" a..b@docomo.ne.jp ", "a..b@docomo.ne.jp"),
        (None, "ada@example.com"),
        ("", "ada@example.com"),
        ("nobody", "ada@example.com"),
    ],
)
def test_mail_goes_to_the_orders_own_address_else_the_buyers(email, read):
    assert report(email=email).email == read


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (1050, (1050, "")),
        ("1050", (1050, "")),
        (10.0, (10, "")),
        ("#1050", (1050, "#1050")),
        ("WEB-2024-17", (202417, "WEB-2024-17")),
        ("007", (7, "007")),
        ("A", (7, "A")),
        ("9" * 49, (7, "9" * 49)),
        ("9" * 51, (7, "")),
        (" 1\u200b050 ", (1050, "")),
        (None, (7, "")),
        (-5, (7, "")),
    ],
)
def test_an_orders_number_is_the_receipts(number, read):
    order = report(number=number)
    assert (order.number, order.receipt_number) == read


# --- Refunds -----------------------------------------------------------------------------------

REFUND = {"id": 9, "refunded_at": "2026-02-28T09:59:00Z", "lines": [{"line_id": 1, "quantity": 1}]}


@pytest.mark.parametrize(
    ("refunds", "is_complete"),
    [
        ([], True),
        ([REFUND], True),
        (None, False),
        ({}, False),
        (7, False),
        ([REFUND, None], False),
        ([REFUND, {}], False),
        ([REFUND | {"lines": "all"}], False),
        ([REFUND | {"lines": [1]}], False),
        ([REFUND | {"lines": [{"line_id": None, "quantity": 1}]}], False),
        ([REFUND | {"lines": [{"line_id": 1, "quantity": "x"}]}], False),
    ],
    ids=str,
)
def test_a_list_is_complete_where_all_of_it_was_read(refunds, is_complete):
    assert report(refunds=refunds).are_refunds_complete is is_complete


def test_an_order_without_the_list_tells_of_no_refunds():
    order = {name: value for name, value in ORDER.items() if name != "refunds"}
    read = order_report(schemas.Order.read(order, "data"))
    assert (read.refunds, read.are_refunds_complete) == ((), False)


def test_a_refund_of_no_time_is_as_new_as_the_report():
    assert report(refunds=[{"id": 9, "refunded_at": "?"}]).refunds[0].refunded_at == CHANGED


def test_what_names_a_line_goes_back_all_the_same():
    rows = [{"line_id": None, "quantity": 5}, {"line_id": "1", "quantity": "1.0"}]
    assert report(refunds=[REFUND | {"lines": rows}]).refunds[0].units == {1: 1}


# --- Products ----------------------------------------------------------------------------------

PRODUCT = {"id": 5, "name": "Atlas", "updated_at": "2026-02-28T10:00:00Z"}


def test_an_odd_product_is_described_as_far_as_it_can_be_read():
    odd = PRODUCT | {"vendor": 7, "tags": {"a": 1}, "variants": [{"id": "51", "sku": 1}]}
    (variant,) = catalog_report(schemas.Product.read(odd, "data")).variants
    assert (variant.variant_id, variant.sku, variant.vendor, variant.tags) == (51, "1", "7", None)


@pytest.mark.parametrize("number", [None, "x"])
def test_a_variant_must_say_which_it_is(number):
    rows = [{"id": number}, {"id": 1}]
    with pytest.raises(BadInput, match=r"\Adata\.variants\[0\]\.id: missing\Z"):
        catalog_report(schemas.Product.read(PRODUCT | {"variants": rows}, "data"))
