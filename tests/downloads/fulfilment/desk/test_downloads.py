"""Staff acts on one download: bounds, pages that are out of date, and what is taken back."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.audit.actors import Actor, acting
from downloads.audit.history import newest_about
from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.models import AuditEntry, DownloadEvent, Grant
from tests.factories import NOW, AttachmentFactory, GrantFactory, LineFactory

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=40)


@pytest.fixture
def grant():
    """A download of 10, of which 3 are used, that ends in 40 days."""
    line = LineFactory()
    AttachmentFactory(product=line.product, limit=10, lifetime_days=40)
    fulfilment.settle(line.order, at=NOW)
    Grant.objects.update(used=3)
    return Grant.objects.with_rights().get()


def seen(grant):
    entry = newest_about([grant]).get(str(grant.pk))
    return entry.pk if entry else 0


def counts(grant):
    grant.refresh_from_db()
    return grant.used, grant.bought, grant.added, grant.extended_days


ACTS = {
    "reset": lambda grant, number: desk.reset_count(grant, seen=number, at=NOW),
    "more": lambda grant, number: desk.allow_more(grant, by=2, seen=number, at=NOW),
    "days": lambda grant, number: desk.extend_time(grant, days=7, seen=number, at=NOW),
    "withdraw": lambda grant, number: desk.withdraw_download(grant, seen=number, at=NOW),
}
each_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@each_act
def test_the_same_press_twice_does_it_once(grant, act):
    number = seen(grant)
    act(grant, number)
    done, entries = Grant.objects.values().get(), AuditEntry.objects.count()
    with pytest.raises(BadInput, match="Nothing was done"):
        act(grant, number)
    assert (Grant.objects.values().get(), AuditEntry.objects.count()) == (done, entries)


@each_act
def test_the_second_of_two_people_is_told_who_did_what(grant, act):
    number = seen(grant)
    with acting(Actor("ada@example.com")):
        desk.allow_more(grant, by=1, seen=number, at=NOW)
    with pytest.raises(BadInput, match=r"ada@example\.com: Raised"):
        act(grant, number)


@pytest.mark.parametrize("act", ["reset", "more", "days"])
def test_what_was_done_is_taken_back_once(grant, act):
    before, end = counts(grant), grant.expires_at
    ACTS[act](grant, seen(grant))
    assert counts(grant) != before
    number = seen(grant)
    desk.undo(grant, seen=number, at=NOW)
    assert (counts(grant), grant.expires_at) == (before, end)
    with pytest.raises(BadInput):
        desk.undo(grant, seen=number, at=NOW)
    with pytest.raises(BadInput, match="nothing here"):
        desk.undo(grant, seen=seen(grant), at=NOW)
    assert counts(grant) == before


def test_a_reset_taken_back_adds_to_what_was_downloaded_since(grant):
    DownloadEvent.objects.create(grant=grant, kind="carried", downloads=3, at=NOW)
    desk.reset_count(grant, seen=seen(grant), at=NOW)
    Grant.objects.update(used=1)
    DownloadEvent.objects.create(grant=grant, kind="charged", downloads=1, at=NOW)
    desk.undo(grant, seen=seen(grant), at=NOW)
    assert counts(grant)[0] == 4 == sum(DownloadEvent.objects.values_list("downloads", flat=True))


def test_more_taken_back_leaves_none_and_not_fewer(grant):
    Grant.objects.update(used=10)
    desk.allow_more(grant, by=2, seen=seen(grant), at=NOW)
    Grant.objects.update(used=12)
    desk.undo(grant, seen=seen(grant), at=NOW)
    grant.refresh_from_db()
    assert (grant.bought, grant.remaining) == (10, 0)


def test_a_bound_holds_for_all_that_was_added(grant):
    desk.allow_more(grant, by=2, seen=seen(grant), at=NOW, most=5)
    with pytest.raises(BadInput, match="2 were added before"):
        desk.allow_more(grant, by=4, seen=seen(grant), at=NOW, most=5)
    desk.allow_more(grant, by=3, seen=seen(grant), at=NOW, most=5)
    desk.extend_time(grant, days=30, seen=seen(grant), at=NOW, most=30)
    with pytest.raises(BadInput, match="30 were added before"):
        desk.extend_time(grant, days=1, seen=seen(grant), at=NOW, most=30)
    # What was taken back may be given anew.
    desk.undo(grant, seen=seen(grant), at=NOW)
    desk.extend_time(grant, days=30, seen=seen(grant), at=NOW, most=30)
    assert counts(grant) == (3, 15, 5, 30)


def test_what_changes_nothing_is_refused(grant):
    desk.reset_count(grant, seen=seen(grant), at=NOW)
    with pytest.raises(BadInput, match="Nothing was counted"):
        desk.reset_count(grant, seen=seen(grant), at=NOW)
    with pytest.raises(BadInput, match="not withdrawn"):
        desk.restore_download(grant, seen=seen(grant), at=NOW)
    desk.withdraw_download(grant, seen=seen(grant), at=NOW)
    with pytest.raises(BadInput, match="withdrawn before"):
        desk.withdraw_download(grant, seen=seen(grant), at=NOW)
    desk.restore_download(grant, seen=seen(grant), at=NOW)
    assert grant.withdrawn_at is None


def test_an_act_on_another_download_is_none_on_this_one(grant):
    number = seen(grant)
    fulfilment.raise_limit(GrantFactory(order=grant.order, limit=2), by=1, at=NOW)
    desk.allow_more(grant, by=1, seen=number, at=NOW)
    assert counts(grant)[2] == 1
