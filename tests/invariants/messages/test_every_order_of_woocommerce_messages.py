"""A WooCommerce order's messages in all their orders, each said twice: one end, the true one."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from django.db import transaction

from downloads import fulfilment
from downloads.models import Message, Order, Shop
from storefront import inbox
from storefront.platforms.base import Envelope
from storefront.platforms.woocommerce.platform import WOOCOMMERCE
from storefront.platforms.woocommerce.reports import read_refund
from tests.factories import NOW
from tests.invariants.messages.conftest import state_of
from tests.invariants.messages.woocommerce_life import ORDER, WooLife

KEY = "wc_order_T0k3nOfTheLife"
attempts = itertools.count(1)


def sold_on_the_way() -> WooLife:
    """Placed, then paid and completed within one second, made larger, and refunded in part."""
    life = WooLife(key=KEY)
    life.place({100: 2, 101: 1, 102: 1})
    life.tick(60)
    life.become("processing")
    life.become("completed")
    life.tick(60)
    life.lines[0]["quantity"] += 1
    life.refund({0: 1, 1: 1})
    return life


def paid_at_once() -> WooLife:
    """All within the second it was placed in."""
    life = WooLife(key=KEY)
    life.place({100: 1})
    for status in ("on-hold", "processing", "completed"):
        life.become(status)
    return life


def put_away_and_fetched_back() -> WooLife:
    """Paid, put into the trash, and restored."""
    life = WooLife(key=KEY)
    life.place({100: 1})
    for status, topic in (
        ("processing", "order.updated"),
        ("trash", "order.updated"),
        ("processing", "order.restored"),
    ):
        life.tick(60)
        life.become(status, topic=topic)
    return life


def cancelled_after_payment() -> WooLife:
    """Declined, paid at the second try, made larger, and cancelled."""
    life = WooLife(key=KEY)
    life.place({100: 1, 101: 2})
    life.tick(60)
    life.become("failed")
    life.tick(60)
    life.become("processing")
    life.add_units(1, 1)
    life.tick(60)
    life.become("cancelled")
    return life


def deleted() -> WooLife:
    """Paid, made larger, cancelled and taken up again, and deleted."""
    life = WooLife(key=KEY)
    life.place({100: 1})
    for status in ("cancelled", "processing"):
        life.tick(60)
        life.become(status)
    life.delete()
    return life


def given_back_whole() -> WooLife:
    """Paid, refunded in part, then all of it."""
    life = WooLife(key=KEY)
    life.place({100: 2, 101: 1})
    life.tick(60)
    life.become("completed")
    life.tick(60)
    life.refund({})
    life.tick(60)
    life.become("refunded")
    return life


# A life: how the order ends, and of each line its limit after refunds.
LIVES = {
    sold_on_the_way: ("completed", [6, 0, 3]),
    paid_at_once: ("completed", [3]),
    put_away_and_fetched_back: ("completed", [3]),
    cancelled_after_payment: ("canceled", [3, 9]),
    given_back_whole: ("closed", [6, 3]),
    deleted: ("canceled", [3]),
}
SLOW = (cancelled_after_payment, given_back_whole)


@cache
def told(live: Callable[[], WooLife]) -> list[tuple[str, dict]]:
    return live().said


def portions(size: int) -> list:
    """Return every order of each life's messages, in portions that the workers can share."""
    found = []
    for live in LIVES:
        sequences = list(itertools.permutations(range(len(told(live)))))
        found += [
            pytest.param(
                live,
                sequences[start : start + size],
                id=f"{live.__name__}-{start}",
                marks=pytest.mark.slow if live in SLOW else (),
            )
            for start in range(0, len(sequences), size)
        ]
    return found


@pytest.mark.parametrize(("live", "portion"), portions(15))
def test_every_order_of_the_messages_ends_alike(shop, live, portion):
    expected = in_sequence(shop, live, range(len(told(live))))
    for sequence in portion:
        assert in_sequence(shop, live, sequence) == expected, sequence


@pytest.mark.parametrize("policy", Shop.AmountRefunds.values)
@pytest.mark.parametrize("live", [sold_on_the_way], ids=lambda live: live.__name__)
def test_whatever_the_shop_wants_of_money_alone_the_end_is_one(shop, live, policy):
    Shop.objects.update(amount_refunds=policy)
    shop.refresh_from_db()
    sequences = itertools.permutations(range(len(told(live))))
    ends = [
        in_sequence(shop, live, sequence) for sequence in itertools.islice(sequences, 0, 120, 7)
    ]
    assert all(end == ends[0] for end in ends)
    assert ends[0]["orders"][0]["status"] == "completed"


@pytest.mark.parametrize("live", LIVES, ids=lambda live: live.__name__)
def test_that_end_is_the_truth(client, shop, live):
    hear(shop, told(live))
    status, limits = LIVES[live]
    order = Order.objects.get()
    assert (order.status, order.number, order.platform_id) == (status, ORDER, ORDER)
    body = client.get("/api/v2/customer-account-orders", {"id": KEY}).json()
    shown = [line["assets"][0] for line in body["order"]["lines"]]
    assert [asset["limits"]["limit"] for asset in shown] == limits
    is_open = [asset["data"]["url"] is not None for asset in shown]
    assert is_open == [status == "completed" and limit > 0 for limit in limits]


@pytest.mark.parametrize(
    ("live", "messages"),
    [(sold_on_the_way, 4), (paid_at_once, 4), (put_away_and_fetched_back, 4)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_differs_within_a_second_is_stored_and_what_is_said_again_is_not(shop, live, messages):
    for _time in range(3):
        hear(shop, told(live))
    assert Message.objects.filter(shop=shop).count() == messages


def in_sequence(shop: Shop, live: Callable[[], WooLife], sequence) -> dict:
    """Return the end of one order of messages, each said twice, in attempts of its own."""
    with transaction.atomic():
        rows = [told(live)[position] for position in sequence]
        hear(shop, [*rows, *rows])
        end = state_of(shop)
        transaction.set_rollback(True)
    return end


def hear(shop: Shop, rows: list[tuple[str, dict]]) -> None:
    """Store messages in this order and apply each; a refund is taken in as it is read."""
    for topic, payload in rows:
        if topic == "refund":
            report = read_refund(payload, {})
            fulfilment.record_refund(shop, ORDER, report, at=NOW)
            continue
        envelope = Envelope(shop.domain, topic, f"attempt-{next(attempts)}", signature="")
        inbox.store(shop, WOOCOMMERCE.parse(envelope, payload), at=NOW)
        while (done := fulfilment.apply_next(_apply, at=NOW)) is not None:
            # A deletion waits for its order.
            assert done.error in ("", f"Order {ORDER} has not come yet.")
            if done.error:
                break
    while (done := fulfilment.apply_next(_apply, at=NOW + timedelta(days=1))) is not None:
        assert done.error == ""


def _apply(message: Message) -> None:
    WOOCOMMERCE.apply(message, at=NOW)
