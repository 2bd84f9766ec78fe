"""Count the buyers of each shop in the periods of the start page: people are no sum of days."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression, Value
from django.db.models.functions import Coalesce

from downloads.figures.days import ONE_DAY, bounds_of, day_of, zones
from downloads.models import BuyerFigures, Grant, Order

# A period's length in days → how old its count may become, in seconds. A long one is the dearest
# to count, and a minute changes it least.
PERIODS = {1: 0, 7: 0, 30: 0, 90: 300, 365: 900}


def period(days: int, *, today: date, is_earlier: bool = False) -> tuple[date, date]:
    """Return the first and the last day of a period that ends today, or of the one before it."""
    last = today - days * ONE_DAY if is_earlier else today
    return last - (days - 1) * ONE_DAY, last


def count_buyers(*, at: datetime, is_forced: bool = False) -> None:
    """Count the buyers of all shops in each period whose count has become too old."""
    counted = dict(
        BuyerFigures.objects.order_by().values_list("days").annotate(oldest=Min("counted_at"))
    )
    for days, seconds in PERIODS.items():
        earliest = at - timedelta(seconds=seconds)
        before = counted.get(days)
        is_of_today = before is not None and day_of(before) == day_of(at)
        if is_forced or not is_of_today or before is None or before <= earliest:
            _count_period(days, at=at)


def _count_period(days: int, *, at: datetime) -> None:
    rows = []
    for zone, names in zones().items():
        for is_earlier in (False, True):
            first, last = period(days, today=day_of(at, zone), is_earlier=is_earlier)
            begin, end = bounds_of(first, last, zone)
            placed = Order.objects.filter(placed_at__gte=begin, placed_at__lt=end)
            rows += [
                BuyerFigures(days=days, is_earlier=is_earlier, counted_at=at, **counts)
                for counts in _counts(placed.filter(shop__time_zone__in=names))
            ]
    with transaction.atomic():
        BuyerFigures.objects.filter(days=days).delete()
        BuyerFigures.objects.bulk_create(rows, ignore_conflicts=True)


def _counts(orders: QuerySet[Order]) -> Iterable[dict[str, Any]]:
    fetched = Grant.objects.downloaded().filter(order=OuterRef("pk"))
    # An order without a customer is a buyer of its own.
    nobody = CombinedExpression(Value(0), "-", F("pk"), output_field=BigIntegerField())
    counts: Any = (
        orders.order_by()
        .annotate(
            buyer=Coalesce("customer__person", "customer", nobody, output_field=BigIntegerField()),
            has_fetched=Exists(fetched),
        )
        .values("shop_id")
        .annotate(
            buyers=Count("buyer", distinct=True),
            downloaded=Count("buyer", distinct=True, filter=Q(has_fetched=True)),
        )
    )
    return counts
