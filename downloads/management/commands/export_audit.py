"""`manage.py export_audit`: the audit trail, for keeping or for other programs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from downloads.audit.export import FORMS
from downloads.management.arguments import read_time, require_shop
from downloads.models import AuditEntry


class Command(BaseCommand):
    help = "Write the audit trail to the standard output, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", metavar="DOMAIN", help="this shop's alone")
        parser.add_argument("--since", metavar="TIME", help="like 2026-11-22 or 2026-11-22T09:30")
        parser.add_argument("--format", choices=sorted(FORMS), default="csv", help="csv")

    def handle(self, *, shop: str | None, since: str | None, format: str, **options: Any) -> None:
        entries = AuditEntry.objects.order_by("at", "pk")
        if shop is not None:
            entries = entries.filter(shop=require_shop(shop))
        if since is not None:
            at = read_time(since)
            if at is None:
                raise CommandError(
                    f"--since: {since!r} is no time. Enter one like 2026-11-22T09:30."
                )
            entries = entries.filter(at__gte=at)
        for line in FORMS[format](entries):
            self.stdout.write(line, ending="")
