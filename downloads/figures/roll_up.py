"""Roll up the figures by day: find the days on which something happened, and count each anew.

A day is counted whole, never added to, so that doing it twice changes nothing. What commits late
is not lost: the days of the last `HORIZON` are looked for again in every turn, whatever order
transactions end in, and each day that the ledger still tells of is counted once a day besides. So
also what no line tells of is found: an order deleted by hand, one placed on another day.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from downloads.figures.buyers import count_buyers
from downloads.figures.counting import count_day
from downloads.figures.days import ONE_DAY, day_of, first_day_in_ledger, zones
from downloads.models import CountedDay, DailyFigures, DownloadEvent, FigureClock, Order

# No transaction of ours stays open for so long, and no two clocks differ by as much.
HORIZON = timedelta(minutes=10)
# No answer goes on for longer.
LONGEST_ANSWER_DAYS = 366


def roll_up(*, at: datetime) -> bool:
    """Count what happened since the last turn; return whether nothing is left to count.

    Today is counted in every turn, if anything happened. The others until `FIGURES_TURN_SECONDS`
    are over, at least one, and the next turn goes on: first what was never counted, the newest day
    first, then what was counted longest ago.
    """
    end = time.monotonic() + settings.FIGURES_TURN_SECONDS
    _find_stale(at)
    stale = CountedDay.objects.filter(is_stale=True)
    longest_ago = F("counted_at").asc(nulls_first=True)
    today = day_of(at)
    if stale.filter(day=today).exists():
        count_day(today, at=at, is_forced=False)
    for day in list(stale.order_by(longest_ago, "-day").values_list("day", flat=True)):
        count_day(day, at=at, is_forced=False)
        if time.monotonic() >= end:
            break
    else:
        _count_longest_ago(at)
        count_buyers(at=at)
    is_all = not stale.exists()
    if is_all:
        FigureClock.objects.update(as_of=at)
    return is_all


def rebuild(*, at: datetime, progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Count every day anew; return how many. `progress` is called with the days done, and all."""
    _find_stale(at)
    known = DailyFigures.objects.order_by().values_list("day", flat=True).distinct()
    _mark({*_days_of_orders(0), *_days_of_lines(None), *known})
    days = list(CountedDay.objects.order_by("-day").values_list("day", flat=True))
    for done, day in enumerate(days):
        progress(done, len(days))
        count_day(day, at=at)
    count_buyers(at=at, is_forced=True)
    FigureClock.objects.update(as_of=at)
    progress(len(days), len(days))
    return len(days)


@transaction.atomic
def _find_stale(at: datetime) -> None:
    """Mark the days on which something happened, and note how far was looked."""
    clock = FigureClock.objects.select_for_update().order_by("pk").first()
    if clock is None:
        _mark({*_days_of_orders(0), *_days_of_lines(None)})
        FigureClock.objects.create(
            pk=1,
            seen_until=at,
            settled_order=_newest_order(Order.objects.filter(created_at__lte=at - HORIZON)),
            next_order=_newest_order(Order.objects.all()),
            next_at=at,
        )
        return
    _mark({*_days_of_orders(clock.settled_order), *_days_of_lines(clock.seen_until - HORIZON)})
    if clock.next_at <= at - HORIZON:
        clock.settled_order = clock.next_order
        clock.next_order = _newest_order(Order.objects.all())
        clock.next_at = at
    clock.seen_until = max(at, clock.seen_until)
    clock.save()


def _mark(days: Iterable[date]) -> None:
    # A day of the installation's zone goes over into two of another one.
    is_one_zone = set(zones()) <= {timezone.get_default_timezone()}
    around = (0,) if is_one_zone else (-1, 0, 1)
    wanted = {day + number * ONE_DAY for day in days for number in around}
    rows = CountedDay.objects.filter(day__in=wanted)
    known = set(rows.values_list("day", flat=True))
    rows.filter(is_stale=False).update(is_stale=True)
    CountedDay.objects.bulk_create(
        [CountedDay(day=day) for day in sorted(wanted - known)], ignore_conflicts=True
    )


def _days_of_orders(settled: int) -> set[date]:
    """Return the days on which the orders were placed that came since, whenever they came."""
    newer = Order.objects.filter(pk__gt=settled).order_by()
    return set(newer.values_list(_day("placed_at"), flat=True).distinct())


def _days_of_lines(since: datetime | None) -> set[date]:
    """Return the days of the ledger's lines since then.

    The line of what an answer sends moves on with it: each day it may have stood on counts.
    """
    lines = DownloadEvent.objects.exclude(kind=DownloadEvent.Kind.CARRIED).order_by()
    if since is not None:
        lines = lines.filter(at__gte=since)
    days = set()
    pairs = lines.values_list(_day("at"), _day("delivery__opened_at")).distinct()
    for last, first in pairs:
        days.add(last)
        if first is not None and since is not None:
            spanned = min((last - first).days, LONGEST_ANSWER_DAYS)
            days |= {last - number * ONE_DAY for number in range(spanned + 1)}
    return days


def _day(column: str) -> TruncDate:
    return TruncDate(column, tzinfo=timezone.get_default_timezone())


def _newest_order(orders: QuerySet[Order]) -> int:
    return orders.aggregate(newest=Max("pk"))["newest"] or 0


def _count_longest_ago(at: datetime) -> None:
    """Count that day again which was not counted for the longest time, if for a day or more."""
    rows = CountedDay.objects.filter(day__gte=first_day_in_ledger(at), counted_at__lte=at - ONE_DAY)
    day = rows.order_by("counted_at", "day").values_list("day", flat=True).first()
    if day is not None:
        count_day(day, at=at)
