"""`manage.py rebuild_figures`: count the figures of the start page anew, from the ledger."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from downloads import figures

EVERY = 25


class Command(BaseCommand):
    help = (
        "Count the figures of every day anew from orders and ledger. Days whose ledger is past "
        "LEDGER_RETENTION_DAYS keep their downloads. A worker may go on meanwhile."
    )

    def handle(self, **options: Any) -> None:
        def show(done: int, of: int) -> None:
            if done and (done % EVERY == 0 or done == of):
                self.stderr.write(f"{done} of {of} days")

        days = figures.rebuild(at=timezone.now(), progress=show)
        self.stdout.write(f"The figures of {days} days were counted.")
