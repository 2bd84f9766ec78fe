"""`manage.py tidy`: delete what is past its retention, and files that no row names."""

import logging
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from downloads.audit.actors import UNNAMED, acting
from storefront.management.orphans import DoubtfulOrphans
from storefront.management.tidying import Budget, Job, Progress, jobs

PROGRESS_SECONDS = 10
STATUS_OF_STOPPED = 130
STOPPED = "Stopped. What was deleted is deleted; the next run goes on."
MORE = "more is left for the next run"
FAULTS = (DatabaseError, InterfaceError, OSError, NotImplementedError, DoubtfulOrphans)

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Delete what is past its retention, and files that no row names. The worker does the same "
        "every hour. What is stopped in the middle goes on with the next run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be deleted, and delete nothing"
        )
        parser.add_argument(
            "--all",
            action="store_true",
            help="go on until nothing is left, in place of TIDY_MAX_ROWS and TIDY_MAX_SECONDS",
        )
        parser.add_argument(
            "--all-orphans",
            action="store_true",
            help="delete files that no row names also where they are more than those with a row",
        )

    @acting(UNNAMED)
    def handle(self, *, dry_run: bool, all_orphans: bool, **options: Any) -> None:
        at = timezone.now()
        budget = Budget(rows=2**63, seconds=float("inf")) if options["all"] else Budget()
        failed = []
        try:
            for job in jobs(all_orphans=all_orphans):
                try:
                    text = self.look(job, at=at) if dry_run else self.do(job, at=at, budget=budget)
                except FAULTS as error:
                    failed.append(job.words)
                    text = str(error)
                    logger.debug("Tidying up %s failed", job.words, exc_info=True)
                self.stdout.write(f"{job.words}: {text}")
        except KeyboardInterrupt:
            raise CommandError(STOPPED, returncode=STATUS_OF_STOPPED) from None
        if failed:
            raise CommandError(f"Not tidied up, for the reasons above: {', '.join(failed)}.")

    def look(self, job: Job, *, at: datetime) -> str:
        """Say what would go."""
        due = job.due(at=at)
        since = f", the oldest of {timezone.localtime(due.oldest):%Y-%m-%d}" if due.oldest else ""
        return f"{due.count:,} would be deleted{since}"

    def do(self, job: Job, *, at: datetime, budget: Budget) -> str:
        """Delete what is past its time; say how much that was."""
        tidied = job.do(at=at, budget=budget, progress=self.progress_of(job))
        return f"{tidied.count:,} deleted" + ("" if tidied.is_over else f"; {MORE}")

    def progress_of(self, job: Job) -> Progress:
        """Return what tells how far a job is, every few seconds."""
        told_at = time.monotonic()

        def advance(count: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= PROGRESS_SECONDS:
                told_at = time.monotonic()
                self.stderr.write(f"{job.words}: {count:,} so far")

        return advance
