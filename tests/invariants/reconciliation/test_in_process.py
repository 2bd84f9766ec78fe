"""A stand-in without a socket serves what messages said, and reconciliation reads it."""

import copy

import pytest

from downloads.models import Order
from tests.invariants.reconciliation.conftest import give_access, open_shop, reconcile
from tests.invariants.reconciliation.in_process import serve, shop_serving
from tests.storefront.reconciliation.conftest import shopify_order, woo_order

pytestmark = pytest.mark.django_db
SHOPIFY = [
    ("orders/paid", shopify_order(50)),
    ("orders/updated", shopify_order(50, currency="EUR")),
    ("orders/paid", shopify_order(51)),
    ("refunds/create", {"id": 9, "order_id": 51, "created_at": "2026-02-03T00:00:00Z"}),
    ("orders/paid", shopify_order(52)),
    ("orders/delete", {"id": 52}),
    ("customers/update", {"id": 1}),
]
WOO = [
    ("order.created", woo_order(50)),
    ("order.updated", woo_order(50, currency="EUR")),
    ("order.created", woo_order(51)),
    ("order.created", woo_order(52)),
    ("order.deleted", {"id": 52}),
    ("order.created", woo_order(53)),
    ("order.deleted", {"id": 53}),
    ("order.restored", woo_order(53)),
    ("customer.updated", {"id": 1}),
]


@pytest.mark.parametrize(
    ("source", "messages", "numbers"),
    [("shopify", SHOPIFY, [50, 51]), ("woocommerce", WOO, [50, 51, 53])],
)
def test_it_has_what_was_said_last(source, messages, numbers, monkeypatch):
    platform = shop_serving(source, copy.deepcopy(messages))
    serve(platform, monkeypatch)
    shop = open_shop()
    give_access(shop, source, platform.address)
    reconcile(shop, "--all")
    orders = Order.objects.order_by("platform_id")
    assert [order.platform_id for order in orders] == numbers
    assert orders[0].currency == "EUR"
    assert reconcile(shop, "--all")[-1].startswith("Nothing to repair: ")
