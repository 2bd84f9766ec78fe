"""How far a run has come, as a task's row keeps it."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from storefront import reconciling
from storefront.models import PlatformAccess
from storefront.platforms.registry import remote_of
from storefront.reconciliation.run import Listener, Run
from tests.factories import NOW

HOUR = timedelta(hours=1)
EARLIER = {
    *("address", "began_at", "since", "stage", "cursor", "restarts", "is_over"),
    *("seen", "repaired", "troubles", "named"),
}


def dispute(number, **values):
    return {"id": number, "order_id": 50, "type": "chargeback", "status": "lost"} | values


@pytest.fixture
def source():
    """The platform whose disputes are listed."""
    return "shopify"


@pytest.fixture
def replaced(monkeypatch):
    """Return a list of the complete lists of disputes that are taken in."""
    given = []

    def replace(shop, numbers, *, asked_at, at):
        given.append((sorted(numbers), asked_at))
        return 2

    monkeypatch.setattr(fulfilment, "replace_disputes", replace)
    return given


def test_a_run_goes_on_from_what_json_holds():
    run = Run(address="https://shop.example", began_at=NOW, since=None, placed_since=NOW - HOUR)
    run.begin_list(asked_at=NOW)
    run.note_listed(7)
    assert Run.from_json(run.as_json()) == run


def test_the_release_before_can_read_what_it_knows():
    run = Run(address="https://shop.example", began_at=NOW, since=NOW)
    assert set(run.as_json()) == EARLIER
    assert Run.from_json(run.as_json()) == run


def test_all_disputes_of_all_pages_are_the_list(shop, platform, replaced, frozen):
    platform.largest_page = 2
    platform.disputes = {number: dispute(number) for number in range(1, 6)}
    access = PlatformAccess.objects.select_related("shop").get()
    run = reconciling.begin(access, at=NOW)
    shares = 0
    while not run.is_over:
        frozen(NOW + shares * HOUR)
        shares += 1
        # Each share ends after a page, and goes on from its row.
        run = Run.from_json(run.as_json())
        with remote_of(access.source).connect(
            access.address, key="", secret=access.reveal()[1]
        ) as connection:
            reconciling._step(access, remote_of(access.source), connection, run, Listener())
    ((numbers, asked_at),) = replaced
    # Shop, products, orders, and three pages of disputes, the first of which is the list's time.
    assert (numbers, asked_at) == ([1, 2, 3, 4, 5], NOW + 3 * HOUR)
    assert run.repaired["disputes"] == 5 + 2


def test_a_list_with_a_row_that_may_be_any_takes_nothing_back(shop, platform, replaced):
    platform.disputes = {1: dispute(1), 2: dispute(None)}
    reconciling.reconcile_in_background.call(PlatformAccess.objects.get().pk)
    assert replaced == []


@pytest.mark.parametrize("kind", ["refused", "missing"])
def test_a_list_that_cannot_be_seen_takes_nothing_back(shop, platform, replaced, kind):
    getattr(platform, kind).add("shopify_payments")
    reconciling.reconcile_in_background.call(PlatformAccess.objects.get().pk)
    assert replaced == []


def test_an_empty_list_is_one(shop, platform, replaced):
    said = reconciling.reconcile_in_background.call(PlatformAccess.objects.get().pk)
    assert replaced == [([], NOW)]
    assert "2 of 0 disputes" in said
