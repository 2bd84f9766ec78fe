"""Exact counts under real concurrency: threads with connections of their own, a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from downloads import fulfilment, lookups
from downloads.errors import Unavailable
from downloads.fulfilment import InboundMessage
from downloads.fulfilment.inbox import apply_next
from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.lookups import ledger as audits
from downloads.models import Delivery, DownloadEvent, Message, Order
from storefront import inbox
from storefront.platforms.base import Envelope
from storefront.platforms.shopify.platform import SHOPIFY
from tests.downloads.clicking import ask, cut_off, end, ledger, spend
from tests.downloads.reported import order_report, refund_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LinkFactory,
    ProductFactory,
    ShopFactory,
    make_counted_grant,
    make_file_grant,
)
from tests.invariants.messages.conftest import new_shop
from tests.racing import at_once
from tests.system.storms.storm import lives_of

THREADS = 20
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def click_all(grant, nonces):
    """Click once per nonce, all at the same moment; return the refusals' reasons."""
    barrier = threading.Barrier(len(nonces))

    def click(nonce):
        try:
            held = lookups.grant_of_click(grant.pk)
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
    grant = make_counted_grant(5, limit=10)
    refusals = click_all(grant, [f"click-{number}" for number in range(THREADS)])
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count()) == (10, 5)
    assert refusals == [Unavailable.USED_UP] * 15
    assert audits.counters_off() == []


def test_the_same_click_spends_once():
    grant = make_counted_grant(5, limit=10)
    refusals = click_all(grant, ["the one click"] * THREADS)
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count(), refusals) == (6, 1, [])
    assert audits.counters_off() == []


def test_the_same_click_on_the_last_download_refuses_nobody():
    grant = make_counted_grant(9, limit=10)
    refusals = click_all(grant, ["the one click"] * THREADS)
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count(), refusals) == (10, 1, [])
    assert audits.counters_off() == []


# --- Answers that are cut off beside others ------------------------------------------------------


def answer(grant, nonce, *, sent_bytes, is_cut):
    """Answer a click with so many bytes; return why not, where it was refused."""
    try:
        opened = ask(grant, nonce)
    except Unavailable as error:
        return error.reason
    end(opened, sent_bytes=sent_bytes, is_cut=is_cut)
    return None


def released(grant):
    return sum(-line[1] for line in ledger(grant) if line[0] == "released")


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("left", [1, 5])
def test_one_click_cut_off_again_and_again_is_counted_once_at_most(left, attempt):
    grant = make_file_grant(b"x" * 1000, limit=left)
    cut = partial(answer, grant, "click", sent_bytes=0, is_cut=True)
    refusals = at_once(*[cut] * THREADS)
    grant.refresh_from_db()
    assert refusals == [None] * THREADS
    assert grant.used == Delivery.objects.count() <= 1
    assert grant.given_back == released(grant) <= 3
    assert audits.counters_off() == []


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_a_rider_beside_a_give_back_never_streams_uncounted(attempt):
    grant = make_file_grant(b"x" * 1000, limit=1)
    cut = partial(answer, grant, "click", sent_bytes=0, is_cut=True)
    whole = partial(answer, grant, "click", sent_bytes=1000, is_cut=False)
    refusals = at_once(*[cut] * (THREADS - 2), whole, whole)
    grant.refresh_from_db()
    assert refusals == [None] * THREADS
    assert (grant.used, list(Delivery.objects.values_list("sent_bytes", "streams"))) == (
        1,
        [(2000, 0)],
    )
    assert audits.counters_off() == []


def test_different_clicks_cut_off_at_once_are_given_back_three_times():
    grant = make_file_grant(b"x" * 1000, limit=None)
    nonces = [f"click-{number}" for number in range(THREADS)]
    opened = [ask(grant, nonce) for nonce in nonces]
    at_once(*[partial(cut_off, each) for each in opened])
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count(), grant.given_back) == (17, 17, 3)
    assert audits.counters_off() == []


