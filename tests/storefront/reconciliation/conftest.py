"""A shop of each platform whose API answers in this process."""

import pytest

from storefront.models import WebhookSecret
from tests.factories import NOW, ShopFactory
from tests.invariants.reconciliation.conftest import give_access
from tests.invariants.reconciliation.in_process import PLENTY, STANDINS, serve


def shopify_order(number=50, **values):
    """Return an order as Shopify prints it."""
    return {
        "id": number,
        "order_number": 1000 + number,
        "created_at": "2026-02-01T00:00:00+00:00",
        "updated_at": "2026-02-02T00:00:00+00:00",
        "financial_status": "paid",
        "line_items": [{"id": number, "quantity": 1, "title": "Book", "variant_id": 7}],
        "refunds": [],
    } | values


def woo_order(number=50, **values):
    """Return an order as WooCommerce prints it."""
    return {
        "id": number,
        "number": str(1000 + number),
        "status": "completed",
        "date_created_gmt": "2026-02-01T00:00:00",
        "date_modified_gmt": "2026-02-02T00:00:00",
        "date_paid_gmt": "2026-02-01T00:00:00",
        "line_items": [{"id": number, "quantity": 1, "name": "Book", "product_id": 7}],
        "refunds": [],
    } | values


ORDERS = {"shopify": shopify_order, "woocommerce": woo_order}


@pytest.fixture(params=ORDERS)
def source(request):
    """Each platform that has an API."""
    return request.param


@pytest.fixture
def platform(source, monkeypatch):
    """The platform's API, in this process."""
    standin = STANDINS[source](**PLENTY)
    serve(standin, monkeypatch)
    return standin


@pytest.fixture
def shop(db, source, platform):
    """A shop on that platform, which we may ask."""
    shop = ShopFactory(name="My store", domain="my-store.example", reported_at=NOW)
    WebhookSecret.keep(shop, source=source, secret="a secret of the test, long enough")
    give_access(shop, source, platform.address)
    return shop


@pytest.fixture
def order_of(source):
    """Return a function that prints an order as the platform does."""
    return ORDERS[source]
