"""Five messages about one order in all their 120 orders, each said twice: one end."""

import itertools
from functools import cache

import pytest
from django.db import transaction

from downloads.models import Message
from tests.invariants.messages.conftest import hear, state_of
from tests.invariants.messages.life import Life

TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
SEQUENCES = list(itertools.permutations(range(5)))
# In portions, so that the workers can share them.
PORTIONS = [SEQUENCES[start : start + 15] for start in range(0, len(SEQUENCES), 15)]


@cache
def life() -> Life:
    """An order placed, paid, edited, and refunded in part: five messages."""
    order = Life(number=1050, token=TOKEN)
    order.place([2, 1, 1], financial="authorized")
    order.tick(60)
    order.pay()
    order.tick(60)
    order.add_units(0, 1)
    order.tick(60)
    order.refund({0: 1, 1: 1})
    return order


def test_the_five_are_these():
    assert [message.topic for message in life().sent] == [
        "orders/create",
        "orders/paid",
        "orders/updated",
        "refunds/create",
        "orders/updated",
    ]
    assert life().status == "completed"
    first, second, third = (line.number for line in life().lines)
    assert life().downloads == {first: (6, True), second: (0, False), third: (3, True)}


@pytest.mark.parametrize("portion", PORTIONS, ids=lambda portion: f"from-{portion[0]}")
def test_every_order_of_the_five_ends_alike(shop, portion):
    expected = in_sequence(shop, range(5))
    for sequence in portion:
        assert in_sequence(shop, sequence) == expected, sequence


def test_said_anew_under_other_names_they_change_nothing(shop):
    expected = in_sequence(shop, range(5))
    for sequence in SEQUENCES[::20]:
        assert in_sequence(shop, sequence, again="-again") == expected, sequence


def test_that_end_is_the_truth(client, shop):
    hear(shop, life().sent)
    body = client.get("/api/v2/customer-account-orders", {"id": TOKEN}).json()
    shown = [line["assets"][0] for line in body["order"]["lines"]]
    assert [asset["limits"]["limit"] for asset in shown] == [6, 0, 3]
    assert [asset["data"]["url"] is not None for asset in shown] == [True, False, True]


def in_sequence(shop, sequence, *, again: str = "") -> dict:
    """Return the end of one order of messages, each said twice."""
    with transaction.atomic():
        messages = [life().sent[position] for position in sequence]
        hear(shop, [*messages, *messages])
        assert Message.objects.filter(shop=shop).count() == 5
        if again:
            hear(shop, messages, again=again)
        end = state_of(shop)
        transaction.set_rollback(True)
    return end
