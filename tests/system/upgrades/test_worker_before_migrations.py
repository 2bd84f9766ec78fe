"""A worker before the migrations: it waits, nothing fails, and it works once they are run."""

import logging
import signal
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection

from downloads import upgrades
from downloads.models import Message
from downloads.upgrades import pending_migrations
from storefront.inbox import apply_messages
from storefront.management import loops
from storefront.management.commands import worker
from storefront.management.loops import Loops
from tests.system.harness.processes import until

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,  # each says in its own words what is missing
]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)


@pytest.fixture
def _own_signals():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_own_signals")
def test_it_waits_and_goes_on_once_migrated(behind, deliver, caplog, monkeypatch):
    deliver("app/uninstalled", {}, is_applied=False)
    waited = threading.Event()
    begun = []

    class Waits(threading.Event):
        def wait(self, timeout=None):
            waited.set()
            return super().wait(0.01)

    command = worker.Command()
    command.is_stopping = Waits()
    monkeypatch.setattr(command, "begin", lambda loop, *, name: begun.append(name) or Done())
    monkeypatch.setattr(command, "own_worker", lambda **options: Done())
    monkeypatch.setattr(command, "work", lambda *given, **options: begun.append("work"))

    def work():
        options = {"batch": False, "reload": False, "until_input_ends": False, "interval": 0}
        command.handle(worker_id="it", **options)
        connection.close()

    going = threading.Thread(target=work)
    with behind():
        going.start()
        assert waited.wait(60)
        assert begun == []
    going.join(60)
    assert (begun[:3], begun[-1]) == (["life", "sweep", "figures"], "work")
    told = [r.getMessage() for r in caplog.records if r.name == upgrades.__name__]
    assert told == [f"{upgrades.PENDING}; {upgrades.MEANWHILE}", upgrades.DONE]
    assert [
        r for r in caplog.records if r.levelno >= logging.ERROR and r.name == loops.__name__
    ] == []


class Done:
    """A worker, or a thread, that has nothing to do."""

    def configure_signals(self):
        pass

    def join(self, timeout=None):
        pass


def test_one_that_was_asked_to_stop_waits_no_longer(behind):
    command = worker.Command()
    command.is_stopping.set()
    with behind():
        pending_migrations.reopen()
        command.wait_for_migrations()


@pytest.mark.slow
def test_each_loop_waits_at_each_round(behind, monkeypatch):
    """Also one that goes on while an earlier database is put under it."""
    command = worker.Command()
    done = []
    monkeypatch.setattr(command, "beat", lambda: done.append("beat"))
    monkeypatch.setattr(worker.sender, "send_due", lambda **given: done.append("mail"))
    monkeypatch.setattr(worker, "CHORES", {"chore": lambda at: done.append("chore")})
    monkeypatch.setattr(worker, "RARE_CHORES", {})
    monkeypatch.setattr(worker, "ASK_AGAIN_SECONDS", 0.01)
    with behind():
        pending_migrations.reopen()
        going = command.begin_mail(60)
        going += command.begin_all({"life": command.side_works(interval=60)["life"]})
        for each in going:
            each.join(0.5)
        assert done == []
    until(lambda: sorted(set(done)) == ["beat", "mail"], "the loops do not go on")
    command.is_stopping.set()
    for each in going:
        each.join(60)


@pytest.mark.usefixtures("_own_signals")
def test_one_that_is_to_come_back_says_what_to_run(behind):
    with behind(), pytest.raises(CommandError, match=r"behind the code: run manage\.py migrate\.$"):
        call_command("worker", batch=True, startup_delay=False, interval=0)


def test_a_message_loses_no_attempt_by_it(behind, deliver, monkeypatch):
    deliver("app/uninstalled", {}, is_applied=False)

    def missing(message):
        with connection.cursor() as cursor:
            cursor.execute("SELECT valid_until FROM downloads_delivery")

    monkeypatch.setattr("storefront.inbox._apply", missing)
    with behind(), pytest.raises((OperationalError, ProgrammingError)):
        apply_messages.call()
    message = Message.objects.get()
    assert (message.state, message.attempts, message.error) == ("waiting", 0, "")


def test_a_loop_tells_of_it_in_one_line(behind, caplog):
    ours = Loops()
    with behind():
        for _round in range(2):
            with ours.surviving("sending mail"), connection.cursor() as cursor:
                cursor.execute("SELECT valid_until FROM downloads_delivery")
    told = [r.getMessage() for r in caplog.records if r.name == loops.__name__]
    assert len(told) == 1
    assert told[0].startswith("The worker fails at sending mail: the database waits for its migr")
    assert "Traceback" not in told[0]
    assert ours.failing()[0] == "sending mail (the database waits for its migrations)"
