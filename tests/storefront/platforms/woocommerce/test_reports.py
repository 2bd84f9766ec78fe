"""WooCommerce's fields → our reports; what is wrong is named by its path."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from downloads.errors import BadInput
from downloads.incoming import (
    CatalogReport,
    CustomerReport,
    LineReport,
    OrderReport,
    ProductReport,
    RefundReport,
)
from downloads.tokens import hash_token
from storefront.platforms.woocommerce.reports import (
    read_order,
    read_product,
    read_refund,
    refund_numbers,
)
from tests.storefront.platforms.woocommerce.sending import published

MODIFIED = datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC)
ORDER = OrderReport(
    platform_id=727,
    number=727,
    # By bank transfer: that it is being processed says nothing of the money.
    payment="pending",
    status="processing/bacs",
    placed_at=datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC),
    reported_at=MODIFIED,
    lines=(
        LineReport(
            platform_id=315,
            quantity=2,
            product=ProductReport(name="Woo Single #1", product_id=93, variant_id=93),
        ),
        LineReport(
            platform_id=316,
            quantity=1,
            product=ProductReport(
                name="Ship Your Idea – Color: Black, Size: M Test",
                product_id=22,
                variant_id=23,
                sku="Bar3",
            ),
        ),
    ),
    token_hash=hash_token("wc_order_58d2d042d1d"),
    grand_total=Decimal("29.35"),
    currency="USD",
    email="john.doe@example.com",
    customer=CustomerReport(first_name="John", last_name="Doe"),
)


def error_of(read, *payload):
    with pytest.raises(BadInput) as error:
        read(*payload)
    return str(error.value)


def test_the_published_order_is_read_whole():
    assert read_order(published("order")) == ORDER


def test_a_registered_buyer_has_a_number():
    report = read_order(published("refunded-order"))
    # Where it is billed to is no account's address.
    assert report.email == "joao.silva@example.com"
    assert report.customer == CustomerReport(26, first_name="João", last_name="Silva")


@pytest.mark.parametrize(
    ("values", "customer"),
    [
        ({"customer_id": 0, "billing": {}}, None),
        ({"customer_id": 0, "billing": {"first_name": "Ada"}}, None),
        ({"customer_id": 0, "billing": None}, None),
        ({"customer_id": 0, "billing": {"email": "no address"}}, None),
        ({"customer_id": 5, "billing": None}, CustomerReport(platform_id=5)),
        (
            {"customer_id": 5, "billing": {"email": "x" * 300}},
            CustomerReport(platform_id=5),
        ),
    ],
    ids=str,
)
def test_a_buyer_who_cannot_be_told_is_none(values, customer):
    assert read_order(published("order", **values)).customer == customer


# --- Payment -----------------------------------------------------------------------------------

PAID_AT = "2017-03-22T19:28:08"
STATUSES = {
    # What WooCommerce says: without a date of payment, with one, and whether it is cancelled.
    "pending": ("pending", "pending", False),
    "on-hold": ("pending", "pending", False),
    "checkout-draft": ("pending", "pending", False),
    "auto-draft": ("pending", "pending", False),
    "draft": ("pending", "pending", False),
    "processing": ("paid", "paid", False),
    "completed": ("paid", "paid", False),
    "wc-completed": ("paid", "paid", False),
    "failed": ("pending", "voided", False),
    "refunded": ("refunded", "refunded", False),
    "cancelled": ("voided", "paid", True),
    "trash": ("voided", "paid", True),
    # A status of a plugin's says nothing of the payment: what is known stays.
    "being-wrapped": (None, None, False),
    "COMPLETED": ("paid", "paid", False),
}


@pytest.mark.parametrize(("status", "read"), STATUSES.items())
def test_a_status_says_what_is_paid_and_what_is_cancelled(status, read):
    by_card = {"payment_method": "stripe", "date_paid_gmt": None, "date_paid": None}
    unpaid = published("order", status=status, **by_card)
    reports = [read_order(unpaid), read_order(unpaid | {"date_paid_gmt": PAID_AT})]
    assert (*(report.payment for report in reports), read[2]) == read
    assert {report.cancelled_at for report in reports} == {MODIFIED if read[2] else None}


# --- The number, and the key -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("1050", 1050),
        ("0042", 42),
        (1050, 1050),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), 727),
        ("WEB-2024-17", 202417),
        ("#1050", 1050),
        ("-1", 1),
        ("10 50", 1050),
        ("A" + "9" * 30, 727),
        ("WEB", 727),
        ("١٠٥٠", 727),
        ("²", 727),
        ("9" * 400, 727),
        ("", 727),
        (None, 727),
    ],
)
def test_of_a_number_with_letters_the_digits_count(number, read):
    report = read_order(published("order", number=number))
    assert report.number == read
    is_plain = number in (None, "") or str(number) == str(read) or len(str(number)) > 50
    assert report.receipt_number == ("" if is_plain else number)


@pytest.mark.parametrize("key", [None, "", "short", "x" * 15, 7, ["x" * 32], {"x": 1}], ids=str)
def test_what_is_no_key_opens_nothing(key):
    assert read_order(published("order", order_key=key)).token_hash is None


# --- Times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "placed", "reported"),
    [
        ({}, (19, 28, 2), (19, 28, 8)),
        ({"date_modified_gmt": None}, (19, 28, 2), (16, 28, 8)),
        ({"date_modified_gmt": "", "date_modified": ""}, (19, 28, 2), (19, 28, 2)),
        ({"date_created_gmt": None, "date_created": None}, (19, 28, 8), (19, 28, 8)),
        ({"date_modified_gmt": "2017-03-22T19:28:08Z"}, (19, 28, 2), (19, 28, 8)),
        ({"date_modified_gmt": "2017-03-22T19:28:08+02:00"}, (19, 28, 2), (17, 28, 8)),
        ({"date_modified_gmt": "-0001-11-30T00:00:00"}, (19, 28, 2), (16, 28, 8)),
        ({"date_modified_gmt": 1490210888}, (19, 28, 2), (16, 28, 8)),
        ({"date_created_gmt": "0000-00-00 00:00:00"}, (16, 28, 2), (19, 28, 8)),
        ({"date_modified_gmt": "2017-03-22 19:28:08.5"}, (19, 28, 2), (19, 28, 8, 500_000)),
    ],
)
def test_a_time_without_a_zone_is_utc(values, placed, reported):
    report = read_order(published("order", **values))
    assert report.placed_at == datetime(2017, 3, 22, *placed, tzinfo=UTC)
    assert report.reported_at == datetime(2017, 3, 22, *reported, tzinfo=UTC)


# --- Lines -------------------------------------------------------------------------------------


def line(**values):
    return read_order(
        published("order", line_items=[{"id": 1, "quantity": 1, "name": "Hoodie"} | values])
    ).lines[0]


VARIATION = {"product_id": 22, "variation_id": 23, "parent_name": "Hoodie"}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"name": "Hoodie - Blue, M"} | VARIATION, ("Hoodie", "Blue, M")),
        ({"name": "Hoodie - Blue - M"} | VARIATION, ("Hoodie", "Blue - M")),
        ({"name": "Hoodie"} | VARIATION, ("Hoodie", None)),
        ({"name": "Hoodie - "} | VARIATION, ("Hoodie", None)),
        ({"name": "Another"} | VARIATION, ("Hoodie", None)),
        ({"name": "Hoodie - Blue"} | VARIATION | {"parent_name": None}, ("Hoodie - Blue", None)),
        ({"name": "A - B", "product_id": 22, "parent_name": "A"}, ("A - B", None)),
        ({"name": "Salt &amp; Pepper"}, ("Salt & Pepper", None)),
        ({"name": None}, ("Untitled", None)),
    ],
)
def test_a_variation_is_called_by_its_product_and_the_rest(values, names):
    product = line(**values).product
    assert (product.name, product.variant_name) == names


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (VARIATION, (22, 23)),
        ({"product_id": 22, "variation_id": 0}, (22, 22)),
        ({"product_id": 22}, (22, 22)),
        ({"product_id": 0, "variation_id": 0}, (None, None)),
        ({}, (None, None)),
        ({"product_id": 2**63 - 1, "variation_id": 2**63 - 2}, (2**63 - 1, 2**63 - 2)),
    ],
)
def test_a_simple_product_is_its_own_variant(values, numbers):
    product = line(**values).product
    assert (product.product_id, product.variant_id) == numbers


# --- Products ----------------------------------------------------------------------------------

CHANGED = datetime(2017, 3, 23, 20, 1, 14, tzinfo=UTC)


def test_a_simple_product_is_one_variant():
    tags = [{"id": 1, "name": "Salt &amp; more"}, {"id": 2}, {"id": 3, "name": "Salt & more"}]
    payload = published("product", sku="PQ-1", tags=tags)
    assert read_product(payload) == CatalogReport(
        variants=(
            ProductReport(
                name="Premium Quality",
                product_id=794,
                variant_id=794,
                sku="PQ-1",
                tags=("Salt & more",),
                product_type="Clothing",
            ),
        ),
        reported_at=CHANGED,
    )
    assert read_product(published("product")).variants[0].tags == ()


@pytest.mark.parametrize("variations", [[], [732, 733]])
@pytest.mark.parametrize("kind", ["variable", "variable-subscription"])
def test_a_product_in_variations_leaves_them_to_speak_for_themselves(kind, variations):
    report = read_product(published("variable-product", type=kind, variations=variations))
    assert (report.variants, report.reported_at.second) == ((), 12)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"name": "Ship Your Idea - Black"}, ("Ship Your Idea", "Black")),
        ({"name": "Ship Your Idea"}, ("Ship Your Idea", "Black")),
        ({}, ("Untitled", "Black")),
        (
            {"name": "Ship", "attributes": [{"option": "Black"}, {"option": "M"}]},
            ("Ship", "Black, M"),
        ),
        ({"name": "Ship - M", "attributes": [{"option": ""}, {"option": "M"}]}, ("Ship", "M")),
        ({"name": "Ship", "attributes": []}, ("Ship", None)),
        ({"name": "Ship", "type": "variation"}, ("Ship", "Black")),
    ],
)
def test_a_variation_speaks_for_itself(values, names):
    (variant,) = read_product(published("variation", parent_id=22, **values)).variants
    assert variant == ProductReport(
        name=names[0], product_id=22, variant_id=732, variant_name=names[1], tags=None
    )


# --- Refunds -----------------------------------------------------------------------------------


def test_the_published_refunds_are_read_whole():
    order = published("refunded-order")
    assert refund_numbers(order) == [726, 724]
    assert [read_refund(refund, order) for refund in published("refunds")] == [
        RefundReport(726, datetime(2017, 3, 21, 20, 7, 11, tzinfo=UTC), units={}),
        RefundReport(724, datetime(2017, 3, 21, 19, 55, 37, tzinfo=UTC), units={311: 1}),
    ]


def test_an_order_alone_tells_nothing_of_its_refunds():
    assert read_order(published("refunded-order")).refunds == ()
    assert refund_numbers({}) == []


def back(*lines):
    """Return the units that a refund of these lines gives back to the published order."""
    refund = {"id": 1, "line_items": list(lines)}
    return read_refund(refund, published("refunded-order")).units


def of_line(quantity, value, key="_refunded_item_id"):
    return {"id": 9, "quantity": quantity, "meta_data": [{"key": key, "value": value}]}


def test_units_are_counted_line_by_line():
    assert back(of_line("-2", "311"), of_line(-0.5, 311.0)) == {311: 3}
    assert back(of_line(-2, "311"), of_line(-1, 313), of_line(3, "311")) == {311: 5, 313: 1}
    assert back(of_line(-1_000_000, "311"), of_line(-1, "311")) == {311: 1_000_000}


def test_an_amount_of_a_line_gives_no_units_back():
    assert back(of_line(0, "311")) == {}


def test_a_line_that_does_not_say_which_is_matched_by_what_was_bought():
    bought = {"product_id": 34, "variation_id": 0}
    assert back({"id": 9, "quantity": -1} | bought) == {313: 1}
    assert back(of_line(-1, "0") | bought) == {313: 1}
    assert back(of_line(-1, "311", key="another") | bought) == {313: 1}


def test_a_line_named_by_more_digits_than_a_number_has_is_refused():
    told = error_of(back, of_line(-1, "9" * 5000))
    assert told.startswith("refund.line_items[0].meta_data[0].value: expected a whole number")


@pytest.mark.parametrize("bought", [{}, {"product_id": 1, "variation_id": 0}])
def test_a_line_that_matches_none_is_refused(bought):
    assert error_of(back, {"id": 9, "quantity": -1} | bought) == (
        "refund.line_items[0].meta_data: does not say which line of the order went back"
    )


def test_a_line_that_matches_two_is_refused():
    order = published("refunded-order")
    order["line_items"].append(order["line_items"][0] | {"id": 312})
    refund = {"id": 1, "line_items": [{"quantity": -1, "product_id": 87, "variation_id": 0}]}
    assert "does not say which line" in error_of(read_refund, refund, order)


def test_a_refund_without_a_time_is_of_long_ago():
    long_ago = RefundReport(1, datetime(1970, 1, 1, tzinfo=UTC), {})
    assert read_refund({"id": 1}, {}) == long_ago
    assert read_refund({"id": 1, "date_created_gmt": "soon"}, {}) == long_ago


# --- What is wrong, and where ------------------------------------------------------------------

WHOLE = "expected a whole number from 0 to 9223372036854775807"
UNITS = "expected a whole number from 0 to 1000000"
WRONG = [
    ("id", None, "order.id: missing"),
    ("id", "x", f"order.id: {WHOLE}"),
    ("id", True, f"order.id: {WHOLE}"),
    ("id", 2**63, f"order.id: {WHOLE}"),
    ("line_items", None, "order.line_items: expected a list, got nothing"),
    ("line_items", [1], "order.line_items[0]: expected an object, got a number"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_field_of_an_order_is_named(name, value, message):
    assert error_of(read_order, published("order", **{name: value})) == message


UNREAD = "could not be read."
ODD = [
    ("number", {}, f"order.number: an object {UNREAD}"),
    ("number", True, f"order.number: true {UNREAD}"),
    ("number", -1, f"order.number: -1 {UNREAD}"),
    ("status", None, "order.status: is missing."),
    ("status", [], f"order.status: a list {UNREAD}"),
    ("date_modified_gmt", "yesterday", f'order.date_modified_gmt: "yesterday" {UNREAD}'),
    ("date_paid_gmt", "no", f'order.date_paid_gmt: "no" {UNREAD}'),
    ("total", "a lot", f'order.total: "a lot" {UNREAD}'),
    ("total", "Infinity", f'order.total: "Infinity" {UNREAD}'),
    ("total", [], f"order.total: a list {UNREAD}"),
    ("currency", 1, f"order.currency: 1 {UNREAD}"),
    ("parent_id", "mother", f'order.parent_id: "mother" {UNREAD}'),
    ("payment_method", {}, f"order.payment_method: an object {UNREAD}"),
    # Nothing personal is repeated.
    ("customer_id", "ada@example.com", f"order.customer_id: {UNREAD}"),
    ("customer_id", 10**400, f"order.customer_id: {UNREAD}"),
    ("billing", "Bob", f"order.billing: {UNREAD}"),
    ("billing", {"email": ["ada@example.com"]}, f"order.billing.email: {UNREAD}"),
    ("billing", {"email": "Ada"}, "order.billing.email: is no mail address."),
    ("line_items", [{"id": 1}], "order.line_items[0].quantity: is missing."),
    (
        "line_items",
        [{"id": 1, "quantity": 1.5}],
        "order.line_items[0].quantity: 1.5 was read as 1.",
    ),
    ("line_items", [{"id": 1, "quantity": -1}], f"order.line_items[0].quantity: -1 {UNREAD}"),
    (
        "line_items",
        [{"id": 1, "quantity": 1, "product_id": "a"}],
        f'order.line_items[0].product_id: "a" {UNREAD}',
    ),
    (
        "line_items",
        [{"id": 1, "quantity": 1}, {"id": 1, "quantity": 2}],
        "order.line_items[1].id: has the number of another line, and is known by what was sold.",
    ),
    (
        "line_items",
        [{"quantity": 1}],
        "order.line_items[0].id: has no number, and is known by what was sold.",
    ),
]


@pytest.mark.parametrize(("name", "value", "note"), ODD, ids=range(len(ODD)))
def test_an_odd_field_of_an_order_is_noted(name, value, note):
    report = read_order(published("order", **{name: value}))
    assert (report.platform_id, report.notes) == (727, (note,))


@pytest.mark.parametrize("odd", [None, "", {}, True, []])
def test_of_a_status_that_cannot_be_read_nothing_is_known(odd):
    report = read_order(published("order", status=odd))
    assert (report.payment, report.status) == (None, "")
    assert (report.cancelled_at, report.is_cancellation_known) == (None, False)


def test_a_date_of_payment_that_cannot_be_read_pays_nothing():
    no_date = {"date_paid_gmt": "-0001-11-30T00:00:00", "date_paid": None}
    unpaid = published("order", payment_method="stripe", **no_date)
    assert read_order(unpaid | {"status": "completed"}).payment == "paid"
    assert read_order(unpaid | {"status": "failed"}).payment is None


@pytest.mark.parametrize("gateway", [None, "", " "])
@pytest.mark.parametrize(
    ("fields", "payment"),
    [
        ({}, "pending"),
        ({"date_paid_gmt": "2026-03-01T12:00:00"}, "paid"),
        ({"date_paid_gmt": "soon"}, None),
        ({"total": "0.00"}, "paid"),
        ({"total": 0}, "paid"),
        ({"total": None}, "pending"),
        ({"total": "nothing"}, "pending"),
        ({"status": "completed"}, "paid"),
    ],
)
def test_processing_without_a_gateway_opens_by_a_date_or_as_free_alone(gateway, fields, payment):
    untold = {"payment_method": gateway, "date_paid_gmt": None, "date_paid": None}
    order = published("order", **{"status": "processing"} | untold | fields)
    assert read_order(order).payment == payment


def test_of_a_gateway_that_cannot_be_read_no_row_of_the_table_decides():
    """By hand it would be another word than by card."""
    report = read_order(published("order", status="processing", payment_method=[]))
    assert (report.payment, report.status) == (None, "")


@pytest.mark.parametrize(("status", "is_known"), [("shipped", True), ("abc", False), ("0", False)])
def test_a_status_that_no_rule_names_ends_no_cancellation(status, is_known):
    assert read_order(published("order", status=status)).is_cancellation_known is is_known


def test_a_variation_that_cannot_be_read_is_not_its_product():
    assert line(product_id=22, variation_id="x").product.variant_id is None


def test_a_sub_order_names_its_order():
    assert read_order(published("order", parent_id="12")).parent_id == 12
    assert read_order(published("order", parent_id=0)).parent_id is None


@pytest.mark.parametrize("empty", [[], {}, None, ""])
def test_a_buyer_who_is_an_empty_list_is_none(empty):
    report = read_order(published("order", billing=empty))
    assert (report.email, report.customer, report.notes) == (None, None, ())


WITHOUT_TIMES = dict.fromkeys(
    ("date_modified_gmt", "date_modified", "date_created_gmt", "date_created")
)


def test_an_object_must_say_when_it_is_of():
    missing = ".date_modified_gmt: missing"
    undated = published("order", **WITHOUT_TIMES)
    assert read_order(undated).reported_at == datetime(2017, 3, 22, 19, 28, 8, tzinfo=UTC)
    undated |= {"date_paid_gmt": "never", "date_paid": None}
    assert error_of(read_order, undated) == f"order{missing}"
    assert error_of(read_product, published("product", **WITHOUT_TIMES)) == f"product{missing}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("id", None, "product.id: missing"),
        ("parent_id", "x", "product.parent_id: expected a whole number"),
    ],
)
def test_a_wrong_field_of_a_product_is_named(name, value, message):
    assert error_of(read_product, published("product", **{name: value})) == message


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"name": 1}, {"name": "1"}),
        ({"sku": 5}, {"sku": "5"}),
        ({"tags": "a, b"}, {"tags": None}),
        ({"tags": ["a", {"name": 1}]}, {"tags": None}),
        ({"tags": [{"name": 1}]}, {"tags": ("1",)}),
    ],
)
def test_an_odd_field_of_a_product_keeps_nothing_back(values, read):
    (variant,) = read_product(published("product", **values)).variants
    assert {name: getattr(variant, name) for name in read} == read


def test_a_product_whose_variations_cannot_be_read_is_none_by_itself():
    assert read_product(published("product", variations=[{"id": 1}])).variants == ()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"id": None}, "refund.id: missing"),
        ({"line_items": 1}, "refund.line_items: expected a list, got a number"),
        ({"line_items": [{}]}, "refund.line_items[0].quantity: missing"),
        ({"line_items": [{"quantity": "-x"}]}, f"refund.line_items[0].quantity: {UNITS}"),
        ({"line_items": [{"quantity": -(10**7)}]}, f"refund.line_items[0].quantity: {UNITS}"),
        (
            {"line_items": [of_line(-1, "9" * 30)]},
            f"refund.line_items[0].meta_data[0].value: {WHOLE}",
        ),
        ({"line_items": [of_line(-1, "x")]}, f"refund.line_items[0].meta_data[0].value: {WHOLE}"),
    ],
)
def test_a_wrong_field_of_a_refund_is_named(values, message):
    assert error_of(read_refund, {"id": 1} | values, published("refunded-order")) == message


@pytest.mark.parametrize(("read", "name"), [(read_order, "order"), (read_product, "product")])
def test_an_error_in_an_objects_place_is_told_in_its_own_words(read, name):
    sent = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this."}
    message = f'{name}.id: missing; the shop sent "Sorry, you cannot view this."'
    assert error_of(read, sent | {"data": {"status": 401}}) == message


@pytest.mark.parametrize("payload", [None, [], "order", 7])
def test_what_is_no_object_is_refused(payload):
    for read in (read_order, read_product):
        assert "expected an object" in error_of(read, payload)


def test_a_key_made_of_the_time_is_no_token():
    made_of_the_time, random = "wc_order_58d2d042d1d5e", "wc_order_58d2d042d1dZe"
    assert read_order(published("order", order_key=made_of_the_time)).token_hash is None
    assert read_order(published("order", order_key=random)).token_hash == hash_token(random)
