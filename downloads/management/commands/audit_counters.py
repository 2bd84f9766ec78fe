"""`manage.py audit_counters`: compare every download counter with its ledger."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from downloads.lookups import ledger
from downloads.management.arguments import require_shop


class Command(BaseCommand):
    help = (
        "Hold every counter of downloads against its ledger and name those that differ. Nothing "
        "is changed, and downloads may go on meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", metavar="DOMAIN", help="this shop's alone")

    def handle(self, *, shop: str | None, **options: Any) -> None:
        audited = None if shop is None else require_shop(shop)
        off = ledger.counters_off(audited)
        for counter in off:
            self.stderr.write(self.style.ERROR(str(counter)))
        counted = ledger.counters(audited).count()
        if off:
            raise CommandError(
                f"{len(off)} of {counted} counters differ from the ledger, named above."
            )
        self.stdout.write(f"{counted} counters agree with the ledger.")
