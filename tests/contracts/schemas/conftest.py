"""Two customers' rows and valid credentials for whatever the tests of the schemas ask."""

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from downloads import fulfilment
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from tests.factories import NOW, GrantFactory, OrderFactory, make_file_grant

TOKEN = "5c0d5e1f7a3b4c2d9e8f7061524334a5"
PASSWORD = "correct horse battery"
MANY = 1_000_000


@pytest.fixture(autouse=True)
def _one_transaction():
    # As the test client does: a request that ends leaves the test's transaction open.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def order(db, settings):
    """A paid order with files and links, some of them used up."""
    settings.SIGN_INS_PER_MINUTE = settings.TOKEN_MISSES_PER_MINUTE = MANY
    settings.ACCOUNT_TRIES = settings.KEY_REFUSALS_PER_MINUTE = MANY
    order = OrderFactory(token=TOKEN, customer__email="ada@example.com", customer__platform_id=7)
    make_file_grant(order=order, limit=None)
    make_file_grant(order=order, limit=1)
    GrantFactory(order=order, limit=None)
    GrantFactory(order=order, limit=1, used=1)
    GrantFactory(order=OrderFactory(shop=order.shop))  # another customer's
    fulfilment.register(
        order.shop,
        at=NOW,
        email="ada@example.com",
        password=PASSWORD,
        first_name="Ada",
        last_name="L",
    )
    return order


@pytest.fixture
def credentials(order):
    """What a storefront sends for the order's customer."""
    _row, key = StorefrontKey.issue(order.shop, name="schemas", rate_per_minute=MANY)
    _row, bearer = CustomerToken.issue(order.customer, at=NOW.replace(year=2100))
    return {"X-STOREFRONT-KEY": key, "Authorization": f"Bearer {bearer}"}


@pytest.fixture
def secret(order):
    """What the merchant's own server sends."""
    _row, key = SecretKey.issue(order.shop, name="schemas", rate_per_minute=MANY)
    return {"Authorization": f"Bearer {key}"}
