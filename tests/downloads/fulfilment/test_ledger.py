"""The ledger is pruned, and no count moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from downloads import fulfilment
from downloads.fulfilment import ledger as entering
from downloads.lookups import ledger as audits
from downloads.models import Delivery, DownloadEvent, Grant
from downloads.models.ledger import Visitor
from tests.downloads.clicking import ask, complete, ledger, spend
from tests.factories import NOW, EventFactory, GrantFactory, make_counted_grant, make_file_grant

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
PAST = NOW - 366 * DAY


@pytest.fixture
def grant() -> Grant:
    return GrantFactory()


def test_lines_past_their_time_become_one_sum(grant):
    for nonce in ("one", "two", "three"):
        spend(grant, nonce, at=PAST)
    fulfilment.reset(grant, at=PAST + MOMENT)
    spend(grant, "four", at=PAST + 2 * MOMENT)
    spend(grant, "five", at=NOW)
    before = Grant.objects.values().get()
    assert fulfilment.prune_ledger(at=NOW) == 5
    assert ledger(grant) == [("charged", 1, None, ""), ("carried", 1, None, "")]
    assert Grant.objects.values().get() == before
    assert audits.counters_off() == []


def test_a_sum_tells_of_nobody_and_until_when_it_reaches(grant):
    for hours in (5, 3):
        at = PAST - timedelta(hours=hours)
        EventFactory(grant=grant, at=at, address_hash="a" * 64, user_agent="Reader/1")
    fulfilment.prune_ledger(at=NOW)
    [line] = DownloadEvent.objects.values()
    assert line == {
        "id": line["id"],
        "grant_id": grant.pk,
        "delivery_id": None,
        "kind": "carried",
        "downloads": 2,
        "sent_bytes": None,
        "reason": "",
        "at": PAST - timedelta(hours=3),
        "address_hash": "",
        "user_agent": "",
    }


def test_the_time_is_the_settings(grant, settings):
    settings.LEDGER_RETENTION_DAYS = 7
    spend(grant, at=NOW)
    assert fulfilment.prune_ledger(at=NOW + 7 * DAY) == 0
    assert fulfilment.prune_ledger(at=NOW + 7 * DAY + MOMENT) == 1


def test_sums_are_added_up(grant):
    spend(grant, "one", at=PAST - DAY)
    assert fulfilment.prune_ledger(at=NOW - DAY) == 1
    spend(grant, "two", at=PAST)
    assert fulfilment.prune_ledger(at=NOW) == 1
    assert ledger(grant) == [("carried", 2, None, "")]
    assert fulfilment.prune_ledger(at=NOW) == 0
    assert ledger(grant) == [("carried", 2, None, "")]


def test_what_comes_to_nothing_leaves_no_line(grant):
    EventFactory(grant=grant, at=PAST)
    EventFactory(grant=grant, kind="released", downloads=-1, reason="storage", at=PAST)
    EventFactory(grant=grant, kind="refused", at=PAST)
    assert fulfilment.prune_ledger(at=NOW) == 3
    assert (ledger(grant), audits.counters_off()) == ([], [])


def test_a_reset_leaves_a_sum_of_nothing_which_says_that_there_were_downloads(grant):
    spend(grant, at=PAST)
    fulfilment.reset(grant, at=PAST)
    Delivery.objects.all().delete()
    assert Grant.objects.downloaded().get() == grant
    assert fulfilment.prune_ledger(at=NOW) == 2
    EventFactory(grant=grant, kind="refused", at=PAST)
    assert fulfilment.prune_ledger(at=NOW) == 1
    assert (ledger(grant), audits.counters_off()) == ([("carried", 0, None, "")], [])
    assert Grant.objects.downloaded().get() == grant


def test_a_grant_of_very_many_lines_is_carried_in_pieces(grant, monkeypatch):
    monkeypatch.setattr(entering, "BATCH", 3)
    for _ in range(10):
        EventFactory(grant=grant, at=PAST)
    assert fulfilment.prune_ledger(at=NOW, at_most=4) == 4
    assert ledger(grant) == [*[("charged", 1, None, "")] * 6, ("carried", 4, None, "")]
    assert fulfilment.prune_ledger(at=NOW) == 6
    assert ledger(grant) == [("carried", 10, None, "")]


def test_what_a_newer_line_gives_back_is_still_in_the_sum():
    grant = make_counted_grant(3)
    DownloadEvent.objects.update(at=PAST)
    fulfilment.reset(grant, at=NOW)
    assert fulfilment.prune_ledger(at=NOW) == 0
    spend(grant, at=PAST)
    assert fulfilment.prune_ledger(at=NOW) == 1
    assert ledger(grant) == [("released", -3, None, "reset"), ("carried", 4, None, "")]
    assert audits.counters_off() == []


def test_bytes_sent_lately_keep_their_line():
    grant = make_file_grant()
    opened = ask(grant, at=PAST)
    complete(opened, sent_bytes=1000, at=NOW)
    assert fulfilment.prune_ledger(at=NOW) == 1
    assert ledger(grant) == [("served", 0, 1000, ""), ("carried", 1, None, "")]


def test_deliveries_outlive_their_lines(grant):
    spend(grant, at=PAST)
    before = Delivery.objects.values().get()
    fulfilment.prune_ledger(at=NOW)
    assert Delivery.objects.values().get() == before


def test_bytes_that_cannot_be_entered_are_a_fault_and_count_nowhere():
    opened = ask(make_file_grant())
    DownloadEvent.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        complete(replace(opened, visitor=Visitor(address_hash=None)), sent_bytes=1000)
    assert (Delivery.objects.get().sent_bytes, DownloadEvent.objects.count()) == (0, 0)


def test_every_grant_keeps_its_own_sum_in_batches_too(monkeypatch):
    monkeypatch.setattr(entering, "BATCH", 2)
    grants = [GrantFactory() for _ in range(5)]
    for number, grant in enumerate(grants, 1):
        for click in range(number):
            spend(grant, f"click-{click}", at=PAST)
    assert fulfilment.prune_ledger(at=NOW) == 15
    assert [ledger(grant) for grant in grants] == [
        [("carried", number, None, "")] for number in range(1, 6)
    ]


@pytest.mark.parametrize("clicks", [1, 10])
def test_a_batch_asks_the_same_however_many_lines(django_assert_num_queries, clicks):
    for grant in (GrantFactory(), GrantFactory()):
        for number in range(clicks):
            spend(grant, f"click-{number}", at=PAST)
    # In a transaction whose lines are old, the hold on them, which lines these are, their sums,
    # their end, and the sums entered; and in another one that no lines are old now.
    with django_assert_num_queries(11):
        fulfilment.prune_ledger(at=NOW)
