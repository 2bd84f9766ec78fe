"""Days of the installation's own time zone, and which of them the ledger still tells of."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

ONE_DAY = timedelta(days=1)


def day_of(moment: datetime) -> date:
    """Return the day of a moment."""
    return timezone.localtime(moment).date()


def bounds_of(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when a day begins, and when another one ends: that moment is no part of it."""
    return _begin_of(first), _begin_of(last + ONE_DAY)


def first_day_in_ledger(at: datetime) -> date:
    """Return the first day of which every line is kept: what lies before is pruned, or may be."""
    return day_of(at - timedelta(days=settings.LEDGER_RETENTION_DAYS)) + ONE_DAY


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
