"""Days of each shop's own time zone, and which of them the ledger still tells of."""

from datetime import date, datetime, time, timedelta, tzinfo

from django.conf import settings
from django.utils import timezone

from downloads.models import Shop
from downloads.time_zones import zone_named

ONE_DAY = timedelta(days=1)


def day_of(moment: datetime, zone: tzinfo | None = None) -> date:
    """Return the day of a moment; of the installation's zone unless another is named."""
    return moment.astimezone(zone or timezone.get_default_timezone()).date()


def bounds_of(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins, and when another one ends: that moment is no part of it."""
    return _begin_of(first, zone), _begin_of(last + ONE_DAY, zone)


def zone_of(shop: Shop) -> tzinfo:
    """Return the time zone of a shop."""
    return zone_named(shop.time_zone) or timezone.get_default_timezone()


def week_before(moment: datetime, zone: tzinfo) -> tuple[date, date]:
    """Return the Monday and the Sunday of the week before that of a moment."""
    today = day_of(moment, zone)
    monday = today - (today.weekday() + 7) * ONE_DAY
    return monday, monday + 6 * ONE_DAY


def first_day_in_ledger(at: datetime) -> date:
    """Return the first day of which every line is kept, in whatever zone.

    What lies before is pruned, or may be.
    """
    return day_of(at - timedelta(days=settings.LEDGER_RETENTION_DAYS)) + 2 * ONE_DAY


def zones() -> dict[tzinfo, list[str]]:
    """Return the time zones of all shops, each with the names that shops have for it. One query."""
    found: dict[tzinfo, list[str]] = {}
    for name in Shop.objects.order_by().values_list("time_zone", flat=True).distinct():
        found.setdefault(zone_named(name) or timezone.get_default_timezone(), []).append(name)
    return found


def _begin_of(day: date, zone: tzinfo) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()), zone)
