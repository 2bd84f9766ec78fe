"""`manage.py worker` looks after deliveries and the ledger, and outlives any error."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import InterfaceError, OperationalError, ProgrammingError
from django_tasks_db.management.commands import db_worker

from downloads import fulfilment
from downloads.lookups import ledger as audits
from downloads.models import Account, Delivery, DownloadEvent, Heartbeat, KeptUpload
from storefront import inbox
from storefront.management import loops
from storefront.management.chores import CHORES, RARE_CHORES
from storefront.management.commands import worker
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
OPTIONS = {
    "until_input_ends": False,
    "batch": False,
    "reload": False,
    "interval": 1,
    "queue_name": "default",
    "exclude_queues": "",
    "backend_name": "default",
    "startup_delay": False,
    "max_tasks": None,
    "worker_id": "one",
}


class Enough(BaseException):
    """Ends the endless round of a worker."""


def works_of(command):
    """Return what a worker does beside its main thread, by the thread's name."""
    command.begin_all = dict
    return command.side_works(**OPTIONS) | command.begin_mail(1)


@pytest.fixture
def stop_after(monkeypatch):
    """Return a function that ends a worker's rounds at so many pauses; they are kept in a list."""
    # A worker looks after its connection between tasks, and would end the test's transaction.
    monkeypatch.setattr(loops, "close_old_connections", lambda: None)
    # The signals stay pytest's.
    monkeypatch.setattr(db_worker.Worker, "configure_signals", lambda self: None)

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
        monkeypatch.setattr(worker, "time", SimpleNamespace(sleep=wait))
        return pauses

    return so_many


@pytest.fixture
def look_after(stop_after, db):
    """Return a function that goes so many rounds and returns the worker that did."""

    def go(rounds=1):
        stop_after(rounds)
        command = worker.Command()
        with pytest.raises(Enough):
            command.repeat(works_of(command)["sweep"])
        return command

    return go


@pytest.fixture
def logged(caplog):
    """Return a function that returns what the loops have logged."""
    caplog.set_level("WARNING")
    names = (loops.__name__, "django_tasks")
    return lambda: [each.getMessage() for each in caplog.records if each.name in names]


# --- Each round ----------------------------------------------------------------------------------


def test_what_was_never_fetched_is_given_back_once_its_window_is_over(look_after, frozen):
    grant = make_file_grant()
    ask(grant, upfront_bytes=0).close()
    frozen(NOW + timedelta(minutes=30, microseconds=-1))
    look_after()
    assert used(grant) == 1
    frozen(NOW + timedelta(minutes=30))
    look_after()
    assert (used(grant), Delivery.objects.count()) == (0, 0)
    assert ledger(grant)[-1] == ("released", -1, None, "barely_begun")


@pytest.mark.slow
def test_deliveries_are_weighed_in_every_round_and_the_ledger_is_pruned_in_some(
    look_after, monkeypatch
):
    asked: list[str] = []
    for verb in ("weigh_deliveries", "prune_ledger"):
        monkeypatch.setattr(fulfilment, verb, lambda at, verb=verb, **_: asked.append(verb))
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


def test_files_of_refused_forms_go_after_their_time(look_after, frozen):
    person = User.objects.create_user("ada")
    upload = ContentFile(b"bytes", name="book.pdf")
    assert fulfilment.keep_upload(upload, person=person, at=NOW)
    frozen(NOW + DAY - timedelta(microseconds=1))
    look_after()
    assert KeptUpload.objects.exists()
    frozen(NOW + DAY)
    look_after()
    assert not KeptUpload.objects.exists()


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


# --- Errors ------------------------------------------------------------------------------------

FAULTS = [
    ValueError("secret"),
    ProgrammingError("no such table"),
    OperationalError("gone"),
    InterfaceError("gone"),
    MemoryError(),
    RecursionError(),
    SystemExit(1),
    KeyboardInterrupt(),
]


def failing(ends):
    """Return a function that ends as told, once a call, and well after the last."""
    turns = iter(ends)

    def end(*given, **named):
        fault = next(turns, None)
        if fault is not None:
            raise fault

    return end


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        *((deed, FAULTS[0]) for deed in (*CHORES, *RARE_CHORES)),
        *((deed, fault) for deed in list(CHORES)[:1] for fault in FAULTS[1:]),
    ],
    ids=repr,
)
def test_no_error_of_a_chore_ends_the_sweep_or_another_chore(
    look_after, monkeypatch, logged, deed, fault
):
    done = []
    monkeypatch.setattr(worker, "TIDY_EVERY_SWEEPS", 1)
    for chores in (CHORES, RARE_CHORES):
        for name in chores:
            monkeypatch.setitem(chores, name, lambda at, name=name: done.append(name))
    chores = CHORES if deed in CHORES else RARE_CHORES
    monkeypatch.setitem(chores, deed, failing([fault] * 3))
    command = look_after(5)
    assert len(done) == 5 * (len(CHORES) + len(RARE_CHORES) - 1)
    assert [line.partition("\n")[0] for line in logged()] == [
        told(deed, fault),
        f"The worker goes on with {deed}",
    ]
    assert command.loops.failing() == ("", None)


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize(
    ("thread", "owner", "verb", "pauses"),
    [
        # It ends well without a word on whether more can be sent: that is a pause.
        ("mail", worker.sender, "send_due", [2, 2, 2, 60]),
        ("platforms", db_worker.Worker, "run", [2, 2, 2, 1]),
        ("life", worker.fulfilment, "beat", [15] * 4),
    ],
)
def test_no_error_ends_a_thread(
    stop_after, monkeypatch, logged, fault, thread, owner, verb, pauses
):
    waited = stop_after(4)
    monkeypatch.setattr(owner, verb, failing([fault] * 3))
    command = worker.Command()
    work = works_of(command)[thread]
    with pytest.raises(Enough):
        command.repeat(work)
    assert waited == pauses
    assert [line.partition("\n")[0] for line in logged()] == [
        told(work.deed, fault),
        f"The worker goes on with {work.deed}",
    ]


