"""Every field of an order, filled with what no shop sends: noted or refused, and nothing opens."""

import copy
import dataclasses
import json
from typing import get_args

import pytest

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import MARK
from storefront.platforms.base import Envelope
from storefront.platforms.generic import reports as generic
from storefront.platforms.generic import schemas as own
from storefront.platforms.payloads import parse_message
from storefront.platforms.registry import PLATFORMS
from storefront.platforms.schemas import PERSONAL, Payload
from storefront.platforms.shopify import reports as shopify
from storefront.platforms.shopify import schemas as shopifys
from storefront.platforms.woocommerce import reports as woocommerce
from storefront.platforms.woocommerce import schemas as woocommerces


def nest(levels):
    value = "deep"
    for _level in range(levels):
        value = [value]
    return value


SECRET = "secret@example.com"
HOSTILE = [
    "x" * 2_000_000,
    "1" * 1_000_000,
    "-" * 500_000,
    "1," * 500_000,
    " " * 1_000_000 + "1",
    "@" * 1_000_000,
    f"{SECRET} " * 4,
    nest(5_000),
    [[[]], {}, None],
    {"a": {"b": {"c": []}}},
    {str(number): number for number in range(1_000)},
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    10**400,
    -(10**400),
    10**5_000,
    -1,
    True,
    False,
    0,
    "",
    None,
    "\0",
    "\0" * 1_000,
    "\ud83d",
    "\ud83d@example.com",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2025-02-30T00:00:00Z",
    "١٢٣",
    "1e999999999",
    "%s%n{0}",
]
SHOPIFY = {
    "id": 7,
    "order_number": 1001,
    "name": "#1001",
    "financial_status": "pending",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-02T00:00:00Z",
    "email": "ada@example.com",
    "customer": {"id": 5, "email": "ada@example.com"},
    "line_items": [{"id": 1, "quantity": 3, "current_quantity": 1, "title": "Book"}],
    "refunds": [{"id": 5, "refund_line_items": [{"line_item_id": 1, "quantity": 1}]}],
}
WOOCOMMERCE = {
    "id": 7,
    "number": "1001",
    "status": "on-hold",
    "date_created_gmt": "2026-01-01T00:00:00",
    "date_modified_gmt": "2026-01-02T00:00:00",
    "customer_id": 5,
    "billing": {"email": "ada@example.com"},
    "line_items": [{"id": 1, "quantity": 3, "name": "Book", "product_id": 501}],
}
GENERIC = {
    "id": 7,
    "number": 1001,
    "payment": "pending",
    "placed_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-02T00:00:00Z",
    "customer": {"id": 5, "email": "ada@example.com"},
    "lines": [{"id": 1, "quantity": 3, "kept": 1, "product": {"id": 501, "name": "Book"}}],
    "refunds": [{"id": 5, "refunded_at": "2026-01-02T00:00:00Z", "lines": [{"line_id": 1}]}],
}


def read_own(order):
    return generic.order_report(own.Order.read(order, "data"))


ORDERS = {
    "shopify": (shopify.read_order, shopifys.Order, SHOPIFY),
    "woocommerce": (woocommerce.read_order, woocommerces.Order, WOOCOMMERCE),
    "generic": (read_own, own.Order, GENERIC),
}


def inner(annotation):
    """Return the schema of the objects in a field, and whether it is a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, Payload):
        return annotation
    return next(filter(None, map(inner, get_args(annotation))), None)


def paths_in(schema):
    for name, field in schema.model_fields.items():
        yield (name,)
        if (part := inner(field.annotation)) is not None:
            yield from ((name, *path) for path in paths_in(part))


def filled(order, path, value):
    """Return an order with a value at a path; what stands before it is made where it is missing."""
    order = copy.deepcopy(order)
    place = order
    for name in path[:-1]:
        place = place.setdefault(name, {}) if isinstance(place, dict) else place
        place = place[0] if isinstance(place, list) else place
    place[path[-1]] = value
    return order


def taken(read, order):
    """Return an order's report and nothing, or nothing and why it was refused."""
    try:
        return read(order), ""
    except BadInput as error:
        return None, str(error)


FIELDS = [
    pytest.param(read, schema, order, path, id=f"{name} {'.'.join(path)}")
    for name, (read, schema, order) in ORDERS.items()
    for path in paths_in(schema)
]


@pytest.mark.parametrize(("read", "schema", "order", "path"), FIELDS)
def test_a_hostile_value_is_noted_or_refused_and_opens_nothing(read, schema, order, path):
    is_personal = PERSONAL in schema.model_fields[path[0]].metadata
    for value in HOSTILE:
        report, refusal = taken(read, filled(order, path, value))
        if report is None:
            assert len(refusal) < 300
            continue
        assert report.payment in (None, "pending")
        assert all((line.quantity or 0) <= 3 for line in report.lines)
        assert all((line.kept or 0) <= 3 for line in report.lines)
        assert len(report.notes) <= 21
        assert all(len(note) <= 250 and note.isprintable() for note in report.notes)
        assert not (is_personal and any(SECRET in note for note in report.notes))
        assert_storable(report)


def assert_storable(report):
    """Every text of a report is one that a database takes, and no longer than ours may be."""
    for value in texts_in(dataclasses.asdict(report)):
        assert len(value) <= 500
        assert "\0" not in value
        value.encode()
    assert 0 <= report.platform_id < 2**63
    assert 0 <= report.number < 2**63
    assert len(report.receipt_number) <= 50
    assert len(report.status) <= 100


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)


@pytest.mark.parametrize(("read", "schema", "order", "path"), FIELDS)
def test_a_field_that_stands_twice_is_refused(read, schema, order, path):
    # What stands in the place of another is read where that is empty.
    for other in IN_PLACE_OF.get(path[-1], ()):
        order = filled(order, (*path[:-1], other), None)
    with pytest.raises(DuplicateField):
        read(filled(order, path, {MARK: True}))


IN_PLACE_OF = {
    "name": ("title",),
    "date_created": ("date_created_gmt",),
    "date_modified": ("date_modified_gmt",),
    "date_paid": ("date_paid_gmt",),
}
TOPICS = {"shopify": "orders/paid", "woocommerce": "order.created", "generic": ""}


@pytest.mark.parametrize("name", ORDERS)
def test_whatever_is_json_is_reduced_to_what_is_stored(name):
    _read, schema, order = ORDERS[name]
    platform = PLATFORMS[name]
    for path in paths_in(schema):
        for value in ("x" * 300_000, nest(200), {"0": {"1": {}}}, [[{}]], "\ud83d", 1e308, True):
            content = filled(order, path, value)
            if name == "generic":
                content = {"type": "order.paid", "data": content}
            payload, _names = parse_message(json.dumps(content).encode())
            stored = platform.parse(Envelope("shop.example", TOPICS[name], "id", ""), payload)
            json.loads(stored.body)
            json.loads(stored.person)


@pytest.mark.parametrize(
    "body", ['{"id": NaN}', '{"id": Infinity}', f'{{"id": {"1" * 5_000}}}', '{"a":' * 400]
)
def test_what_is_no_json_is_refused_with_a_clear_message(body):
    with pytest.raises(BadInput, match=r"\AThe body is "):
        parse_message(body.encode())
