"""Shops of each platform that are not connected yet, in this process."""

import pytest

from tests.factories import ShopFactory
from tests.invariants.reconciliation.in_process import PLENTY, STANDINS, serve
from tests.invariants.reconciliation.shopify_set_up import CLIENT_ID, CLIENT_SECRET
from tests.invariants.reconciliation.woocommerce import KEY, SECRET

ENTERED = {
    "shopify": {"key": CLIENT_ID, "signs_with": CLIENT_SECRET},
    "woocommerce": {"key": KEY, "secret": SECRET},
}
BASE = "https://downloads.example"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_BASE_URL = BASE
    settings.PLATFORM_RETRY_SECONDS = 0


@pytest.fixture
def shop(db):
    """The only shop there is."""
    return ShopFactory(name="My store", domain="my-store.example")


@pytest.fixture
def standin_of(monkeypatch):
    """Return a function that lets all connections lead to a platform's stand-in, and returns it."""

    def begin(source):
        standin = STANDINS[source](**PLENTY)
        serve(standin, monkeypatch)
        return standin

    return begin


@pytest.fixture
def shopify(standin_of):
    """A shop on Shopify."""
    return standin_of("shopify")


@pytest.fixture
def woocommerce(standin_of):
    """A shop on WooCommerce."""
    return standin_of("woocommerce")
