"""The figures of a period as CSV: by day, and by file."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from downloads import lookups
from downloads.figures.days import ONE_DAY
from downloads.lookups import DayFigures
from downloads.models import AssetFigures, Mail
from downloads.spreadsheets import csv_line
from storefront.staff.roles import rows_where
from storefront.staff.start.figures import EVENTS, MAILS, ORDERS, days_of
from storefront.staff.start.periods import Period, period_of

DAYS_HEAD = ("day", "orders", "downloads", "sent_bytes", "mails_failed")
FILES_HEAD = ("file_or_link", "downloads", "sent_bytes")


@require_safe
def days_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Answer with the figures of each day of a period."""
    period = _require(request, ORDERS, EVENTS)
    user: Any = request.user
    days = days_of(user, since=period.first, until=period.today)
    failed = _failed(user, period)
    return _file("days", period, DAYS_HEAD, _day_rows(period, days, failed))


@require_safe
def files_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Answer with how often each file and link was fetched in a period."""
    period = _require(request, EVENTS)
    fetched = lookups.most_fetched(
        rows_where(AssetFigures.objects.all(), request.user, EVENTS),
        first=period.first,
        last=period.today,
        at_most=None,
    )
    rows = ([each.title, str(each.downloads), str(each.sent_bytes)] for each in fetched)
    return _file("files", period, FILES_HEAD, rows)


def _require(request: HttpRequest, *permissions: str) -> Period:
    if not all(request.user.has_perm(each) for each in permissions):
        raise PermissionDenied
    return period_of(request, at=timezone.now())


def _failed(user: Any, period: Period) -> dict[date, int]:
    begin, end = period.bounds()
    failed = Mail.objects.failed().filter(created_at__gte=begin, created_at__lt=end).order_by()
    by_day: Any = rows_where(failed, user, MAILS).values_list(TruncDate("created_at"))
    return dict(by_day.annotate(amount=Count("pk")))


def _day_rows(
    period: Period, days: dict[date, DayFigures], failed: dict[date, int]
) -> Iterator[list[str]]:
    for number in range(period.days):
        day = period.first + number * ONE_DAY
        row = days.get(day, DayFigures(day))
        counts = (row.orders, row.downloads, row.sent_bytes, failed.get(day, 0))
        yield [day.isoformat(), *map(str, counts)]


def _file(
    name: str, period: Period, head: Iterable[str], rows: Iterable[list[str]]
) -> StreamingHttpResponse:
    file_name = f"{name}-{period.first:%Y-%m-%d}-{period.today:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        (csv_line(row) for row in [list(head), *rows]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
