"""Queries of the figures by day: sums of rows that their reader may see."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Sum

from downloads.models import AssetFigures, DailyFigures, FigureClock


@dataclass(frozen=True)
class DayFigures:
    """What happened on a day."""

    day: date
    orders: int = 0
    downloads: int = 0
    sent_bytes: int = 0


@dataclass(frozen=True)
class FetchedAsset:
    """How often an asset was downloaded in a period; `size_bytes` is null for a link."""

    number: Any
    title: str
    size_bytes: int | None
    downloads: int
    sent_bytes: int


def figures_by_day(
    rows: QuerySet[DailyFigures], *, first: date, last: date
) -> dict[date, DayFigures]:
    """Return the figures of each day on which anything happened. One query."""
    names = ("orders", "downloads", "sent_bytes")
    days: Any = (
        rows.filter(day__gte=first, day__lte=last)
        .order_by()
        .values_list("day")
        .annotate(**{f"all_{name}": Sum(name) for name in names})
    )
    return {day: DayFigures(day, *counts) for day, *counts in days}


def most_fetched(
    rows: QuerySet[AssetFigures], *, first: date, last: date, at_most: int | None
) -> list[FetchedAsset]:
    """Return the assets that were downloaded most often in a period. One query."""
    fetched: Any = (
        rows.filter(day__gte=first, day__lte=last)
        .order_by()
        .values_list("asset", "asset__title", "asset__link", "asset__size_bytes")
        .annotate(all_downloads=Sum("downloads"), all_bytes=Sum("sent_bytes"))
        .filter(all_downloads__gt=0)
        .order_by("-all_downloads", F("all_bytes").desc(), "asset__title", "asset")
    )
    return [
        FetchedAsset(number, title, None if link else size, downloads, sent)
        for number, title, link, size, downloads, sent in fetched[:at_most]
    ]


def clock_readings() -> QuerySet[Any, Any]:
    """Return as of when the figures are, for a subquery."""
    return FigureClock.objects.order_by("pk").values("as_of")[:1]
