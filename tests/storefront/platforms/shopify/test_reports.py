"""Shopify's fields → our reports."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from downloads.errors import BadInput
from downloads.incoming import (
    CatalogReport,
    CustomerReport,
    DisputeReport,
    LineReport,
    OrderReport,
    PersonReport,
    ProductReport,
    RefundReport,
    RiskReport,
    ShopReport,
)
from downloads.tokens import hash_token
from storefront.platforms.shopify.documents import orders_in, products_in
from storefront.platforms.shopify.reports import (
    hash_of_token,
    read_order,
    read_privacy_request,
    read_product,
    read_refund,
    read_shop,
)
from storefront.platforms.shopify.risks import read_dispute, read_risk


def line(number, variant_id, variant_name, sku):
    return LineReport(
        platform_id=number,
        product=ProductReport(
            name="IPod Nano - 8gb",
            product_id=632910392,
            variant_id=variant_id,
            variant_name=variant_name,
            sku=sku,
            vendor=None,
            tags=None,
        ),
        quantity=1,
        current_quantity=None,
    )


REAL_ORDER = OrderReport(
    platform_id=450789469,
    number=1001,
    payment="authorized",
    placed_at=datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
    reported_at=datetime(2008, 1, 10, 16, 0, tzinfo=UTC),
    lines=(
        line(466157049, 39072856, "green", "IPOD2008GREEN"),
        line(518995019, 49148385, "red", "IPOD2008RED"),
        line(703073504, 457924702, "black", "IPOD2008BLACK"),
    ),
    refunds=(),
    token_hash=hash_token("b1946ac92492d2347c6235b4d2611184"),
    cancelled_at=None,
    grand_total=Decimal("409.94"),
    currency="USD",
    email="bob.norman@hostmail.com",
    status="authorized",
    customer=CustomerReport(
        platform_id=207119551,
        email="bob.norman@hostmail.com",
        first_name="Bob",
        last_name="Norman",
    ),
)
REAL_REFUND = RefundReport(
    platform_id=509562969,
    refunded_at=datetime(2016, 6, 20, 17, 35, 6, tzinfo=UTC),
    units={703073504: 1, 466157049: 1},
)


@pytest.fixture
def order(payload):
    """The real order, to be changed."""
    return payload("order")


@pytest.fixture
def a_line(order):
    """The first line of the real order, to be changed in it."""
    return order["line_items"][0]


def test_the_real_order_is_read_whole(order):
    assert read_order(order) == REAL_ORDER


def test_the_real_refund_is_read_whole(payload):
    assert read_refund(payload("refund")) == (450789469, REAL_REFUND)


def test_an_orders_refunds_come_with_it(order, payload):
    order["refunds"] = [payload("refund")]
    assert read_order(order).refunds == (REAL_REFUND,)


# --- Where the orders are ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "orders"),
    [
        ({"order": {"id": 1}}, [{"id": 1}]),
        ({"order": None}, [None]),
        ({"orders": [{"id": 1}, {"id": 2}]}, [{"id": 1}, {"id": 2}]),
        ({"orders": []}, []),
        ({"line_items": [], "id": 1}, [{"line_items": [], "id": 1}]),
        ({"orders": [1], "order": 2}, [1]),
    ],
    ids=str,
)
def test_orders_come_alone_or_many_wrapped_or_bare(document, orders):
    assert orders_in(document) == orders


@pytest.mark.parametrize("document", [{}, [], None, 7, "order", {"orders": {}}, {"id": 1}], ids=str)
def test_anything_else_is_no_order(document):
    with pytest.raises(BadInput) as error:
        orders_in(document)
    assert str(error.value) == (
        'Expected {"order": …} or {"orders": […]} as the Admin API prints them.'
    )


@pytest.mark.parametrize(
    ("document", "products"),
    [
        ({"product": {"id": 1}}, [{"id": 1}]),
        ({"products": [{"id": 1}, {"id": 2}]}, [{"id": 1}, {"id": 2}]),
        ({"products": []}, []),
        ({"variants": [], "id": 1}, [{"variants": [], "id": 1}]),
    ],
    ids=str,
)
def test_products_come_alone_or_many_wrapped_or_bare(document, products):
    assert products_in(document) == products


@pytest.mark.parametrize("document", [{}, [], None, {"products": {}}, {"order": {}}], ids=str)
def test_anything_else_is_no_product(document):
    with pytest.raises(BadInput) as error:
        products_in(document)
    assert str(error.value) == (
        'Expected {"product": …} or {"products": […]} as the Admin API prints them.'
    )


# --- Payment -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("financial_status", "payment"),
    [
        ("paid", "paid"),
        ("partially_refunded", "paid"),
        ("refunded", "refunded"),
        ("pending", "pending"),
        ("authorized", "authorized"),
        ("partially_paid", "partial"),
        ("voided", "voided"),
        ("expired", "voided"),
        ("unheard of", None),
        ("PAID", "paid"),
        (17, None),
        ("", None),
        (None, None),
    ],
)
def test_only_known_words_open_anything(order, financial_status, payment):
    order["financial_status"] = financial_status
    assert read_order(order).payment == payment


def test_no_word_about_payment_opens_nothing(order):
    del order["financial_status"]
    assert read_order(order).payment is None


# --- The order-status token --------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "short", "x" * 15, 7, ["x" * 32], {"x": 1}], ids=str)
def test_what_is_no_token_opens_nothing(order, token):
    assert read_order(order | {"token": token}).token_hash is None


def test_a_token_is_read_as_its_hash(order):
    for token in ("x" * 16, "ünïcode-of-any-kind", "y" * 2000):
        assert read_order(order | {"token": token}).token_hash == hash_token(token)


def test_half_a_letter_in_a_token_is_hashed_too(order):
    token = json.loads(r'"\ud83d"') * 16
    assert read_order(order | {"token": token}).token_hash == hash_token(token)


def test_a_stored_orders_hash_stands_for_its_token(order):
    del order["token"]
    stored = order | {"token_sha256": hash_token("x" * 16)}
    assert read_order(stored).token_hash == hash_token("x" * 16)


# --- Times and sums ----------------------------------------------------------------------------


def test_the_time_of_processing_wins(order):
    order["processed_at"] = "2008-01-10T12:00:00+01:00"
    assert read_order(order).placed_at == datetime(2008, 1, 10, 11, 0, tzinfo=UTC)


def test_a_report_without_its_time_is_as_old_as_the_order(order):
    del order["updated_at"]
    assert read_order(order).reported_at == REAL_ORDER.placed_at


def test_a_cancelled_order_is_read(order):
    order["cancelled_at"] = "2008-01-11T00:00:00Z"
    assert read_order(order).cancelled_at == datetime(2008, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("total", "read"),
    [
        ("0.00", Decimal("0.00")),
        ("12", Decimal("12.00")),
        (12.5, Decimal("12.50")),
        ("-3.10", Decimal("-3.10")),
        ("999999999999999999.99", Decimal("999999999999999999.99")),
    ],
)
def test_the_present_total_wins(order, total, read):
    order["current_total_price"] = total
    assert read_order(order).grand_total == read


def test_an_order_without_a_total_has_none(order):
    del order["total_price"]
    assert read_order(order).grand_total is None


# --- Customers ---------------------------------------------------------------------------------


def test_no_customer_is_none(order):
    order["customer"] = order["email"] = None
    assert read_order(order).customer is None


def test_a_guest_is_known_by_mail_alone(order):
    del order["customer"]
    report = read_order(order)
    assert (report.email, report.customer) == ("bob.norman@hostmail.com", CustomerReport())


def test_the_orders_mail_and_the_accounts_are_two(order):
    order["customer"]["email"] = "own@example.com"
    report = read_order(order)
    assert (report.email, report.customer.email) == ("bob.norman@hostmail.com", "own@example.com")


def test_the_orders_mail_is_no_accounts(order):
    order["customer"]["email"] = None
    assert read_order(order).customer.email is None


@pytest.mark.parametrize("empty", [None, "", "nobody", {}])
def test_mail_goes_to_the_first_address_that_is_one(order, empty):
    order |= {"email": empty, "contact_email": "two@example.com"}
    order["customer"]["email"] = "own@example.com"
    assert read_order(order).email == "two@example.com"
    order["contact_email"] = empty
    assert read_order(order).email == "own@example.com"


@pytest.mark.parametrize("email", ["", "nonsense", "@example.com", "ada@", "a\n@example.com"])
def test_a_mail_that_is_none_is_left_out(order, email):
    order["email"] = order["customer"]["email"] = email
    report = read_order(order)
    assert (report.email, report.customer.email) == (None, None)


@pytest.mark.parametrize(
    "email", ["a..b@docomo.ne.jp", "x.@ezweb.ne.jp", "jos\u00e9@example.com", "a@b"]
)
def test_a_mail_that_the_shop_took_is_kept(order, email):
    order["email"] = f" {email}\n"
    assert read_order(order).email == email


# --- The number --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "name", "read"),
    [
        (1001, "#1001", (1001, "")),
        (1001, "1001", (1001, "")),
        (1001, None, (1001, "")),
        ("1001", "#1001", (1001, "")),
        (None, "#1001", (1001, "")),
        (1001, "#EN1001", (1001, "#EN1001")),
        (1001, "WEB-2024-17", (1001, "WEB-2024-17")),
        (None, "WEB-2024-17", (202417, "WEB-2024-17")),
        (None, "#A", (450789469, "#A")),
        (None, None, (450789469, "")),
        (-1, {}, (450789469, "")),
    ],
)
def test_an_orders_number_is_the_receipts(order, number, name, read):
    report = read_order(order | {"order_number": number, "name": name})
    assert (report.number, report.receipt_number) == read


@pytest.mark.parametrize(
    ("test", "read"), [(True, True), ("true", True), (1, True), (False, False), (None, False)]
)
def test_an_order_made_to_try_the_shop_is_marked(order, test, read):
    assert read_order(order | {"test": test}).is_test is read


# --- What cannot be read opens nothing ---------------------------------------------------------


@pytest.mark.parametrize("odd", ["-0001-11-30", {}, 5, False])
def test_a_cancellation_that_cannot_be_read_is_not_known(order, odd):
    report = read_order(order | {"cancelled_at": odd})
    assert (report.cancelled_at, report.is_cancellation_known) == (None, False)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_order_with_no_time_of_cancelling_is_not_cancelled(order, empty):
    report = read_order(order | {"cancelled_at": empty})
    assert (report.cancelled_at, report.is_cancellation_known) == (None, True)


@pytest.mark.parametrize(
    ("said", "kept", "read"),
    [
        (3, "a", (None, None)),
        ("a", 2, (None, 2)),
        (None, None, (None, None)),
        ("3", "2.0", (3, 2)),
        (2.5, 0.5, (2, 1)),
        (-1, None, (None, None)),
        (10**7, None, (None, None)),
        (True, None, (None, None)),
    ],
)
def test_units_that_cannot_be_read_are_not_known(order, a_line, said, kept, read):
    a_line |= {"quantity": said, "current_quantity": kept}
    line = read_order(order).lines[0]
    assert (line.quantity, line.current_quantity) == read


def test_a_variant_that_cannot_be_read_is_none(order, a_line):
    a_line["variant_id"] = "x"
    assert read_order(order).lines[0].product.variant_id is None


@pytest.mark.parametrize("level", [None, "", "PENDING"])
def test_a_risk_that_is_not_said_leaves_the_one_known(level):
    assert read_risk({"order_id": 7, "risk_level": level}) == (7, None)


@pytest.mark.parametrize("level", ["abc", "0", 0, True, []])
def test_a_risk_that_cannot_be_read_is_set_aside(level):
    with pytest.raises(BadInput, match=r"^risk\.risk_level: expected"):
        read_risk({"order_id": 7, "risk_level": level})


@pytest.mark.parametrize(
    ("left", "kept"), [(None, None), ("", None), ("x", None), (1, 1), ({}, None)]
)
def test_how_many_are_left_is_not_told_by_a_field_without_it(order, a_line, left, kept):
    a_line |= {"quantity": 3, "current_quantity": left}
    assert read_order(order).lines[0].kept == kept
    a_line.pop("current_quantity")
    assert read_order(order).lines[0].kept == 3


@pytest.mark.parametrize("rows", [None, "", "x", 7, ["x"]])
def test_a_refund_whose_lines_cannot_be_read_is_not_whole(order, rows):
    order["refunds"] = [{"id": 5, "refund_line_items": rows}]
    assert [(each.units, each.is_whole) for each in read_order(order).refunds] == [({}, False)]
    order["refunds"] = [{"id": 5, "refund_line_items": []}]
    assert [each.is_whole for each in read_order(order).refunds] == [True]


@pytest.mark.parametrize(
    ("row", "units"),
    [
        ({"line_item_id": None, "quantity": 1}, {}),
        ({"line_item_id": 1}, {1: 1}),
        ({"line_item_id": 1, "quantity": ""}, {1: 1}),
    ],
)
def test_of_a_refund_what_names_no_line_goes_nowhere_and_no_units_are_one(order, row, units):
    named = {"line_item_id": 466157049, "quantity": 1}
    order["refunds"] = [{"id": 5, "refund_line_items": [row, named]}]
    report = read_order(order)
    (refund,) = report.refunds
    assert (refund.units, refund.is_whole) == ({466157049: 1} | units, False)
    assert not report.are_refunds_complete
    assert report.notes == (
        "order.refunds[0].refund_line_items[0]: does not say how much of which line went back.",
    )


def test_a_refund_whose_time_cannot_be_read_is_of_the_reports(order):
    order |= {"updated_at": "2026-01-01T00:00:00Z", "refunds": [{"id": 5, "created_at": "?"}]}
    report = read_order(order)
    assert report.refunds[0].refunded_at == report.reported_at


# --- Lines -------------------------------------------------------------------------------------


def test_the_only_variant_has_no_name(order, a_line):
    a_line["variant_title"] = "Default Title"
    assert read_order(order).lines[0].product.variant_name is None


@pytest.mark.parametrize("name", ["", None])
def test_a_line_without_a_title_is_named_by_its_name(order, a_line, name):
    a_line["title"] = name
    assert read_order(order).lines[0].product.name == "IPod Nano - 8gb - green"
    a_line["name"] = name
    assert read_order(order).lines[0].product.name == "Untitled"


def test_what_a_line_lacks_is_none(order, a_line):
    order["line_items"] = [{"id": 1, "quantity": 2, "title": "Tip"}]
    assert read_order(order).lines == (
        LineReport(platform_id=1, product=ProductReport(name="Tip"), quantity=2),
    )


def test_what_is_left_of_a_line_is_read(order, a_line):
    a_line["quantity"], a_line["current_quantity"] = 3, 0
    assert read_order(order).lines[0].quantity == 3
    assert read_order(order).lines[0].current_quantity == 0


def test_an_order_without_lines_is_an_order(order):
    order["line_items"] = []
    assert read_order(order).lines == ()


def test_the_largest_numbers_are_read(order, a_line):
    order["id"] = a_line["variant_id"] = 2**63 - 1
    a_line["quantity"] = 1_000_000
    report = read_order(order)
    assert report.platform_id == report.lines[0].product.variant_id == 2**63 - 1
    assert report.lines[0].quantity == 1_000_000


def test_texts_are_cut_to_what_can_be_kept(order, a_line):
    a_line |= {
        "title": "t" * 501,
        "variant_title": "v" * 501,
        "sku": "s" * 256,
        "vendor": "v" * 256,
    }
    order["customer"]["first_name"] = "f" * 201
    order["currency"] = "eur"
    report = read_order(order)
    product = report.lines[0].product
    assert (len(product.name), len(product.variant_name)) == (500, 500)
    assert (len(product.sku), len(product.vendor)) == (255, 255)
    assert (len(report.customer.first_name), report.currency) == (200, "EUR")


def test_nul_is_left_out(order, a_line):
    a_line["title"] = "a\0b"
    assert read_order(order).lines[0].product.name == "ab"


def test_half_a_letter_is_replaced(order, a_line):
    # JSON can carry one half of a surrogate pair, and no database stores it.
    a_line["title"] = json.loads(r'"cut \ud83d"')
    read_order(order).lines[0].product.name.encode()


def test_unknown_fields_are_ignored(order):
    order["something_new"] = {"a": [1]}
    assert read_order(order) == REAL_ORDER


# --- Refunds -----------------------------------------------------------------------------------


def test_an_amount_alone_refunds_no_units(payload):
    refund = payload("refund") | {"refund_line_items": []}
    assert read_refund(refund)[1].units == {}
    del refund["refund_line_items"]
    assert read_refund(refund)[1].units == {}


def test_a_line_refunded_twice_at_once_adds_up(payload):
    refund = payload("refund")
    refund["refund_line_items"] = [
        {"line_item_id": 7, "quantity": 2},
        {"line_item_id": 7, "quantity": 3},
    ]
    assert read_refund(refund)[1].units == {7: 5}


def test_a_refund_without_a_time_is_as_old_as_time(payload):
    refund = payload("refund") | {"created_at": None}
    assert read_refund(refund)[1].refunded_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_customer_without_a_number_is_known_by_mail(order):
    order["customer"] = {"email": "bob@example.com"}
    assert read_order(order).customer == CustomerReport(email="bob@example.com")


def test_a_mail_address_longer_than_any_is_left_out(order):
    order["email"] = order["customer"]["email"] = "a" * 280 + "@example.com"
    assert read_order(order).customer.email is None


# --- Products ----------------------------------------------------------------------------------


def variant(number, name, sku):
    return ProductReport(
        name="IPod Nano - 8GB",
        product_id=632910392,
        variant_id=number,
        variant_name=name,
        sku=sku,
        vendor="Apple",
        tags=("Emotive", "Flash Memory", "MP3", "Music"),
        product_type="Cult Products",
    )


def test_the_real_product_is_read_whole(payload):
    assert read_product(payload("product")) == CatalogReport(
        variants=(
            variant(808950810, "Pink", "IPOD2008PINK"),
            variant(49148385, "Red", "IPOD2008RED"),
            variant(39072856, "Green", "IPOD2008GREEN"),
            variant(457924702, "Black", "IPOD2008BLACK"),
        ),
        reported_at=datetime(2011, 10, 20, 18, 5, 13, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("tags", "read"),
    [
        ("", ()),
        (None, ()),
        ("one", ("one",)),
        (" one ,two,, one,", ("one", "two")),
        (["one", " two ", ""], ("one", "two")),
        ([], ()),
    ],
    ids=str,
)
def test_tags_come_as_a_list_or_as_a_text(payload, tags, read):
    report = read_product(payload("product") | {"tags": tags})
    assert {variant.tags for variant in report.variants} == {read}


def test_a_product_of_one_variant_has_no_variant_name(payload):
    variants = [{"id": 1, "title": "Default Title"}]
    [only] = read_product(payload("product") | {"variants": variants}).variants
    assert (only.variant_name, only.sku) == (None, None)


def test_a_product_without_its_time_is_as_old_as_its_making(payload):
    product = payload("product") | {"updated_at": None, "created_at": "2011-01-01T00:00:00Z"}
    assert read_product(product).reported_at == datetime(2011, 1, 1, tzinfo=UTC)


# --- Disputes ----------------------------------------------------------------------------------

DISPUTE = {
    "id": 598735659,
    "order_id": 625362839,
    "type": "chargeback",
    "status": "won",
    "initiated_at": "2013-05-03T20:00:00-04:00",
    "finalized_on": "2013-06-01T00:00:00-04:00",
}


def test_a_dispute_is_read_whole():
    assert read_dispute(DISPUTE) == (
        625362839,
        DisputeReport(
            platform_id=598735659,
            state="won",
            opened_at=datetime(2013, 5, 4, tzinfo=UTC),
            decided_at=datetime(2013, 6, 1, 4, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("needs_response", "open"),
        ("under_review", "open"),
        ("won", "won"),
        ("lost", "lost"),
        ("accepted", "lost"),
        ("charge_refunded", "lost"),
    ],
)
def test_each_word_on_a_dispute_is_known(status, state):
    assert read_dispute(DISPUTE | {"status": status})[1].state == state


@pytest.mark.parametrize("status", ["WON", "", None, "closed"])
def test_another_word_on_a_dispute_is_refused(status):
    with pytest.raises(BadInput, match=r"\Adispute\.status: expected one of needs_response, "):
        read_dispute(DISPUTE | {"status": status})


@pytest.mark.parametrize(
    ("status", "is_nothing"),
    [("needs_response", True), ("under_review", True), ("won", False), ("lost", False)],
)
def test_a_banks_question_is_nothing_until_it_is_decided(status, is_nothing):
    _order, report = read_dispute(DISPUTE | {"type": "inquiry", "status": status})
    assert (report is None) is is_nothing


def test_an_open_dispute_without_times_is_as_old_as_time():
    bare = {"id": 1, "status": "needs_response"}
    report = DisputeReport(1, "open", datetime(1970, 1, 1, tzinfo=UTC))
    assert read_dispute(bare) == (None, report)


# --- Risk, shop, person ------------------------------------------------------------------------


def test_a_risk_is_read_whole():
    risk = {"order_id": "7", "risk_level": "high", "created_at": "2026-02-01T00:00:00Z"}
    expected = RiskReport(is_high=True, assessed_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert read_risk(risk) == (7, expected)
    assert read_risk(risk | {"provider_title": "Somebody"}) == (7, None)


@pytest.mark.parametrize("number", ["", "７", "-1", "1.5", "9" * 30, "9" * 5000, None])
def test_a_risk_of_no_order_is_refused(number):
    with pytest.raises(BadInput, match=r"\Arisk\.order_id: "):
        read_risk({"order_id": number, "risk_level": "high"})


def test_a_shop_is_read_whole():
    shop = {"name": "Mine", "updated_at": "2026-02-01T00:00:00Z", "email": "a@example.com"}
    assert read_shop(shop) == ShopReport("Mine", datetime(2026, 2, 1, tzinfo=UTC))
    for name in ("name", "updated_at"):
        with pytest.raises(BadInput, match=rf"\Ashop\.{name}: missing\Z"):
            read_shop(shop | {name: None})


def test_a_person_is_read_whole():
    request = {"customer": {"id": 7, "email": "ada@example.com"}}
    for orders in ("orders_requested", "orders_to_redact"):
        number, person = read_privacy_request(request | {orders: [1, 2]})
        assert (number, person) == (None, PersonReport(7, "ada@example.com", (1, 2)))
    assert read_privacy_request({"data_request": {"id": 3}}) == (3, PersonReport(None, "", ()))


def test_a_dispute_decided_on_a_day_is_decided_at_its_beginning():
    _order, report = read_dispute(DISPUTE | {"status": "won", "finalized_on": "2013-06-01"})
    assert report.decided_at == datetime(2013, 6, 1, tzinfo=UTC)


def test_a_token_as_long_as_a_message_is_none():
    assert hash_of_token("x" * 10_000) == hash_token("x" * 10_000)
    assert hash_of_token("x" * 2_000_000) is None
