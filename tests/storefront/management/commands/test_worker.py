"""`manage.py worker`: does what waits, also when no bell is left, and stops with its parent."""

import io
import os
import signal
import subprocess
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from downloads.models import Message
from storefront import inbox
from storefront.management import loops
from storefront.management.commands import worker
from tests.factories import NOW
from tests.system.harness.databases import database
from tests.system.harness.processes import DEADLINE_SECONDS, start

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)


@pytest.fixture(autouse=True)
def _stay_connected(monkeypatch):
    # A worker looks after its connection between tasks, and would end the test's transaction.
    for module in (loops, db_worker):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)


@pytest.fixture
def work():
    """Return a function that does all that waits, then comes back; the signals stay pytest's."""
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def until_done(**options):
        call_command("worker", batch=True, startup_delay=False, interval=0, **options)

    yield until_done
    for number, handler in before.items():
        signal.signal(number, handler)


def states():
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def test_what_waits_is_applied(deliver, work):
    for _message in range(3):
        deliver("app/uninstalled", {}, is_applied=False)
    work()
    assert states() == ["applied"] * 3
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_what_waits_is_applied_also_when_its_bell_was_lost(deliver, work):
    deliver("app/uninstalled", {}, is_applied=False)
    DBTaskResult.objects.all().delete()
    work()
    assert states() == ["applied"]


@pytest.mark.slow
def test_more_than_one_share_is_done(deliver, work, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH", 2)
    for _message in range(5):
        deliver("app/uninstalled", {}, is_applied=False)
    work()
    assert states() == ["applied"] * 5


def test_what_is_not_due_is_left(deliver, work, frozen):
    deliver("orders/delete", {"id": 7}, is_applied=False)
    work()
    work()
    message = Message.objects.get()
    assert (message.state, message.attempts) == ("waiting", 1)
    frozen(message.due_at)
    work()
    message.refresh_from_db()
    assert message.attempts == 2


def test_a_worker_without_work_ends(db, work):
    work()
    assert states() == []


# --- Looking after the inbox -------------------------------------------------------------------


class Enough(BaseException):
    """Ends the endless round of a worker's second thread."""


@pytest.fixture
def look_after(db, caplog):
    """Return a function that goes so many rounds and returns the pauses between them."""

    def go(rounds):
        pauses = []

        def wait(seconds):
            pauses.append(seconds)
            # As another worker would, that dies of it.
            for bell in DBTaskResult.objects.ready():
                bell.claim("another")
            if len(pauses) == rounds:
                raise Enough

        command = worker.Command()
        command.is_stopping = SimpleNamespace(wait=wait, is_set=lambda: False)
        with pytest.raises(Enough):
            command.repeat(command.side_works(interval=1)["sweep"])
        told = [record.getMessage() for record in caplog.records if record.name == loops.__name__]
        return pauses, told

    return go


def test_a_bell_is_rung_at_the_start_and_from_time_to_time(look_after, settings):
    settings.MESSAGE_SWEEP_SECONDS = 7
    assert look_after(3) == ([7, 7, 7], [])
    assert DBTaskResult.objects.count() == 3


def test_what_is_done_with_is_deleted_after_its_time(look_after, deliver, settings, frozen):
    settings.MESSAGE_RETENTION_DAYS = 30
    deliver("app/uninstalled", {})
    deliver("never/heard", {})
    deliver("products/delete", {})
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=NOW)
    frozen(NOW + timedelta(days=30))
    look_after(1)
    # The task is past its day, the messages are not past theirs.
    assert (DBTaskResult.objects.count(), len(states())) == (1, 3)
    frozen(NOW + timedelta(days=30, seconds=1))
    look_after(1)
    assert states() == ["set_aside"]


def test_a_database_out_of_reach_is_told_once_and_asked_again(look_after, monkeypatch):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr(inbox, "ring", fail)
    assert look_after(2) == (
        [60, 60],
        [
            "The worker fails at looking for messages that wait: "
            "the database cannot be reached: gone"
        ],
    )


def test_the_end_of_input_is_a_wish_to_stop(monkeypatch):
    sent = []
    monkeypatch.setattr(worker.os, "kill", lambda *given: sent.append(given))
    monkeypatch.setattr(worker.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"words\n")))
    worker.Command().stop_with_input()
    assert sent == [(os.getpid(), signal.SIGTERM)]


def test_an_input_that_cannot_be_read_is_nobody(monkeypatch):
    sent = []
    monkeypatch.setattr(worker.os, "kill", lambda *given: sent.append(given))
    monkeypatch.setattr(worker.sys, "stdin", None)
    with pytest.raises(AttributeError):
        worker.Command().stop_with_input()
    assert sent == [(os.getpid(), signal.SIGTERM)]


@pytest.mark.slow
def test_a_worker_stops_when_its_input_ends():
    command = ("manage.py", "worker", "--interval", "0.1", "--until-input-ends")
    with (
        database() as environment,
        start(*command, environment=environment, stdin=subprocess.PIPE) as process,
    ):
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=3)
            process.stdin.close()
            assert process.wait(timeout=DEADLINE_SECONDS) == 0
        finally:
            process.kill()
