"""`manage.py worker`: do the work that waits in the database, and look after what is stored."""

import os
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone
from django_tasks_db.management.commands import db_worker

from downloads import fulfilment
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


class Command(db_worker.Command):
    help = (
        "Apply what shops have sent, as it comes, until stopped. Start as many as you like; "
        "one that dies loses nothing."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = threading.Event()
        self.loops = Loops()
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
        self.begin(self.show_life, name="life")
        self.begin(self.look_after, name="sweep")
        self.begin(partial(self.ask_platforms, **options), name="platforms")
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

    def begin_mail(self, every: float) -> list[threading.Thread]:
        """Send mail over as many connections at once as are set, each with mails of its own."""
        return [
            self.begin(
                partial(self.send_mail, every, connection=number),
                name="mail" if number == 1 else f"mail {number}",
            )
            for number in range(1, settings.MAIL_CONNECTIONS + 1)
        ]

    def do_all_once(self, **options: Any) -> None:
        """Do what waits and come back; an error ends it, and whoever asked is told."""
        self.beat()
        inbox.ring()
        super().handle(**options)
        self.platform_worker(**options).run()
        sender.send_due()
        self.beat()

    def work(self, worker: QueueWorker, **options: Any) -> None:
        """Work until stopped; no error ends it."""
        if options["reload"]:
            super().handle(**options)
            return
        while True:
            self.wait_for_migrations()
            pause = OUTAGE_PAUSE_SECONDS
            # SystemExit is the wish to stop.
            with self.loops.surviving("working off what waits", errors=Exception):
                worker.run()
                pause = options["interval"]
            if worker.is_done:
                return
            time.sleep(pause)

    def stop_with_input(self) -> None:
        """Ask for a stop, as a service manager would, once nobody is there any more."""
        try:
            while sys.stdin.buffer.read(1):
                pass
        # Also where nothing can be read: there is nobody.
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def show_life(self) -> None:
        """Tell from time to time that this process lives, and what it fails at."""
        while not self.is_stopping.is_set():
            self.wait_for_migrations()
            with self.loops.surviving("telling that it lives"):
                self.beat()
            self.is_stopping.wait(min(BEAT_SECONDS, settings.WORKER_SILENT_SECONDS / 3))

    def beat(self) -> None:
        failing, since = self.loops.failing()
        fulfilment.beat(self.worker_id, at=timezone.now(), failing=failing, failing_since=since)

    def look_after(self) -> None:
        """Ring, weigh and tidy at the start and from time to time."""
        pause = threading.Event()
        rounds = 0
        while True:
            self.wait_for_migrations()
            chores = CHORES if rounds % TIDY_EVERY_SWEEPS else CHORES | RARE_CHORES
            for deed, chore in chores.items():
                with self.loops.surviving(deed):
                    chore(timezone.now())
            rounds += 1
            pause.wait(settings.MESSAGE_SWEEP_SECONDS)

    def ask_platforms(self, **options: Any) -> None:
        """Reconcile beside everything else: a platform may be slow, or asks us to be."""
        worker = self.platform_worker(**options)
        while not self.is_stopping.is_set():
            self.wait_for_migrations()
            pause = OUTAGE_PAUSE_SECONDS
            with self.loops.surviving("asking the platforms of shops"):
                worker.run()
                pause = options["interval"]
            self.is_stopping.wait(pause)

    def send_mail(self, every: float, *, connection: int = 1) -> None:
        """Send mail as it is written down, beside everything else: a mail server may be slow."""
        deed = "sending mail" if connection == 1 else f"sending mail by connection {connection}"
        while not self.is_stopping.is_set():
            self.wait_for_migrations()
            pause: float = OUTAGE_PAUSE_SECONDS
            with self.loops.surviving(deed):
                goes_on = sender.send_due(until=self.is_stopping.is_set)
                pause = every if goes_on else settings.MAIL_RETRY_SECONDS
            self.is_stopping.wait(pause)

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
