"""`manage.py worker`: do the work that waits in the database, and look after what is stored."""

import itertools
import os
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone
from django_tasks_db.management.commands import db_worker

from downloads import figures, fulfilment
from downloads.audit.actors import UNNAMED, acting
from downloads.upgrades import ASK_AGAIN_SECONDS, PENDING, pending_migrations
from storefront import inbox, reconciling
from storefront.mail import sender
from storefront.management.chores import CHORES, RARE_CHORES
from storefront.management.loops import Loops
from storefront.management.queues import QueueWorker

TIDY_EVERY_SWEEPS = 60
OUTAGE_PAUSE_SECONDS = 2
BEAT_SECONDS = 15
# Between two turns of what one turn is too short for: others want the database, too.
CATCH_UP_SECONDS = 2


class Work(NamedTuple):
    """A kind of work: what is done in each round, and the seconds between two.

    `do` may name the pause after a round, else it is `every`, and `retry` after an error.
    """

    deed: str
    do: Callable[[], float | None]
    every: float
    retry: float = OUTAGE_PAUSE_SECONDS


class Command(db_worker.Command):
    help = (
        "Apply what shops have sent, as it comes, until stopped. Start as many as you like; "
        "one that dies loses nothing."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = threading.Event()
        self.loops = Loops()
        self.sweeps = itertools.count()
        self.worker_id = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--until-input-ends",
            action="store_true",
            help="stop when standard input ends, that is, with the process that started this one",
        )

    def configure_logging(self, verbosity: int) -> None:
        """Log as the settings say, like every other process of ours."""

    @acting(UNNAMED)
    def handle(self, **options: Any) -> None:
        self.worker_id = options["worker_id"]
        worker = self.own_worker(**options)
        # Before anything begins: it may be asked to stop by then.
        if not (options["batch"] or options["reload"]):
            worker.configure_signals()
        if options.pop("until_input_ends"):
            self.begin(self.stop_with_input, name="input")
        pending_migrations.reopen()
        if options["batch"]:
            if pending_migrations.are_there():
                raise CommandError(f"{PENDING}.")
            self.do_all_once(**options)
            return
        self.wait_for_migrations()
        self.begin_all(self.side_works(**options))
        mail = self.begin_mail(options["interval"])
        try:
            self.work(worker, **options)
        # A signal to one that has nothing else to do comes as SystemExit.
        finally:
            # Nobody could tell whether a mail was sent that is cut off here.
            self.is_stopping.set()
            end = monotonic() + settings.MAIL_TIMEOUT_SECONDS
            for thread in mail:
                thread.join(timeout=max(0, end - monotonic()))

    def wait_for_migrations(self) -> None:
        """Return once the database is as the code needs it, or it is to stop."""
        while pending_migrations.are_there() and not self.is_stopping.is_set():
            self.is_stopping.wait(ASK_AGAIN_SECONDS)

    def begin(self, loop: Callable[[], None], *, name: str) -> threading.Thread:
        """Run a loop beside everything else."""

        def run() -> None:
            try:
                loop()
            finally:
                connections.close_all()  # this thread's alone

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def begin_all(self, works: dict[str, Work]) -> list[threading.Thread]:
        return [self.begin(partial(self.repeat, each), name=name) for name, each in works.items()]

    def begin_mail(self, every: float) -> list[threading.Thread]:
        """Send mail over as many connections at once as are set, each with mails of its own."""

        def send() -> float | None:
            goes_on = sender.send_due(until=self.is_stopping.is_set)
            return None if goes_on else settings.MAIL_RETRY_SECONDS

        works = {"mail": Work("sending mail", send, every)}
        for number in range(2, settings.MAIL_CONNECTIONS + 1):
            works[f"mail {number}"] = Work(f"sending mail by connection {number}", send, every)
        return self.begin_all(works)

    def do_all_once(self, **options: Any) -> None:
        """Do what waits and come back; an error ends it, and whoever asked is told."""
        self.beat()
        inbox.ring()
        super().handle(**options)
        self.platform_worker(**options).run()
        sender.send_due()
        figures.roll_up(at=timezone.now())
        self.beat()

    def repeat(
        self,
        work: Work,
        *,
        until: Callable[[], bool] | None = None,
        sleep: Callable[[float], object] | None = None,
        errors: type[BaseException] = BaseException,
    ) -> None:
        """Do one kind of work, round by round until asked to stop; an error ends its round alone.

        No round begins while the database waits for its migrations.
        """
        until, sleep = until or self.is_stopping.is_set, sleep or self.is_stopping.wait
        while not until():
            self.wait_for_migrations()
            pause = work.retry
            with self.loops.surviving(work.deed, errors=errors):
                pause = work.do() or work.every
            if not until():
                sleep(pause)

    def work(self, worker: QueueWorker, **options: Any) -> None:
        """Apply what shops have sent, and do what else is queued, in the main thread."""
        if options["reload"]:
            super().handle(**options)
            return
        work = Work("working off what waits", worker.run, options["interval"])
        # A signal comes as SystemExit, between any two steps: it could leave an event's lock taken.
        self.repeat(work, until=lambda: worker.is_done, sleep=time.sleep, errors=Exception)

    def side_works(self, **options: Any) -> dict[str, Work]:
        """Return what is done beside the main thread, by the name of the thread that does it."""
        beats = min(BEAT_SECONDS, settings.WORKER_SILENT_SECONDS / 3)
        return {
            "life": Work("telling that it lives", self.beat, beats, retry=beats),
            "sweep": Work("looking after things", self.do_chores, settings.MESSAGE_SWEEP_SECONDS),
            "figures": Work(
                "counting figures",
                lambda: None if figures.roll_up(at=timezone.now()) else CATCH_UP_SECONDS,
                settings.FIGURES_SECONDS,
            ),
            # One may be slow, or ask us to be.
            "platforms": Work(
                "asking the platforms of shops",
                lambda: self.platform_worker(**options).run(),
                options["interval"],
            ),
        }

    def stop_with_input(self) -> None:
        """Ask for a stop, as a service manager would, once nobody is there any more."""
        try:
            while sys.stdin.buffer.read(1):
                pass
        # Also where nothing can be read: there is nobody.
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def beat(self) -> None:
        failing, since = self.loops.failing()
        fulfilment.beat(self.worker_id, at=timezone.now(), failing=failing, failing_since=since)

    def do_chores(self) -> None:
        """Ring, weigh and, in some rounds, tidy; a chore that fails holds no other one up."""
        is_rare = next(self.sweeps) % TIDY_EVERY_SWEEPS == 0
        for deed, chore in (CHORES | RARE_CHORES if is_rare else CHORES).items():
            with self.loops.surviving(deed):
                chore(timezone.now())

    def own_worker(self, *, queue_name: str, exclude_queues: str, **options: Any) -> QueueWorker:
        """Return who does the work of the queues that were asked for."""
        if exclude_queues and "*" not in queue_name.split(","):
            raise CommandError("--exclude-queues can only be used with --queue-name=*")
        excluded = exclude_queues.split(",") if exclude_queues else []
        return self.queue_worker(
            options, queue_names=queue_name.split(","), excluded_queue_names=excluded
        )

    def platform_worker(self, **options: Any) -> QueueWorker:
        """Return who does the work of the platforms' own queue."""
        own = {"startup_delay": False, "max_tasks": None}
        queues = [reconciling.QUEUE]
        return self.queue_worker(options | own, queue_names=queues, excluded_queue_names=[])

    def queue_worker(self, options: dict[str, Any], **queues: list[str]) -> QueueWorker:
        names = ("interval", "backend_name", "startup_delay", "max_tasks", "worker_id")
        given = {name: options[name] for name in names}
        return QueueWorker(loops=self.loops, **given, **queues)
