"""Schemas: what is wrong with a payload is named by its path, and what nobody reads not stored."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
from pydantic import Field

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import MARK
from storefront.platforms import fields
from storefront.platforms.fields import OBJECT, ROWS
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload, keep
from storefront.platforms.shopify.reports import read_order, read_refund


@pytest.fixture
def order(payload):
    """The real order, to be changed."""
    return payload("order")


# --- What is wrong, and where ------------------------------------------------------------------

WHOLE = "expected a whole number from 0 to 9223372036854775807"
WRONG = [
    ("id", None, "order.id: missing"),
    ("id", "", "order.id: missing"),
    ("id", "4x", f"order.id: {WHOLE}"),
    ("id", -1, f"order.id: {WHOLE}"),
    ("id", 1.5, f"order.id: {WHOLE}"),
    ("id", True, f"order.id: {WHOLE}"),
    ("id", 2**63, f"order.id: {WHOLE}"),
    ("line_items", None, "order.line_items: expected a list, got nothing"),
    ("line_items", {}, "order.line_items: expected a list, got an object"),
    ("line_items", {"title": "Book"}, "order.line_items: expected a list, got an object"),
    ("line_items", [1], "order.line_items[0]: expected an object, got a number"),
    ("line_items", [[]] * 5_001, "order.line_items: has 5,001 rows, of 5,000 at most"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG, ids=range(len(WRONG)))
def test_what_an_order_is_nothing_without_is_named_by_its_path(order, name, value, message):
    with pytest.raises(BadInput) as error:
        read_order(order | {name: value})
    assert str(error.value) == message


def test_an_order_must_say_some_time(order):
    times = ("created_at", "processed_at", "updated_at", "cancelled_at")
    with pytest.raises(BadInput, match=r"\Aorder\.created_at: missing\Z"):
        read_order(order | dict.fromkeys(times, "yesterday"))
    for name in times:
        said = dict.fromkeys(times, "0000-00-00 00:00:00") | {name: "2025-06-15T10:30:00Z"}
        report = read_order(order | said)
        moment = datetime(2025, 6, 15, 10, 30, tzinfo=UTC)
        assert (report.placed_at, report.reported_at) == (moment, moment)


UNREAD = "could not be read."
# An odd field, and what is noted of it.
ODD = [
    ("created_at", "yesterday", f'order.created_at: "yesterday" {UNREAD}'),
    ("updated_at", {}, f"order.updated_at: an object {UNREAD}"),
    ("updated_at", 1749983400, f"order.updated_at: 1749983400 {UNREAD}"),
    (
        "processed_at",
        "2025-02-30T10:30:00Z",
        f'order.processed_at: "2025-02-30T10:30:00Z" {UNREAD}',
    ),
    (
        "cancelled_at",
        "-0001-11-30T00:00:00",
        f'order.cancelled_at: "-0001-11-30T00:00:00" {UNREAD}',
    ),
    (
        "updated_at",
        "2025-06-15T10:30:00",
        'order.updated_at: "2025-06-15T10:30:00" says no zone, and was read as UTC.',
    ),
    ("financial_status", {}, f"order.financial_status: an object {UNREAD}"),
    ("financial_status", "a" * 99, f'order.financial_status: "{"a" * 40}" is not known.'),
    ("financial_status", None, "order.financial_status: is missing."),
    ("total_price", "a lot", f'order.total_price: "a lot" {UNREAD}'),
    ("total_price", "", f'order.total_price: "" {UNREAD}'),
    ("total_price", True, f"order.total_price: true {UNREAD}"),
    ("total_price", "1" * 2_000_000, f'order.total_price: "{"1" * 40}…" {UNREAD}'),
    ("currency", "euro", f'order.currency: "euro" {UNREAD}'),
    ("test", "perhaps", f'order.test: "perhaps" {UNREAD}'),
    ("refunds", "none", f'order.refunds: "none" {UNREAD}'),
    ("refunds", [None], f"order.refunds[0]: {UNREAD}"),
    ("refunds", [{}], "order.refunds[0].id: is missing, and the refund was left out."),
    ("name", "x" * 51, f'order.name: "{"x" * 40}…" {UNREAD}'),
    # Nothing personal is repeated.
    ("email", {"a": 1}, f"order.email: {UNREAD}"),
    ("email", "a\0da@example.com", f"order.email: {UNREAD}"),
    ("email", "nobody", "order.email: is no mail address."),
    ("customer", "Bob", f"order.customer: {UNREAD}"),
    ("customer", {"id": "bob@example.com"}, f"order.customer.id: {UNREAD}"),
    ("customer", {"id": 1, "first_name": ["Bob"]}, f"order.customer.first_name: {UNREAD}"),
]


@pytest.mark.parametrize(("name", "value", "note"), ODD, ids=range(len(ODD)))
def test_what_cannot_be_read_is_noted_and_the_rest_taken(order, name, value, note):
    report = read_order(order | {name: value})
    assert report.notes == (note,)
    assert (report.platform_id, len(report.lines)) == (450789469, 3)


def test_notes_are_few(order):
    report = read_order(order | {"refunds": [7] * 5_000})
    assert len(report.notes) == 21
    assert report.notes[-1] == "4980 more could not be read."


WORDS = [
    (None, "nothing"),
    ([], "a list"),
    ("x", "text"),
    (7, "a number"),
    (0.5, "a number"),
    (True, "true or false"),
]


def test_no_object_is_named_by_its_kind():
    for payload, kind in WORDS:
        with pytest.raises(BadInput) as error:
            read_order(payload)
        assert str(error.value) == f"order: expected an object, got {kind}"
    with pytest.raises(BadInput, match=r"\Arefund: expected an object, got nothing\Z"):
        read_refund(None)


def test_a_refund_by_itself_must_say_all_that_went_back():
    refund = {"id": 1, "order_id": 2, "created_at": "never"}
    row = {"line_item_id": 3, "quantity": "1"}
    assert read_refund(refund | {"refund_line_items": [row]})[1].units == {3: 1}
    for odd in ({"line_item_id": None}, {"quantity": "one"}, {"quantity": None}):
        with pytest.raises(BadInput, match=r"\Arefund\.refund_line_items\[0\]\."):
            read_refund(refund | {"refund_line_items": [row | odd]})


class Everything(Payload):
    """A field of each kind that Shopify's order lacks."""

    zero: fields.OptionalNumber = None
    at: fields.Time = None
    numbers: fields.Numbers = []
    words: fields.Words = []
    first: fields.Text = None
    second: Annotated[fields.Text, InPlaceOf("first")] = None


