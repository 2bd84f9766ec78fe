"""Read what another system sends; what is wrong with it is named by its path."""

from datetime import UTC, datetime, timedelta

import pytest

from downloads.errors import BadInput
from storefront.platforms.payloads import Reader, keep, parse_object
from storefront.platforms.shopify.orders import read_order, read_refund


@pytest.fixture
def order(payload):
    """The real order, to be changed."""
    return payload("order")


# --- What is wrong, and where ------------------------------------------------------------------

WHOLE = "expected a whole number from 0 to 9223372036854775807"
TIME = "expected a time like 2025-06-15T10:30:00+02:00"
AMOUNT = 'expected an amount like "409.94"'
WRONG = [
    ("id", None, "order.id: missing"),
    ("id", "450789469", f"order.id: {WHOLE}"),
    ("id", -1, f"order.id: {WHOLE}"),
    ("id", 1.0, f"order.id: {WHOLE}"),
    ("id", True, f"order.id: {WHOLE}"),
    ("id", 2**63, f"order.id: {WHOLE}"),
    ("order_number", None, "order.order_number: missing"),
    ("order_number", "#1001", f"order.order_number: {WHOLE}"),
    ("created_at", None, "order.created_at: missing"),
    ("created_at", "yesterday", f"order.created_at: {TIME}"),
    ("created_at", "2025-06-15", f"order.created_at: {TIME}"),
    ("created_at", "2025-06-15T10:30:00", f"order.created_at: {TIME}"),
    ("created_at", "2025-02-30T10:30:00Z", f"order.created_at: {TIME}"),
    ("created_at", "0001-01-01T00:00:00+14:00", f"order.created_at: {TIME}"),
    ("created_at", 1749983400, "order.created_at: expected a text, got int"),
    ("cancelled_at", "no", f"order.cancelled_at: {TIME}"),
    ("updated_at", {}, "order.updated_at: expected a text, got dict"),
    ("financial_status", 1, "order.financial_status: expected a text, got int"),
    ("email", False, "order.email: expected a text, got bool"),
    ("currency", 1, "order.currency: expected a text, got int"),
    ("total_price", "a lot", f"order.total_price: {AMOUNT}"),
    ("total_price", float("nan"), f"order.total_price: {AMOUNT}"),
    ("total_price", "Infinity", f"order.total_price: {AMOUNT}"),
    ("total_price", "1e999999", f"order.total_price: {AMOUNT}"),
    ("total_price", "1000000000000000000", f"order.total_price: {AMOUNT}"),
    ("total_price", True, f"order.total_price: {AMOUNT}"),
    ("total_price", [], f"order.total_price: {AMOUNT}"),
    ("customer", "Bob", "order.customer: expected an object, got str"),
    ("customer", {"id": 1, "email": 2}, "order.customer.email: expected a text, got int"),
    ("line_items", None, "order.line_items: expected a list, got nothing"),
    ("line_items", {}, "order.line_items: expected a list, got dict"),
    ("line_items", [1], "order.line_items[0]: expected an object, got int"),
    ("line_items", [{}], "order.line_items[0].id: missing"),
    ("line_items", [{"id": 1}], "order.line_items[0].quantity: missing"),
    (
        "line_items",
        [{"id": 1, "quantity": 1_000_001}],
        "order.line_items[0].quantity: expected a whole number from 0 to 1000000",
    ),
    (
        "line_items",
        [{"id": 1, "quantity": 1, "current_quantity": -1}],
        "order.line_items[0].current_quantity: expected a whole number from 0 to 1000000",
    ),
    (
        "line_items",
        [{"id": 1, "quantity": 1, "variant_id": "x"}],
        f"order.line_items[0].variant_id: {WHOLE}",
    ),
    (
        "line_items",
        [{"id": 1, "quantity": 1, "title": 7}],
        "order.line_items[0].title: expected a text, got int",
    ),
    ("line_items", [{"id": 1, "quantity": 1}, {"id": 2}], "order.line_items[1].quantity: missing"),
    ("refunds", {}, "order.refunds: expected a list, got dict"),
    ("refunds", [None], "order.refunds[0]: expected an object, got nothing"),
    ("refunds", [{}], "order.refunds[0].id: missing"),
    (
        "refunds",
        [{"id": 1, "refund_line_items": [{}]}],
        "order.refunds[0].refund_line_items[0].line_item_id: missing",
    ),
    (
        "refunds",
        [{"id": 1, "refund_line_items": [{"line_item_id": 1}]}],
        "order.refunds[0].refund_line_items[0].quantity: missing",
    ),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_field_is_named_by_its_path(order, name, value, message):
    with pytest.raises(BadInput) as error:
        read_order(order | {name: value})
    assert str(error.value) == message


def test_no_object_is_named_by_its_kind():
    for payload, kind in ((None, "nothing"), ([], "list"), ("x", "str"), (7, "int")):
        with pytest.raises(BadInput) as error:
            read_order(payload)
        assert str(error.value) == f"order: expected an object, got {kind}"
    with pytest.raises(BadInput, match=r"\Arefund: expected an object, got nothing\Z"):
        read_refund(None)


def test_a_line_named_twice_is_refused(order):
    order["line_items"].append(order["line_items"][0])
    with pytest.raises(BadInput) as error:
        read_order(order)
    assert str(error.value) == "order.line_items: two lines have the same id"


def test_a_reader_tells_nothing_from_zero():
    reader = Reader({"zero": 0, "none": None}, "x")
    assert reader.optional_number("zero") == 0
    assert reader.optional_number("none") is None
    assert reader.optional_number("unsaid") is None
    with pytest.raises(BadInput, match=r"\Ax\.none: missing\Z"):
        reader.number("none")


def test_a_time_is_read_in_utc():
    time = Reader({"at": "2025-06-15T10:30:00.5+02:00"}, "x").time("at")
    assert time == datetime(2025, 6, 15, 8, 30, 0, 500_000, tzinfo=UTC)
    assert time.utcoffset() == timedelta(0)


def test_numbers_are_whole_and_all_of_them():
    reader = Reader({"good": [0, 7], "none": None, "empty": []}, "x")
    assert (reader.numbers("good"), reader.numbers("none"), reader.numbers("unsaid")) == (
        [0, 7],
        [],
        [],
    )
    for wrong in ([1, "2"], [True], [-1], [2**63], [1.0], "12", {"a": 1}):
        with pytest.raises(BadInput, match=r"\Ax\.n: expected a list of whole numbers\Z"):
            Reader({"n": wrong}, "x").numbers("n")


def test_words_are_texts_and_none_twice():
    assert Reader({"w": "b, a,b"}, "x").words("w") == ["b", "a"]
    with pytest.raises(BadInput, match=r"\Ax\.w: expected a list of texts\Z"):
        Reader({"w": ["a", 1]}, "x").words("w")
    with pytest.raises(BadInput, match=r"\Ax\.w: expected a text, got dict\Z"):
        Reader({"w": {}}, "x").words("w")


# --- A whole object ----------------------------------------------------------------------------


def test_an_object_is_read_from_its_bytes():
    assert parse_object('{"a": [1, 2.5, "ü", null, true]}'.encode()) == {
        "a": [1, 2.5, "ü", None, True]
    }
    assert parse_object(b" {} ") == {}
    assert parse_object(b'{"id": 9223372036854775808}') == {"id": 2**63}


def test_an_object_may_be_nested_as_deep_as_anyone_needs():
    deep = 200
    assert parse_object(b'{"a":' * deep + b"1" + b"}" * deep)["a"]["a"]


# --- What of it is kept ------------------------------------------------------------------------

FIELDS = {"id": None, "note": None, "lines": {"id": None, "product": {"id": None}}}
KEPT = [
    ({"id": 1, "secret": 2}, {"id": 1}),
    ({"note": None}, {"note": None}),
    ({"lines": [{"id": 1, "price": 2}]}, {"lines": [{"id": 1}]}),
    ({"lines": [{"product": {"id": 1, "x": 2}}]}, {"lines": [{"product": {"id": 1}}]}),
    ({"lines": {"id": 1, "price": 2}}, {"lines": {"id": 1}}),
    # What stands in the wrong place brings nothing along that was not asked for.
    ({"note": {"secret": 1}}, {"note": {}}),
    ({"note": [{"secret": 1}, "text"]}, {"note": [{}, "text"]}),
    ({"lines": [[{"secret": 1}]]}, {"lines": [[]]}),
    ({"lines": "none"}, {"lines": "none"}),
    ({}, {}),
]


@pytest.mark.parametrize(("payload", "kept"), KEPT, ids=str)
def test_only_named_fields_are_kept(payload, kept):
    assert keep(payload, FIELDS) == kept


def test_what_is_kept_of_an_endless_nest_is_not_endless():
    nest = []
    for _level in range(5_000):
        nest = [nest]
    assert keep({"note": nest, "lines": nest}, FIELDS) == {"note": [[]], "lines": [[]]}
