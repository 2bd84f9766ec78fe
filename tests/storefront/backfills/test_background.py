"""Runs over past orders: shares, kills, two at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import AttachmentRule, AuditEntry, Grant
from downloads.models.runs import SILENCE
from storefront.backfills import background, runs
from storefront.backfills.background import begin_backfill, give_in_background, resume_cut_off
from storefront.models import Backfill
from tests.factories import LineFactory, LinkFactory, OrderFactory, ProductFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _ten_at_once(monkeypatch):
    monkeypatch.setitem(background.ORDERS_AT_ONCE, connection.vendor, 10)
    monkeypatch.setitem(runs.PAUSES, connection.vendor, 0)


@pytest.fixture
def asset():
    asset = LinkFactory()
    product = ProductFactory(shop=asset.shop, product_id=9)
    for _ in range(25):
        LineFactory(order=OrderFactory(shop=asset.shop), product=product)
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, product_number=9))
    return asset


def begin(asset):
    return begin_backfill(asset, person=None, at=timezone.now())


def go_on(row):
    give_in_background.func(row.pk)
    row.refresh_from_db()
    return row


def test_a_run_gives_it_to_all_and_says_so(asset):
    row = begin(asset)
    assert (row.total, row.done, row.state) == (25, 0, "running")
    row = go_on(row)
    assert (row.state, row.done, row.given, Grant.objects.count()) == ("done", 25, 25, 25)
    told = AuditEntry.objects.filter(subject_type="downloads.asset").order_by("pk")
    assert [(entry.what, entry.after) for entry in told] == [
        ("Began to give it to past orders", {"purchases": 25}),
        ("Gave it to past orders", {"given": 25, "mails": row.mails}),
    ]
    with pytest.raises(BadInput, match="Nobody who bought lacks this file"):
        begin(asset)


def test_a_share_ends_and_the_next_goes_on(asset, monkeypatch):
    monkeypatch.setattr(runs, "SHARE_SECONDS", -1)
    row = begin(asset)
    assert [go_on(row).done for _share in range(4)] == [10, 20, 25, 25]
    assert row.state == "done"


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_run_that_was_killed_goes_on_where_it_was(asset, monkeypatch, killed_after):
    row, shares, give = (
        begin(asset),
        iter(range(killed_after)),
        fulfilment.rules.give_to_past_orders,
    )

    def give_or_die(*given, **named):
        share = give(*given, **named)
        if next(shares, None) is None:
            raise KeyboardInterrupt
        return share

    with monkeypatch.context() as patch:
        patch.setattr(fulfilment.rules, "give_to_past_orders", give_or_die)
        with pytest.raises(KeyboardInterrupt):
            give_in_background.func(row.pk)
    row.refresh_from_db()
    assert (row.state, row.done) == ("running", 10 * killed_after)
    assert resume_cut_off(at=timezone.now()) == 0
    later = timezone.now() + SILENCE + timedelta(seconds=1)
    assert (resume_cut_off(at=later), resume_cut_off(at=later)) == (1, 0)
    row = go_on(row)
    assert (row.state, Grant.objects.count()) == ("done", 25)
    assert row.done == row.total == 25


def test_two_at_once_are_one(asset):
    row = begin(asset)
    with pytest.raises(BadInput, match="under way already"):
        begin(asset)
    go_on(row)
    assert give_in_background.func(row.pk) == "There is nothing to do."
    assert Grant.objects.count() == 25


def test_a_share_that_was_done_meanwhile_is_not_counted_twice(asset):
    row = begin(asset)
    orders = fulfilment.rules.orders_lacking(asset, after=0, at_most=10)
    behind = Backfill.objects.get()
    background._give(behind, orders)
    background._give(row, orders)
    row.refresh_from_db()
    assert (row.done, row.given, row.last_order) == (10, 10, orders[-1])
    assert go_on(row).done == 25


def test_a_fault_of_ours_stops_it_and_it_can_go_on(asset, monkeypatch):
    row = begin(asset)
    with monkeypatch.context() as patch:
        patch.setitem(runs.PAUSES, connection.vendor, None)
        row = go_on(row)
    assert (row.state, row.fault, row.done) == ("failed", "TypeError", 10)
    assert background.resume(row, at=timezone.now())
    assert go_on(row).done == 25


def test_an_asset_that_is_deleted_ends_it(asset):
    row = begin(asset)
    Backfill.objects.all().delete()
    assert give_in_background.func(row.pk) == "There is nothing to do."