class Odd(Everything):
    """The same of which nothing is refused."""

    IS_LENIENT = True


def read(**document):
    return Everything.read(document, "x")


def test_nothing_is_told_from_zero():
    assert (read(zero=0).zero, read(zero=None).zero, read().zero) == (0, None, None)


def test_a_time_is_read_in_utc():
    time = read(at="2025-06-15T10:30:00.5+02:00").at
    assert time == datetime(2025, 6, 15, 8, 30, 0, 500_000, tzinfo=UTC)
    assert time.utcoffset() == timedelta(0)


def test_a_strict_object_names_what_cannot_be_read():
    with pytest.raises(BadInput, match=r"\Ax\.numbers: expected a list of whole numbers\Z"):
        read(numbers=["a"])
    odd = Odd.read({"numbers": ["a"], "zero": "b"}, "x")
    assert (odd.numbers, odd.zero) == ([], None)
    assert odd.is_unread("numbers")
    assert not odd.is_unread("words")
    assert odd.notes.sentences == (
        'x.zero: "b" could not be read.',
        "x.numbers: a list could not be read.",
    )


@pytest.mark.parametrize("second", [7, {}, [], {MARK: True}], ids=str)
def test_what_is_read_in_place_of_another_may_be_anything_beside_it(second):
    assert read(first="a", second=second).second is None


@pytest.mark.parametrize("empty", ["", None, {}, [1]], ids=str)
def test_what_stands_in_place_of_another_is_read_where_that_cannot_be(empty):
    assert Odd.read({"first": empty, "second": "b"}, "x").second == "b"


@pytest.mark.parametrize("schema", [Everything, Odd])
@pytest.mark.parametrize("name", sorted(Everything.model_fields))
def test_a_field_that_stands_twice_is_refused_where_it_is_read(schema, name):
    with pytest.raises(DuplicateField, match=rf"\Ax\.{name}: stands twice"):
        schema.read({name: {MARK: True}}, "x")
    assert schema.read({"unknown": {MARK: True}}, "x").first is None


# --- What of it is kept ------------------------------------------------------------------------


class Product(Payload):
    id: fields.Number


class Line(Payload):
    id: fields.Number
    product: Annotated[Product | None, OBJECT] = None


class Note(Payload):
    id: fields.Number
    note: fields.Text = None
    lines: Annotated[list[Line] | None, ROWS] = None
    buyer: Annotated[Product | None, OBJECT, PERSONAL] = None
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
    # A list with gaps, as PHP prints it.
    ({"lines": {"0": {"id": 1, "price": 2}, "2": {}}}, {"lines": {"0": {"id": 1}, "2": {}}}),
    ({"lines": {"0": "secret", "x": {"id": 1}}}, {"lines": {}}),
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
