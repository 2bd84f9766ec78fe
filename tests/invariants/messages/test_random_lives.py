"""Random histories of an order, heard in a random order, doubled: one end, and the true one."""

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.models import Order, Shop
from tests.factories import NOW
from tests.invariants.messages.conftest import hear
from tests.invariants.messages.lattice import undone
from tests.invariants.messages.life import Life
from tests.invariants.messages.lives import PLATFORMS, TOKEN
from tests.invariants.messages.states import state_of

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
    st.tuples(st.just("describe"), st.sampled_from(["Atlas", "Bestiary"])),
    st.tuples(
        st.just("dispute"), st.integers(1, 2), st.sampled_from(["needs_response", "won", "lost"])
    ),
)
NEVER_SAID = {
    "shopify": set(),
    "woocommerce": {"dispute", "remove_units"},
    "generic": {"dispute"},
}
# Nothing at all, or something between: shops stamp their reports by the second.
TICKS = st.sampled_from([0, 1, 1, 60, 3600])
FORWARD = {"pending": ("authorize", "pay"), "authorized": ("pay",)}
PAYMENTS = {"authorize", "pay"}


@st.composite
def lives(draw, platform: str) -> Life:
    order = PLATFORMS[platform](number=1050, token=TOKEN)
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
        if verb not in NEVER_SAID[platform]:
            order.tick(draw(TICKS))
            getattr(order, verb)(*arguments)
    return order


def end_of(shop: Shop, life: Life, platform: str, heard: list) -> dict:
    """Return the end of a history heard in one order, held to the truth where there is one."""
    with undone():
        hear(shop, heard, platform=platform)
        if life.is_told_apart:
            order = Order.objects.get()
            assert order.status == life.status
            assert {
                grant.line.platform_id: (grant.allowed, grant.status(NOW) == "available")
                for grant in order.grants.with_facts()
            } == life.downloads
        return state_of(shop)


def hold_for(shop: Shop, platform: str, examples: int) -> None:
    """Try so many histories."""

    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        # Shrinking takes minutes; a failed history is printed as it was.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(life=lives(platform), data=st.data())
    def property_(life, data):
        heard = data.draw(st.permutations([*life.sent, *life.sent]))
        assert end_of(shop, life, platform, heard) == end_of(shop, life, platform, life.sent)

    property_()


@pytest.mark.parametrize(
    "examples",
    [pytest.param(3, marks=pytest.mark.sampled), pytest.param(6, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_any_order_of_any_history_ends_in_the_truth(shop, platform, examples):
    hold_for(shop, platform, examples)
