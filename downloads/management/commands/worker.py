"""`manage.py worker`: do the work that waits in the database, and look after what is stored."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django_tasks_db.management.commands import db_worker

from downloads import fulfilment
from storefront import inbox
from storefront.models import CustomerToken

TIDY_EVERY_SWEEPS = 60
KEPT_TASKS_DAYS = 1
OUTAGE_PAUSE_SECONDS = 2


class Command(db_worker.Command):
    help = (
        "Apply what shops have sent, as it comes, until stopped. Start as many as you like; "
        "one that dies loses nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--until-input-ends",
            action="store_true",
            help="stop when standard input ends, that is, with the process that started this one",
        )

    def configure_logging(self, verbosity: int) -> None:
        """Log as the settings say, like every other process of ours."""

    def handle(self, **options: Any) -> None:
        if options.pop("until_input_ends"):
            threading.Thread(target=self.stop_with_input, name="input", daemon=True).start()
        if options["batch"]:
            inbox.ring()
            super().handle(**options)
        else:
            threading.Thread(target=self.look_after, name="sweep", daemon=True).start()
            self.work_through_outages(**options)

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

    def tidy(self) -> None:
        """Delete what is done with, each after its time, and sum up the ledger."""
        call_command("prune_db_task_results", min_age_days=KEPT_TASKS_DAYS, verbosity=0)
        fulfilment.forget_applied(at=timezone.now())
        fulfilment.prune_ledger(at=timezone.now())
        fulfilment.forget_unconfirmed(at=timezone.now())
        CustomerToken.objects.forget_ended(timezone.now())

    def tell_outage(self, error: Exception) -> None:
        self.stderr.write(f"The database cannot be reached: {error}")
