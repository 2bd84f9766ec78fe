"""Queries of what staff are told by mail: downloads used up, the figures of a week."""

from dataclasses import dataclass
from datetime import date, datetime

from downloads.figures.days import ONE_DAY, week_before, zone_of
from downloads.lookups.figures import DayFigures, FetchedAsset, figures_by_day, most_fetched
from downloads.models import AssetFigures, DailyFigures, DownloadEvent, Grant, Mail

MOST_FETCHED = 5


@dataclass(frozen=True)
class Week:
    """A week's figures beside those of the week before it, and what was fetched most."""

    first: date
    last: date
    now: DayFigures
    before: DayFigures
    fetched: list[FetchedAsset]


def used_up_for_mail(mail: Mail, *, at: datetime) -> list[Grant]:
    """Return the downloads that a mail tells of, the newest first, with order and asset."""
    earlier = Mail.objects.filter(
        shop=mail.shop_id, kind=Mail.Kind.USED_UP, created_at__lt=mail.created_at
    )
    told_at = earlier.order_by("-created_at").values_list("created_at", flat=True).first()
    since, until = DownloadEvent.news_window(told_at, mail.created_at)
    lines = DownloadEvent.objects.that_used_up(at).filter(at__gt=since, at__lte=until)
    grants = Grant.objects.filter(order__shop=mail.shop_id, pk__in=lines.values("grant"))
    return list(grants.select_related("order", "asset").order_by("-order__placed_at", "-pk"))


def week_for_mail(mail: Mail) -> Week:
    """Return the figures of the week before a mail was written. Three queries."""
    first, last = week_before(mail.created_at, zone_of(mail.shop))
    rows = DailyFigures.objects.filter(shop=mail.shop_id)
    now = figures_by_day(rows, first=first, last=last)
    earlier = figures_by_day(rows, first=first - 7 * ONE_DAY, last=first - ONE_DAY)
    assets = AssetFigures.objects.filter(shop=mail.shop_id)
    fetched = most_fetched(assets, first=first, last=last, at_most=MOST_FETCHED)
    return Week(first, last, _sum(first, now), _sum(first, earlier), fetched)


def _sum(first: date, days: dict[date, DayFigures]) -> DayFigures:
    rows = days.values()
    return DayFigures(
        first,
        orders=sum(row.orders for row in rows),
        downloads=sum(row.downloads for row in rows),
        sent_bytes=sum(row.sent_bytes for row in rows),
    )
