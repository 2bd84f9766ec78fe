"""Exact counts under real concurrency: threads with connections of their own, a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from downloads import fulfilment, lookups
from downloads.errors import Unavailable
from downloads.fulfilment import Said
from downloads.models import Delivery, Message, Order
from downloads.reports import LineReport, OrderReport, ProductReport
from storefront import inbox, shopify
from storefront.sources import Envelope
from tests.downloads.reported import order_report, refund_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LinkFactory,
    ProductFactory,
    ShopFactory,
)
from tests.messages.conftest import new_shop
from tests.storms.storm import lives_of

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


def test_a_refund_beside_its_order_is_never_lost():
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    refund = refund_report(1, {1: 1})

    def give_back():
        try:
            fulfilment.record_refund(shop, 7001, refund, at=NOW)
        finally:
            connection.close()

    giving = threading.Thread(target=give_back)
    with transaction.atomic():
        # Settled without the refund, and not to be seen by it before the block ends.
        order = fulfilment.record_order(shop, order_report(), at=NOW).order
        giving.start()
        giving.join(timeout=0.5)
    giving.join()
    assert order.grants.get().refunded is True


def test_one_message_said_by_many_at_once_is_stored_once():
    shop = ShopFactory()
    said = Said(source="shopify", topic="orders/create", delivery_id="one", body="{}")
    barrier = threading.Barrier(THREADS)

    def say(_number):
        try:
            barrier.wait(timeout=30)
            return inbox.store(shop, said, at=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        news = list(pool.map(say, range(THREADS)))
    assert (sum(news), Message.objects.count()) == (1, 1)


def test_many_workers_apply_each_message_once():
    shop = new_shop()
    lives = lives_of(100, seed=4)
    for life in lives:
        for message in life.sent:
            envelope = Envelope(shop.domain, message.topic, message.id, signature="")
            inbox.store(shop, shopify.hear(envelope, message.payload), at=NOW)
    tried = []

    def work(_number):
        try:
            while (message := fulfilment.apply_next(apply, at=NOW)) is not None:
                tried.append((message.pk, message.error))
        finally:
            connection.close()

    def apply(message):
        shopify.apply(message, at=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    numbers = sorted(Message.objects.values_list("pk", flat=True))
    assert sorted(tried) == [(number, "") for number in numbers]
    assert {order.number: order.status for order in Order.objects.all()} == {
        life.number: life.status for life in lives
    }
