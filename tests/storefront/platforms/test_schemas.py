"""Schemas: what is wrong with a payload is named by its path, and what nobody reads not stored."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
from pydantic import Field

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import MARK
from storefront.platforms import fields
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload, keep
from storefront.platforms.shopify.reports import read_order, read_refund


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


class Everything(Payload):
    """A field of each kind that Shopify's order lacks."""

    zero: fields.Number | None = None
    at: fields.Time = None
    numbers: fields.Numbers = []
    words: fields.Words = []
    code: fields.Numeral | None = None
    first: fields.Text = None
    second: Annotated[fields.Text, InPlaceOf("first")] = None


def read(**document):
    return Everything.read(document, "x")


def test_nothing_is_told_from_zero():
    assert (read(zero=0).zero, read(zero=None).zero, read().zero) == (0, None, None)


def test_a_time_is_read_in_utc():
    time = read(at="2025-06-15T10:30:00.5+02:00").at
    assert time == datetime(2025, 6, 15, 8, 30, 0, 500_000, tzinfo=UTC)
    assert time.utcoffset() == timedelta(0)


def test_numbers_are_whole_and_all_of_them():
    assert [read(numbers=numbers).numbers for numbers in ([0, 7], None)] == [[0, 7], []]
    for wrong in ([1, "2"], [True], [-1], [2**63], [1.0], "12", {"a": 1}):
        with pytest.raises(BadInput, match=r"\Ax\.numbers: expected a list of whole numbers\Z"):
            read(numbers=wrong)


def test_words_are_texts_and_none_twice():
    assert read(words="b, a,b").words == ["b", "a"]
    with pytest.raises(BadInput, match=r"\Ax\.words: expected a list of texts\Z"):
        read(words=["a", 1])
    with pytest.raises(BadInput, match=r"\Ax\.words: expected a text, got dict\Z"):
        read(words={})


def test_a_number_may_be_written_in_digits_alone():
    assert [read(code=code).code for code in (7, "7", "007", None)] == [7, 7, 7, None]
    for wrong in ("", "-7", "7.0", " 7", "７", "9" * 30, "9" * 5000, True):
        with pytest.raises(BadInput, match=r"\Ax\.code: expected a whole number from 0 to"):
            read(code=wrong)


@pytest.mark.parametrize("second", [7, {}, [], {MARK: True}], ids=str)
def test_what_is_read_in_place_of_another_may_be_anything_beside_it(second):
    assert read(first="a", second=second).second is None
    for empty in ("", None):
        with pytest.raises(BadInput, match=r"\Ax\.second: "):
            read(first=empty, second=second)


@pytest.mark.parametrize("name", sorted(Everything.model_fields))
def test_a_field_that_stands_twice_is_refused_where_it_is_read(name):
    with pytest.raises(DuplicateField, match=rf"\Ax\.{name}: stands twice"):
        read(**{name: {MARK: True}})
    assert read(unknown={MARK: True}) == read()


# --- What of it is kept ------------------------------------------------------------------------


class Product(Payload):
    id: fields.Number


class Line(Payload):
    id: fields.Number
    product: Product | None = None


class Note(Payload):
    id: fields.Number
    note: fields.Text = None
    lines: list[Line] | None = None
    buyer: Annotated[Product | None, PERSONAL] = None
    token: Annotated[fields.Anything, Field(exclude=True)] = None


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
    # A token is read and never stored.
    ({"id": 1, "token": "secret"}, {"id": 1}),
    ({}, {}),
]


@pytest.mark.parametrize(("payload", "kept"), KEPT, ids=str)
def test_only_named_fields_are_kept(payload, kept):
    assert keep(Note, payload) == kept


def test_what_is_personal_is_kept_apart():
    payload = {"id": 1, "buyer": {"id": 7, "phone": "1"}, "token": "secret"}
    assert keep(Note, payload) == {"id": 1}
    assert keep(Note, payload, personal=True) == {"buyer": {"id": 7}}


def test_what_is_kept_of_an_endless_nest_is_not_endless():
    nest = []
    for _level in range(5_000):
        nest = [nest]
    assert keep(Note, {"note": nest, "lines": nest}) == {"note": [[]], "lines": [[]]}
