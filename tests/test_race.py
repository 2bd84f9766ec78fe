"""Exact counts under real concurrency: threads with connections of their own, a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from downloads import fulfilment, lookups
from downloads.errors import Unavailable
from downloads.models import Delivery, Order
from downloads.reports import LineReport, OrderReport, ProductReport
from tests.factories import NOW, GrantFactory, LinkFactory, ProductFactory

THREADS = 20
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def click_all(grant, nonces):
    """Click once per nonce, all at the same moment; return the refusals' reasons."""
    barrier = threading.Barrier(len(nonces))

    def click(nonce):
        try:
            held = lookups.grant_of_address(grant.pk)
            barrier.wait(timeout=30)
            at = grant.created_at
            fulfilment.spend(held, nonce=nonce, valid_until=at.replace(year=2100), at=at)
        except Unavailable as error:
            return error.reason
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(nonces)) as pool:
        outcomes = list(pool.map(click, nonces))
    return [reason for reason in outcomes if reason is not None]


def test_different_clicks_spend_exactly_what_is_left():
    grant = GrantFactory(limit=10, used=5)
    refusals = click_all(grant, [f"click-{number}" for number in range(THREADS)])
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count()) == (10, 5)
    assert refusals == [Unavailable.USED_UP] * 15


def test_the_same_click_spends_once():
    grant = GrantFactory(limit=10, used=5)
    refusals = click_all(grant, ["the one click"] * THREADS)
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count(), refusals) == (6, 1, [])


def test_the_same_click_on_the_last_download_refuses_nobody():
    grant = GrantFactory(limit=10, used=9)
    refusals = click_all(grant, ["the one click"] * THREADS)
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count(), refusals) == (10, 1, [])


def test_a_raise_beside_clicks_loses_neither():
    grant = GrantFactory(limit=1000)

    def raise_often():
        try:
            for _ in range(5):
                fulfilment.raise_limit(grant, by=1, at=grant.created_at)
        finally:
            connection.close()

    raiser = threading.Thread(target=raise_often)
    raiser.start()
    refusals = click_all(grant, [f"click-{number}" for number in range(THREADS)])
    raiser.join()
    grant.refresh_from_db()
    assert (grant.used, grant.bought, grant.added, refusals) == (THREADS, 1005, 5, [])


def test_an_asset_attached_while_an_order_arrives_reaches_it():
    product = ProductFactory()
    asset = LinkFactory(shop=product.shop)
    line = LineReport(
        platform_id=1,
        product=ProductReport(name=product.name, variant_id=product.variant_id),
        quantity=1,
    )
    report = OrderReport(
        platform_id=1,
        number=1,
        payment=Order.Payment.PAID,
        placed_at=NOW,
        reported_at=NOW,
        lines=(line,),
    )

    def attach():
        try:
            fulfilment.attach_to_product(product, asset, limit=3, at=NOW)
        finally:
            connection.close()

    attaching = threading.Thread(target=attach)
    with transaction.atomic():
        # Recorded, but not to be seen by others before the block ends.
        order = fulfilment.record_order(product.shop, report, at=NOW).order
        attaching.start()
        attaching.join(timeout=0.5)
    attaching.join()
    assert order.grants.get().asset == asset
