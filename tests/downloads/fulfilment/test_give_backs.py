"""What is given back by itself, how often, and what stays spent."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.fulfilment import give_backs
from downloads.fulfilment.give_backs import give_back_barely_begun, give_back_failed
from downloads.lookups import ledger as audits
from downloads.models import Delivery, Grant
from tests.downloads.clicking import ask, complete, cut_off, ledger, spend, used
from tests.factories import NOW, DeliveryFactory, GrantFactory, make_counted_grant, make_file_grant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)
ENDED = NOW + timedelta(minutes=30)
HOUR = timedelta(hours=1)


@pytest.fixture
def grant() -> Grant:
    return make_file_grant(b"x" * 1000, limit=10)


# --- What has barely begun -----------------------------------------------------------------------


def test_three_are_given_back_and_the_fourth_stays_spent(grant):
    for attempt in range(4):
        cut_off(ask(grant, f"click-{attempt}"))
    grant.refresh_from_db()
    assert (grant.used, grant.given_back) == (1, 3)
    assert Delivery.objects.get().nonce == "click-3"
    assert [line[1] for line in ledger(grant) if line[1]] == [1, -1, 1, -1, 1, -1, 1]


@pytest.mark.parametrize(("cap", "left"), [(0, 3), (1, 2), (2, 1)])
def test_the_cap_follows_its_setting_and_0_switches_it_off(settings, grant, cap, left):
    settings.GIVE_BACKS_PER_GRANT = cap
    for attempt in range(3):
        cut_off(ask(grant, f"click-{attempt}"))
    assert used(grant) == left


def test_the_cap_is_each_grants_own(grant):
    other = make_file_grant()
    Grant.objects.filter(pk=grant.pk).update(given_back=3)
    cut_off(ask(grant))
    cut_off(ask(other))
    assert (used(grant), used(other)) == (1, 0)


def test_a_reset_leaves_the_cap_where_it_was(grant):
    Grant.objects.filter(pk=grant.pk).update(given_back=3)
    fulfilment.reset(grant, at=NOW)
    cut_off(ask(grant))
    assert used(grant) == 1


def test_nothing_is_given_back_twice_after_a_reset(grant):
    opened = ask(grant)
    spend(grant, "another")
    fulfilment.reset(grant, at=NOW)
    spend(grant, "a third")
    cut_off(opened)
    assert (used(grant), Delivery.objects.count()) == (1, 3)
    assert audits.counters_off() == []


def test_a_link_is_never_given_back():
    grant = GrantFactory()
    delivery = spend(grant)
    mine = Delivery.objects.filter(pk=delivery.pk)
    assert give_back_barely_begun(mine, at=LATER) is False
    assert fulfilment.weigh_deliveries(at=ENDED + HOUR) == 0
    assert used(grant) == 1


def test_a_count_never_falls_below_nothing(grant):
    opened = ask(grant)
    Grant.objects.filter(pk=grant.pk).update(used=0)
    cut_off(opened)
    assert (used(grant), Delivery.objects.count()) == (0, 1)


def test_a_resume_that_came_back_in_between_keeps_it_spent(grant, monkeypatch):
    opened = ask(grant)
    opened.close()
    Delivery.objects.update(streams=0)
    before = (used(grant), ledger(grant))
    find = Grant.objects.filter

    def find_beside_a_rider(**given):
        Delivery.objects.update(streams=1)
        return find(**given)

    monkeypatch.setattr(Grant.objects, "filter", find_beside_a_rider)
    alone = Delivery.objects.filter(pk=opened.delivery.pk, streams=0)
    assert give_back_barely_begun(alone, at=LATER) is False
    monkeypatch.undo()
    assert (used(grant), ledger(grant)) == before
    assert (Grant.objects.get().given_back, Delivery.objects.get().streams) == (0, 1)


# --- What failed ---------------------------------------------------------------------------------


def test_a_failed_click_is_given_back_once(grant):
    complete(ask(grant), sent_bytes=999)
    assert give_back_failed(grant, nonce="click", at=LATER) is True
    assert give_back_failed(grant, nonce="click", at=LATER) is False
    assert (used(grant), Grant.objects.get().given_back) == (0, 0)
    assert ledger(grant)[-1] == ("released", -1, None, "storage")


def test_a_click_that_opened_nothing_gives_nothing_back():
    grant = make_counted_grant(3)
    assert give_back_failed(grant, nonce="unheard of", at=LATER) is False
    assert (used(grant), audits.counters_off()) == (3, [])


def test_a_failed_link_is_given_back():
    grant = GrantFactory()
    spend(grant)
    assert give_back_failed(grant, nonce="click", at=LATER) is True
    assert used(grant) == 0


# --- What ended without a word -------------------------------------------------------------------


def test_what_was_never_fetched_is_given_back_when_its_window_is_over(grant):
    spend(grant)
    assert fulfilment.weigh_deliveries(at=ENDED - timedelta(microseconds=1)) == 0
    assert used(grant) == 1
    assert fulfilment.weigh_deliveries(at=ENDED) == 1
    assert fulfilment.weigh_deliveries(at=ENDED) == 0
    assert (used(grant), Delivery.objects.count()) == (0, 0)
    assert ledger(grant)[-1] == ("released", -1, None, "barely_begun")


def test_what_was_sent_is_kept_and_not_weighed_again(grant):
    complete(ask(grant), sent_bytes=10)
    assert fulfilment.weigh_deliveries(at=ENDED) == 0
    assert Delivery.objects.get().is_kept is True
    assert fulfilment.weigh_deliveries(at=ENDED) == 0
    assert used(grant) == 1


def test_what_is_past_the_cap_is_kept_and_not_weighed_again(grant):
    Grant.objects.filter(pk=grant.pk).update(given_back=3)
    spend(grant)
    assert fulfilment.weigh_deliveries(at=ENDED) == 0
    assert Delivery.objects.get().is_kept is True
    assert used(grant) == 1


def test_an_answer_that_may_be_under_way_is_waited_for(grant):
    ask(grant).close()
    last = ENDED + HOUR
    assert fulfilment.weigh_deliveries(at=last - timedelta(microseconds=1)) == 0
    assert (used(grant), Delivery.objects.get().is_kept) == (1, False)
    # It was cut off with its process, and never ended.
    assert fulfilment.weigh_deliveries(at=last) == 1
    assert used(grant) == 0


def test_many_are_weighed_in_shares(monkeypatch):
    monkeypatch.setattr(give_backs, "WEIGHED_AT_ONCE", 2)
    for number in range(5):
        spend(make_file_grant(), f"click-{number}")
    assert [fulfilment.weigh_deliveries(at=ENDED) for _ in range(4)] == [2, 2, 1, 0]
    assert audits.counters_off() == []


def test_those_whose_window_is_open_and_those_of_links_are_left():
    open_still = DeliveryFactory(size_bytes=1000, closes_at=ENDED + HOUR, grant__used=1)
    link = DeliveryFactory(grant__used=1)
    assert fulfilment.weigh_deliveries(at=ENDED) == 0
    assert list(Delivery.objects.order_by("pk")) == [open_still, link]
    assert not Delivery.objects.filter(is_kept=True).exists()
