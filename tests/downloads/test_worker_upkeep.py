"""`manage.py worker` looks after deliveries and the ledger, and outlives an outage."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django_tasks_db.management.commands import db_worker

from downloads import audits
from downloads.management.commands import worker
from downloads.models import Account, Delivery, DownloadEvent
from storefront import inbox
from storefront.models import CustomerToken
from tests.downloads.clicking import ask, ledger, used
from tests.factories import (
    NOW,
    CustomerFactory,
    EventFactory,
    ShopFactory,
    make_counted_grant,
    make_file_grant,
)

DAY = timedelta(days=1)
OPTIONS = {"until_input_ends": False, "batch": False, "interval": 1}


class Enough(BaseException):
    """Ends the endless round of a worker."""


@pytest.fixture
def stop_after(monkeypatch):
    """Return a function that ends a worker's rounds at so many pauses; they are kept in a list."""
    # A worker looks after its connection between tasks, and would end the test's transaction.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)

    def so_many(rounds):
        pauses = []

        def wait(seconds):
            pauses.append(seconds)
            if len(pauses) == rounds:
                raise Enough

        event = SimpleNamespace(wait=wait, set=lambda: None, is_set=lambda: False)
        thread = SimpleNamespace(start=lambda: None, join=lambda timeout: None)
        threading = SimpleNamespace(Event=lambda: event, Thread=lambda **_given: thread)
        monkeypatch.setattr(worker, "threading", threading)
        return pauses

    return so_many


@pytest.fixture
def look_after(stop_after, db):
    """Return a function that goes so many rounds and returns what was said of outages."""

    def go(rounds=1):
        stop_after(rounds)
        errors = io.StringIO()
        with pytest.raises(Enough):
            worker.Command(stderr=errors).look_after()
        return errors.getvalue()

    return go


# --- Each round ----------------------------------------------------------------------------------


def test_what_was_never_fetched_is_given_back_once_its_window_is_over(look_after, frozen):
    grant = make_file_grant()
    ask(grant, asks_bytes=0).close()
    frozen(NOW + timedelta(minutes=30, microseconds=-1))
    assert (look_after(), used(grant)) == ("", 1)
    frozen(NOW + timedelta(minutes=30))
    assert (look_after(), used(grant), Delivery.objects.count()) == ("", 0, 0)
    assert ledger(grant)[-1] == ("released", -1, None, "barely_begun")


def test_deliveries_are_weighed_in_every_round_and_the_ledger_is_pruned_in_some(
    look_after, monkeypatch
):
    asked: list[str] = []
    for verb in ("weigh_deliveries", "prune_ledger"):
        monkeypatch.setattr(worker.fulfilment, verb, lambda at, verb=verb: asked.append(verb))
    look_after(61)
    assert asked == ["weigh_deliveries", "prune_ledger", *["weigh_deliveries"] * 60, "prune_ledger"]


def test_the_ledger_is_pruned_after_its_time(look_after, frozen, settings):
    settings.LEDGER_RETENTION_DAYS = 30
    grant = make_counted_grant(2)
    EventFactory(grant=grant, kind="refused", user_agent="Reader/1")
    frozen(NOW + 30 * DAY)
    look_after()
    assert DownloadEvent.objects.count() == 2
    frozen(NOW + 30 * DAY + timedelta(microseconds=1))
    look_after()
    assert ledger(grant) == [("carried", 2, None, "")]
    assert audits.counters_off() == []


def test_accounts_nobody_confirmed_are_forgotten_after_their_time(look_after, frozen, settings):
    settings.UNCONFIRMED_ACCOUNT_DAYS = 7
    customer = CustomerFactory()
    kept = Account.objects.create(shop=customer.shop, customer=customer, confirmed_at=NOW)
    old = Account.objects.create(shop=ShopFactory(), email="eve@example.com")
    Account.objects.update(created_at=NOW)
    frozen(NOW + 7 * DAY)
    look_after()
    assert set(Account.objects.all()) == {kept, old}
    frozen(NOW + 7 * DAY + timedelta(microseconds=1))
    look_after()
    assert Account.objects.get() == kept


def test_ended_tokens_are_forgotten_after_their_time(look_after, frozen, settings):
    settings.ENDED_TOKEN_DAYS = 7
    ends = {
        "past": {"expires_at": NOW},
        "revoked": {"expires_at": NOW + 90 * DAY, "revoked_at": NOW},
        "later": {"expires_at": NOW + timedelta(microseconds=1)},
        "endless": {"expires_at": None},
    }
    customer = CustomerFactory()
    for name, end in ends.items():
        CustomerToken.objects.create(customer=customer, secret_hash=name, **end)
    frozen(NOW + 7 * DAY)
    look_after()
    assert CustomerToken.objects.count() == 4
    frozen(NOW + 7 * DAY + timedelta(microseconds=1))
    look_after()
    left = CustomerToken.objects.values_list("secret_hash", flat=True)
    assert set(left) == {"later", "endless"}


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_a_round_in_an_outage_is_told_and_the_next_one_goes_on(look_after, monkeypatch, fault):
    outcomes = iter([fault("gone"), fault("gone"), None])

    def ring():
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(inbox, "ring", ring)
    assert look_after(3) == "The database cannot be reached: gone\n" * 2


# --- The work itself -----------------------------------------------------------------------------


@pytest.fixture
def works(monkeypatch):
    """Return a function that says how each turn of the work ends: with a fault, or None."""

    def in_turn(*ends):
        turns = iter(ends)

        def work(self, **options):
            end = next(turns)
            if end is not None:
                raise end

        monkeypatch.setattr(db_worker.Command, "handle", work)

    return in_turn


def test_work_goes_on_once_the_database_is_back(works, stop_after):
    works(OperationalError("gone"), InterfaceError("connection already closed"), None)
    pauses, errors = stop_after(100), io.StringIO()
    worker.Command(stderr=errors).handle(**OPTIONS)
    assert pauses == [2, 2]
    assert errors.getvalue() == (
        "The database cannot be reached: gone\n"
        "The database cannot be reached: connection already closed\n"
    )


def test_any_other_fault_ends_the_work(works, stop_after):
    works(ProgrammingError("no such table"), None)
    stop_after(100)
    with pytest.raises(ProgrammingError):
        worker.Command(stderr=io.StringIO()).handle(**OPTIONS)


def test_a_worker_that_is_asked_to_stop_in_an_outage_stops(works, stop_after):
    works(OperationalError("gone"), SystemExit(0), None)
    stop_after(100)
    with pytest.raises(SystemExit):
        worker.Command(stderr=io.StringIO()).handle(**OPTIONS)


def test_a_batch_ends_with_its_outage(works, db):
    works(OperationalError("gone"), None)
    with pytest.raises(OperationalError):
        worker.Command(stderr=io.StringIO()).handle(**OPTIONS | {"batch": True})
