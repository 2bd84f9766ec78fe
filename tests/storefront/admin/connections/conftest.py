"""The shops of `tests/storefront/connections`, and the way a browser connects one."""

import pytest

from tests.storefront.connections.conftest import ENTERED, _public, shop, shopify, standin_of
from tests.storefront.connections.conftest import woocommerce as woocommerce

__all__ = ["_public", "shop", "shopify", "standin_of", "woocommerce"]

URL = "/admin/storefront/platformaccess/"
ADDRESSES = {"shopify": "my-store", "woocommerce": "https://shop.example"}


@pytest.fixture
def connect(staff):
    """Return a function that connects the only shop, and returns the page that follows."""

    def do(source, shop, **entered):
        form = {"shop": shop.pk, "address": ADDRESSES[source]} | ENTERED[source] | entered
        return staff.post(f"{URL}connect/{source}/", form, follow=True)

    return do
