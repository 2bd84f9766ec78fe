"""What a platform answers with a name that stands twice: no right hangs on it either."""

import copy
import json
from types import SimpleNamespace

import pytest

from downloads.errors import DuplicateField
from downloads.json_names import MARK
from storefront.platforms.client import Answer, PlatformFault
from storefront.platforms.shopify import remote as shopify_remote
from storefront.platforms.shopify import reports as shopify
from storefront.platforms.shopify import schemas as shopify_schemas
from storefront.platforms.woocommerce import remote as woocommerce_remote
from storefront.platforms.woocommerce import reports as woocommerce
from storefront.platforms.woocommerce import schemas as woocommerce_schemas
from tests.conftest import PAYLOADS
from tests.factories import NOW
from tests.storefront.platforms.test_payloads_repeated import paths_in
from tests.storefront.platforms.woocommerce.sending import published

TWICE = {MARK: True}


def of_shopify(name):
    document = json.loads((PAYLOADS / f"shopify-{name}.json").read_text(encoding="utf-8"))
    return document[name]


READ = {
    "Shopify's order": (shopify.read_order, of_shopify("order"), shopify_schemas.Order),
    "Shopify's product": (shopify.read_product, of_shopify("product"), shopify_schemas.Product),
    "WooCommerce's order": (
        woocommerce.read_order,
        published("order"),
        woocommerce_schemas.Order,
    ),
    "WooCommerce's product": (
        woocommerce.read_product,
        published("product"),
        woocommerce_schemas.AnyProduct,
    ),
}


def places():
    for name, (read, document, schema) in READ.items():
        for path in sorted(paths_in(schema) | {(field,) for field in schema.model_fields}):
            yield pytest.param(read, document, path, id=f"{name} {'.'.join(path)}")


def changed(document, path, change):
    """Return a copy in which this was done to each object that has the path's last name."""
    document = copy.deepcopy(document)
    found = [document]
    for name in path[:-1]:
        below = [row.get(name) for row in found]
        found = [row for each in below for row in (each if isinstance(each, list) else [each])]
        found = [row for row in found if isinstance(row, dict)]
    for row in found:
        change(row, path[-1])
    return document


@pytest.mark.parametrize(("read", "document", "path"), list(places()))
def test_a_field_that_decides_makes_the_answer_unusable(read, document, path):
    marked = changed(document, path, lambda row, name: row.update({name: TWICE}))
    without = changed(document, path, lambda row, name: row.pop(name, None))
    try:
        told = read(marked)
    except DuplicateField:
        return
    # Where it stands twice and is not refused, nothing came of it.
    assert told == read(without) == read(document)


class Told:
    """A line on which these documents come, by the end of the place that is asked."""

    host = "shop.example"

    def __init__(self, **documents):
        self.documents = documents

    def request(self, question):
        return Answer(self.documents[question.path.rpartition("/")[2].removesuffix(".json")], {})

    def get(self, place, **query):
        return Answer(self.documents[place.rpartition("/")[2].removesuffix(".json")], {})


def test_shopify_answers_with_its_rows_twice():
    with pytest.raises(PlatformFault, match='answers with "orders" twice'):
        shopify_remote._read_orders(Told(orders={"orders": TWICE}), None, "")


@pytest.mark.parametrize(
    ("remote", "documents"),
    [
        (shopify_remote, {"graphql": {"data": {"nodes": [{"id": TWICE}]}}}),
        (woocommerce_remote, {"products": [{"id": TWICE}], "7": {"id": 7, "status": TWICE}}),
    ],
)
def test_no_product_is_taken_away_because_its_number_stands_twice(remote, documents):
    assert remote.lacking(Told(**documents), [7]) == set()


@pytest.mark.parametrize(
    "order",
    [
        published("order") | {"refunds": TWICE},
        published("order") | {"refunds": [{"id": TWICE}]},
        published("order") | {"refunds": [{"id": 1}], "id": TWICE},
    ],
)
def test_an_order_whose_refunds_are_not_told_is_not_taken_in(order):
    line = Told(orders=[order], refunds=[{"id": 1}])
    (row,) = woocommerce_remote._read_orders(line, None, "").rows
    with pytest.raises(DuplicateField):
        woocommerce_remote._record_order(SimpleNamespace(), row, NOW, NOW)


def test_of_refunds_with_two_numbers_each_none_is_lost():
    line = Told(refunds=[{"id": TWICE}, {"id": 2}])
    order = {"id": 1, "refunds": [{"id": 1}, {"id": 2}]}
    assert len(woocommerce_remote._with_refunds(line, order).refunds) == 2
