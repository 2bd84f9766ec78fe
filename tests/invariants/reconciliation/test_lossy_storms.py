"""A fifth of a storm's messages is lost: one run ends where a run without loss does."""

import random

import pytest

from downloads.models import Grant, Order
from tests.factories import NOW
from tests.invariants.messages.conftest import apply_now
from tests.invariants.messages.lattice import undone
from tests.invariants.messages.life import Sent
from tests.invariants.messages.states import state_of
from tests.invariants.reconciliation.conftest import give_access, open_shop, reconcile
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.woocommerce import WooShop
from tests.invariants.reconciliation.worlds import GONE, shopify_season, woo_season
from tests.system.harness.processes import times

PLATFORMS = {
    "shopify": (ShopifyShop, shopify_season),
    "woocommerce": (WooShop, woo_season),
}
# Small pages, now and then a fault, and a bucket that is soon full and said to be larger.
BAD_DAYS = {
    "bucket": 2,
    "leak": 20.0,
    "says": 400,
    "fails_every": 7,
    "breaks_every": 5,
    "largest_page": 9,
}
SIZES = [
    pytest.param(5, id="few"),
    pytest.param(times(30, drill=200), id="many", marks=pytest.mark.slow),
]


@pytest.fixture(params=PLATFORMS)
def source(request):
    return request.param


def without_a_fifth(season):
    """Return the messages of a season without every fifth that an API can make good."""
    dice = random.Random(7)  # noqa: S311
    heard = [
        (topic, payload)
        for topic, payload in season.messages
        if dice.random() >= 0.2 or (payload.get("id") in season.gone and topic not in GONE)
    ]
    assert len(heard) < 0.9 * len(season.messages)
    return heard


def hear(shop, source, messages):
    """Apply messages as they come."""
    for topic, payload in messages:
        apply_now(shop, Sent(topic, payload, id=""), platform=source)


@pytest.mark.slow
@pytest.mark.parametrize("orders", SIZES)
def test_one_run_ends_where_a_run_without_loss_does(db, source, orders):
    standin, season_of = PLATFORMS[source]
    season = season_of(orders, seed=orders)
    with standin(**BAD_DAYS) as platform:
        season.tell(platform)
        # An order-status token belongs to one order alone.
        with undone():
            whole = open_shop()
            hear(whole, source, season.messages)
            give_access(whole, source, platform.address)
            before, learnt, end = (
                state_of(whole, has_ranks=False),
                reconcile(whole),
                state_of(whole, has_ranks=False),
            )
        if source == "shopify":
            # Its messages tell all: whoever has heard them all has nothing to learn.
            assert learnt[-1].startswith("Nothing to repair: ")
            assert before == end
        lossy = open_shop()
        hear(lossy, source, without_a_fifth(season))
        assert state_of(lossy, has_ranks=False) != before
        give_access(lossy, source, platform.address)
        assert reconcile(lossy)[-1].startswith("Repaired ")
        assert state_of(lossy, has_ranks=False) == end
        assert reconcile(lossy, "--all")[-1].startswith("Nothing to repair: ")
        assert {200, 429, 502} <= set(platform.statuses)
    statuses = {order.number: order.status for order in Order.objects.filter(shop=lossy)}
    assert statuses == season.truths
    assert {
        grant.line.platform_id: (grant.allowed, grant.status(NOW) == "available")
        for grant in Grant.objects.filter(order__shop=lossy).with_facts()
    } == season.downloads
