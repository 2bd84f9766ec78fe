"""`manage.py export_audit`: the audit trail, for keeping or for other programs."""

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from downloads import lookups
from downloads.audit.export import FORMS
from downloads.errors import NotFound
from downloads.models import AuditEntry


class Command(BaseCommand):
    help = "Write the audit trail to the standard output, oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", metavar="DOMAIN", help="this shop's alone")
        parser.add_argument("--since", metavar="TIME", help="like 2026-11-22 or 2026-11-22T09:30")
        parser.add_argument("--format", choices=sorted(FORMS), default="csv", help="csv")

    def handle(self, *, shop: str | None, since: str | None, format: str, **options: Any) -> None:
        entries = AuditEntry.objects.order_by("at", "pk")
        try:
            if shop is not None:
                entries = entries.filter(shop=lookups.shop_of_domain(shop))
        except NotFound as error:
            raise CommandError(str(error)) from None
        if since is not None:
            entries = entries.filter(at__gte=_moment(since))
        for line in FORMS[format](entries):
            self.stdout.write(line, ending="")


def _moment(text: str) -> datetime:
    """Read a day or a moment; one without a zone is meant in TIME_ZONE."""
    try:
        day = parse_date(text)
        at = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(f"--since: {text!r} is no time. Enter one like 2026-11-22T09:30.")
    return timezone.make_aware(at) if timezone.is_naive(at) else at