def test_each_connection_for_mail_has_a_thread_of_its_own(settings):
    settings.MAIL_CONNECTIONS = 3
    works = works_of(worker.Command())
    assert list(works) == [
        *("life", "sweep", "figures", "platforms"),
        *("mail", "mail 2", "mail 3"),
    ]
    assert [works[f"mail{each}"].deed for each in ("", " 2", " 3")] == [
        f"sending mail{each}" for each in ("", " by connection 2", " by connection 3")
    ]


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if isinstance(each, Exception)], ids=repr
)
def test_no_error_ends_the_work(stop_after, monkeypatch, logged, fault):
    pauses = stop_after(4)
    monkeypatch.setattr(db_worker.Worker, "run", failing([fault] * 3))
    command = worker.Command()
    own = command.own_worker(**OPTIONS)
    with pytest.raises(Enough):
        command.work(own, **OPTIONS)
    assert pauses == [2, 2, 2, 1]
    assert [line.partition("\n")[0] for line in logged()] == [
        told("working off what waits", fault),
        "The worker goes on with working off what waits",
    ]


def test_another_error_of_the_same_deed_is_logged_too(look_after, monkeypatch, logged):
    first, second = ValueError("a"), KeyError("b")
    ends = failing([first, second, first, second])
    monkeypatch.setitem(CHORES, "looking for messages that wait", ends)
    look_after(6)
    assert sum("fails at" in line for line in logged()) == 2


def test_what_fails_is_told_by_its_kind_alone(look_after, monkeypatch, frozen, db):
    frozen(NOW)
    monkeypatch.setitem(CHORES, "looking for messages that wait", failing([ValueError("hush")] * 9))
    command = look_after(2)
    command.worker_id = "one"
    command.beat()
    row = Heartbeat.objects.get()
    assert (row.worker, row.seen_at, row.failing, row.failing_since) == (
        *("one", NOW, "looking for messages that wait (ValueError)", NOW),
    )


def told(deed, fault):
    """Return the first line of what is logged of an error."""
    if isinstance(fault, OperationalError | InterfaceError):
        return f"The worker fails at {deed}: the database cannot be reached: gone"
    return f"The worker fails at {deed}: Traceback (most recent call last):"


# --- The work itself -----------------------------------------------------------------------------


def test_a_worker_that_is_asked_to_stop_in_an_outage_stops(stop_after, monkeypatch):
    stop_after(100)
    monkeypatch.setattr(db_worker.Worker, "run", failing([OperationalError("gone"), SystemExit(0)]))
    with pytest.raises(SystemExit):
        worker.Command().handle(**OPTIONS)


def test_a_stop_asked_for_while_a_task_fails_is_not_forgotten(stop_after, monkeypatch):
    pauses = stop_after(100)

    def run(self):
        self.running = False
        raise OperationalError("gone")

    monkeypatch.setattr(db_worker.Worker, "run", run)
    worker.Command().handle(**OPTIONS)
    assert pauses == []


def test_a_worker_ends_after_as_many_tasks_as_it_was_to_have(stop_after, monkeypatch):
    pauses = stop_after(100)

    def run(self):
        self._run_tasks += 1

    monkeypatch.setattr(db_worker.Worker, "run", run)
    worker.Command().handle(**OPTIONS | {"max_tasks": 3})
    assert pauses == [1, 1]


def test_a_batch_ends_with_its_outage(monkeypatch, db):
    monkeypatch.setattr(db_worker.Command, "handle", failing([OperationalError("gone")]))
    with pytest.raises(OperationalError):
        worker.Command().handle(**OPTIONS | {"batch": True})
    assert Heartbeat.objects.count() == 1


def test_a_task_that_fails_at_every_bell_is_logged_once(db, monkeypatch, logged):
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    command = worker.Command()
    own = command.own_worker(**OPTIONS)
    with monkeypatch.context() as patch:
        patch.setattr(fulfilment, "apply_some", lambda *given, **named: 1 / 0)
        for _bell in range(3):
            inbox.ring()
            own.run()
    assert command.loops.failing()[0] == "applying the messages of shops (ZeroDivisionError)"
    [line] = [line for line in logged() if "ZeroDivisionError" in line]
    assert line.startswith("The worker fails at applying the messages of shops: Traceback")
    inbox.ring()
    own.run()
    assert command.loops.failing() == ("", None)