@pytest.mark.slow
def test_failures_beside_clicks_leave_the_last_download_to_one():
    grant = make_file_grant(b"x" * 1000, limit=1)

    def fail():
        return fulfilment.give_back_failed(grant, nonce="click", at=NOW)

    def click():
        return answer(grant, "click", sent_bytes=1000, is_cut=False)

    outcomes = at_once(*[click, fail] * (THREADS // 2))
    grant.refresh_from_db()
    assert grant.used == Delivery.objects.count() <= 1
    assert released(grant) == outcomes.count(True)
    assert audits.counters_off() == []


@pytest.mark.slow
def test_a_reset_beside_give_backs_gives_nothing_back_twice():
    grant = make_file_grant(b"x" * 1000, limit=None)
    opened = [ask(grant, f"click-{number}") for number in range(THREADS - 1)]
    cuts = [partial(cut_off, each) for each in opened]
    at_once(*cuts, partial(fulfilment.reset, grant, at=NOW))
    grant.refresh_from_db()
    assert (grant.used, audits.counters_off()) == (0, [])


# --- The ledger beside all this ------------------------------------------------------------------


@pytest.mark.slow
def test_an_audit_beside_downloads_finds_no_difference():
    grant = make_file_grant(b"x" * 1000, limit=None)
    found = []

    def click(number):
        for turn in range(5):
            answer(grant, f"{number}-{turn}", sent_bytes=0, is_cut=True)

    def audit():
        found.extend(off for _ in range(20) for off in audits.counters_off())

    at_once(*[partial(click, number) for number in range(5)], audit, audit)
    assert found == audits.counters_off() == []
    assert Delivery.objects.count() == 22


@pytest.mark.slow
def test_workers_that_prune_at_once_carry_each_line_once():
    grants = [GrantFactory(limit=None) for _ in range(5)]
    for grant in grants:
        for number in range(10):
            spend(grant, f"click-{number}")
    later = NOW + timedelta(days=400)
    clicks = [partial(spend, grant, "meanwhile") for grant in grants]
    pruned = at_once(*[partial(fulfilment.prune_ledger, at=later)] * 4, *clicks)[:4]
    assert 50 <= sum(pruned) <= 55
    fulfilment.prune_ledger(at=later)
    assert [ledger(grant) for grant in grants] == [[("carried", 11, None, "")]] * 5
    assert audits.counters_off() == []


@pytest.mark.slow
def test_workers_that_weigh_at_once_give_each_back_once():
    grants = [make_file_grant() for _ in range(10)]
    for grant in grants:
        spend(grant)
    ended = NOW + timedelta(hours=1)
    weighed = at_once(*[partial(fulfilment.weigh_deliveries, at=ended)] * 4)
    assert (sum(weighed), Delivery.objects.count()) == (10, 0)
    assert DownloadEvent.objects.filter(kind="released").count() == 10
    assert audits.counters_off() == []


# --- Merchants and messages beside clicks --------------------------------------------------------


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    said = InboundMessage(source="shopify", topic="orders/create", delivery_id="one", body="{}")
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


@pytest.mark.slow
def test_many_workers_apply_each_message_once():
    shop = new_shop()
    lives = lives_of(100, seed=4)
    for life in lives:
        for message in life.sent:
            envelope = Envelope(shop.domain, message.topic, message.id, signature="")
            inbox.store(shop, SHOPIFY.parse(envelope, message.payload), at=NOW)
    tried = []

    def work(_number):
        try:
            while (message := apply_next(apply, at=NOW)) is not None:
                tried.append((message.pk, message.error))
        finally:
            connection.close()

    def apply(message):
        SHOPIFY.apply(message, at=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    numbers = sorted(Message.objects.values_list("pk", flat=True))
    assert sorted(tried) == [(number, "") for number in numbers]
    assert {order.number: order.status for order in Order.objects.all()} == {
        life.number: life.status for life in lives
    }
