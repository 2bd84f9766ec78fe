"""A shop of one's own says five things in all their 120 orders, each twice: one end."""

import itertools
from functools import cache

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.models import Message, Order
from tests.factories import NOW
from tests.invariants.messages.conftest import new_shop, state_of
from tests.invariants.messages.generic_life import GenericLife, hear
from tests.invariants.messages.test_random_lives import EVENTS, FORWARD, PAYMENTS, TICKS, UNITS

TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
SEQUENCES = list(itertools.permutations(range(5)))
# In portions, so that the workers can share them.
PORTIONS = [SEQUENCES[start : start + 15] for start in range(0, len(SEQUENCES), 15)]
NEVER_SAID = {"dispute"}


@cache
def life() -> GenericLife:
    """An order placed, its product renamed, paid, and refunded in part: five messages."""
    order = GenericLife(number=1050, token=TOKEN)
    order.place([2, 1, 1], financial="authorized")
    order.tick(60)
    order.describe("Atlas")
    order.tick(60)
    order.pay()
    order.tick(60)
    order.refund({0: 1, 1: 1})
    return order


def test_the_five_are_these():
    assert [message.topic for message in life().sent] == [
        "order.created",
        "product.updated",
        "order.paid",
        "refund.created",
        "order.updated",
    ]
    assert life().status == "completed"
    first, second, third = (line.number for line in life().lines)
    assert life().downloads == {first: (3, True), second: (0, False), third: (3, True)}


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
    lines = body["order"]["lines"]
    shown = [line["assets"][0] for line in lines]
    assert [asset["limits"]["limit"] for asset in shown] == [3, 0, 3]
    assert [asset["data"]["url"] is not None for asset in shown] == [True, False, True]
    assert {(line["product"]["name"], *line["product"]["tags"]) for line in lines} == {
        ("Atlas", "atlas")
    }


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


# --- What lines say of a product -----------------------------------------------------------------

MENTIONS = [
    {"tags": ["first"], "vendor": "Ada"},
    {"tags": ["second"], "sku": "b-2"},
    {"sku": "b-3", "vendor": "Bob"},
    {},
]


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4))), ids=str)
def test_lines_that_leave_words_out_end_alike(db, sequence):
    def said(position):
        order = GenericLife(number=position, token="")
        order.tick(60 * position)
        order.place([1])
        product = order.sent[0].payload["data"]["lines"][0]["product"]
        product.update({"variant_id": 7} | MENTIONS[position])
        return order.sent[0]

    shop = new_shop()
    hear(shop, [said(position) for position in sequence])
    told = [row for row in state_of(shop)["products"] if row[0] == 7]
    assert told == [(7, "Book", None, "b-3", "Bob", [])]


# --- Random histories ----------------------------------------------------------------------------


@st.composite
def lives(draw) -> GenericLife:
    order = GenericLife(number=1050, token=TOKEN)
    order.place(
        draw(st.lists(UNITS, min_size=1, max_size=3)),
        financial=draw(st.sampled_from(["pending", "authorized", "paid"])),
    )
    for verb, *arguments in draw(st.lists(EVENTS, max_size=7)):
        # A payment goes forward only, and what was never paid cannot be given back.
        if verb in PAYMENTS and verb not in FORWARD.get(order.financial, ()):
            continue
        if verb in NEVER_SAID or (verb == "give_all_money_back" and order.financial in FORWARD):
            continue
        order.tick(draw(TICKS))
        getattr(order, verb)(*arguments)
    return order


def end_of(life: GenericLife, heard: list) -> dict:
    """Return the end of a history heard in one order, held to the truth where there is one."""
    with transaction.atomic():
        shop = new_shop()
        hear(shop, heard)
        if life.is_told_apart:
            order = Order.objects.get(shop=shop)
            assert order.status == life.status
            assert {
                grant.line.platform_id: (grant.allowed, grant.status(NOW) == "available")
                for grant in order.grants.with_facts()
            } == life.downloads
        end = state_of(shop)
        transaction.set_rollback(True)
    return end


def holds_for(examples: int):
    """Return the property as a function that tries so many histories."""

    @hypothesis_settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(life=lives(), data=st.data())
    def property_(life, data):
        heard = data.draw(st.permutations([*life.sent, *life.sent]))
        assert end_of(life, heard) == end_of(life, life.sent)

    return property_


def test_any_order_of_any_history_ends_in_the_truth(db):
    holds_for(12)()


@pytest.mark.slow
def test_many_histories_end_in_the_truth(db):
    holds_for(400)()
