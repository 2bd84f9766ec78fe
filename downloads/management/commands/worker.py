"""`manage.py worker`: do the work that waits in the database, and look after what is stored."""

import logging
import os
import signal
import sys
import threading
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django_tasks_db.management.commands import db_worker

from downloads import fulfilment
from downloads.actors import UNNAMED, acting
from storefront import inbox, post, reconciling
from storefront.models import CustomerToken
from storefront.staff import sessions

TIDY_EVERY_SWEEPS = 60
KEPT_TASKS_DAYS = 1
OUTAGE_PAUSE_SECONDS = 2

logger = logging.getLogger(__name__)


class Command(db_worker.Command):
    help = (
        "Apply what shops have sent, as it comes, until stopped. Start as many as you like; "
        "one that dies loses nothing."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = threading.Event()

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
        if options.pop("until_input_ends"):
            threading.Thread(target=self.stop_with_input, name="input", daemon=True).start()
        if options["batch"]:
            inbox.ring()
            super().handle(**options)
            self.platform_worker(**options).run()
            post.send_due()
        else:
            threading.Thread(target=self.look_after, name="sweep", daemon=True).start()
            ask = partial(self.ask_platforms, **options)
            threading.Thread(target=ask, name="platforms", daemon=True).start()
            every = options["interval"]
            mail = threading.Thread(target=self.send_mail, args=[every], name="mail", daemon=True)
            mail.start()
            try:
                self.work_through_outages(**options)
            # A signal to one that has nothing else to do comes as SystemExit.
            finally:
                # Nobody could tell whether a mail was sent that is cut off here.
                self.is_stopping.set()
                mail.join(timeout=settings.MAIL_TIMEOUT_SECONDS)

    def work_through_outages(self, **options: Any) -> None:
        """Work until stopped; when the database is gone, wait a little and go on."""
        pause = threading.Event()
        while True:
            try:
                super().handle(**options)
            except (OperationalError, InterfaceError) as error:
                self.tell_outage(error)
            else:
                return
            pause.wait(OUTAGE_PAUSE_SECONDS)

    def stop_with_input(self) -> None:
        """Ask for a stop, as a service manager would, once nobody is there any more."""
        while sys.stdin.buffer.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    def look_after(self) -> None:
        """Ring, weigh and tidy at the start and from time to time.

        A bell may have been lost with its worker, and a download with its process.
        """
        pause = threading.Event()
        rounds = 0
        while True:
            try:
                inbox.ring()
                fulfilment.weigh_deliveries(at=timezone.now())
                if rounds % TIDY_EVERY_SWEEPS == 0:
                    self.tidy()
            except DatabaseFault as error:
                self.tell_outage(error)
            finally:
                close_old_connections()
            rounds += 1
            pause.wait(settings.MESSAGE_SWEEP_SECONDS)

    def ask_platforms(self, **options: Any) -> None:
        """Reconcile beside everything else: a platform may be slow, or asks us to be."""
        while not self.is_stopping.is_set():
            try:
                self.platform_worker(**options).run()
            except (OperationalError, InterfaceError) as error:
                self.tell_outage(error)
            finally:
                close_old_connections()
            self.is_stopping.wait(OUTAGE_PAUSE_SECONDS)

    def platform_worker(
        self, *, interval: float, batch: bool, backend_name: str, worker_id: str, **options: Any
    ) -> db_worker.Worker:
        """Return who does the work of the platforms' own queue."""
        return db_worker.Worker(
            queue_names=[reconciling.QUEUE],
            excluded_queue_names=[],
            interval=interval,
            batch=batch,
            backend_name=backend_name,
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_id,
        )

    def send_mail(self, every: float) -> None:
        """Send mail as it is written down, beside everything else: a mail server may be slow."""
        while not self.is_stopping.is_set():
            goes_on = True
            try:
                goes_on = post.send_due(until=self.is_stopping.is_set)
            except DatabaseFault as error:
                self.tell_outage(error)
            # Whatever it was, it is not to end this thread: no mail would go, and nobody know.
            except Exception:
                logger.exception("Mail could not be sent")
            finally:
                close_old_connections()
            self.is_stopping.wait(every if goes_on else settings.MAIL_RETRY_SECONDS)

    def tidy(self) -> None:
        """Delete what is done with, each after its time, and sum up the ledger."""
        call_command("prune_db_task_results", min_age_days=KEPT_TASKS_DAYS, verbosity=0)
        fulfilment.forget_applied(at=timezone.now())
        fulfilment.prune_ledger(at=timezone.now())
        fulfilment.forget_unconfirmed(at=timezone.now())
        fulfilment.forget_mails(at=timezone.now())
        CustomerToken.objects.forget_ended(timezone.now())
        sessions.forget_ended(timezone.now())

    def tell_outage(self, error: Exception) -> None:
        self.stderr.write(f"The database cannot be reached: {error}")
