"""Random histories of an order, heard in a random order, doubled: one end, and the true one."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.models import Order
from tests.factories import NOW
from tests.invariants.messages.conftest import hear, new_shop, state_of
from tests.invariants.messages.life import Life

POSITION = st.integers(0, 3)
UNITS = st.integers(1, 3)
EVENTS = st.one_of(
    st.just(("authorize",)),
    st.just(("pay",)),
    st.tuples(st.just("add_units"), POSITION, UNITS),
    st.tuples(st.just("add_line"), UNITS),
    st.tuples(st.just("remove_units"), POSITION, UNITS),
    st.tuples(st.just("refund"), st.dictionaries(POSITION, UNITS, max_size=2)),
    st.just(("give_all_money_back",)),
    st.just(("cancel",)),
    st.tuples(
        st.just("dispute"), st.integers(1, 2), st.sampled_from(["needs_response", "won", "lost"])
    ),
)
# Nothing at all, or something between: shops stamp their reports by the second.
TICKS = st.sampled_from([0, 1, 1, 60, 3600])
FORWARD = {"pending": ("authorize", "pay"), "authorized": ("pay",)}
PAYMENTS = {"authorize", "pay"}


@st.composite
def lives(draw) -> Life:
    order = Life(number=1050, token="b1946ac92492d2347c6235b4d2611184")
    order.place(
        draw(st.lists(UNITS, min_size=1, max_size=3)),
        financial=draw(st.sampled_from(["pending", "authorized", "paid"])),
    )
    for verb, *arguments in draw(st.lists(EVENTS, max_size=7)):
        # A payment goes forward only, and what was never paid cannot be given back.
        if verb in PAYMENTS and verb not in FORWARD.get(order.financial, ()):
            continue
        if verb == "give_all_money_back" and order.financial in FORWARD:
            continue
        order.tick(draw(TICKS))
        getattr(order, verb)(*arguments)
    return order


def end_of(life: Life, heard: list) -> dict:
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
        max_examples=examples,
        deadline=None,
        # Shrinking takes minutes; a failed history is printed as it was.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(life=lives(), data=st.data())
    def property_(life, data):
        doubled = [*life.sent, *life.sent]
        heard = data.draw(st.permutations(doubled))
        assert end_of(life, heard) == end_of(life, life.sent)

    return property_


def test_any_order_of_any_history_ends_in_the_truth(db):
    holds_for(12)()


@pytest.mark.slow
def test_many_histories_end_in_the_truth(db):
    holds_for(400)()
