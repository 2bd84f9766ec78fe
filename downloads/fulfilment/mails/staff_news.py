"""News by mail to staff whose shop wants them: downloads used up, the figures of the week."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from downloads.figures.days import bounds_of, day_of, week_before, zone_of
from downloads.fulfilment.mails.alerts import PAUSE, readers_of, write_to
from downloads.models import DownloadEvent, FigureClock, Mail, Shop

# In the shop's own time: nobody reads them at midnight.
FIGURES_HOUR = 6
# A Monday of one zone is a Sunday or a Tuesday of another.
SIX_DAYS = timedelta(days=6)


def tell_of_used_up(*, at: datetime) -> int:
    """Queue one mail a day and shop about downloads newly used up; return how many.

    A click writes nothing for it: the ledger is read.
    """
    is_due = Q(used_up_told_at=None) | Q(used_up_told_at__lte=at - PAUSE)
    shops = Shop.objects.filter(is_due, mails_used_up=True)
    return sum(_tell_of_used_up(shop, at=at) for shop in shops.order_by("pk"))


def tell_figures(*, at: datetime) -> int:
    """Queue the mails with last week's figures, once a week and shop; return how many.

    They wait until the worker has counted that week.
    """
    clock = FigureClock.objects.order_by("pk").first()
    if clock is None or clock.as_of is None:
        return 0
    is_due = Q(figures_told_on=None) | Q(figures_told_on__lte=day_of(at) - SIX_DAYS)
    shops = Shop.objects.filter(is_due, mails_figures=True).order_by("pk")
    return sum(_tell_figures(shop, at=at, counted_until=clock.as_of) for shop in shops)


@transaction.atomic
def _tell_of_used_up(shop: Shop, *, at: datetime) -> int:
    since, until = DownloadEvent.news_window(shop.used_up_told_at, at)
    news = DownloadEvent.objects.that_used_up(at).filter(grant__order__shop=shop)
    if not news.filter(at__gt=since, at__lte=until).exists():
        return 0
    readers = readers_of(shop)
    # Whoever comes second waits for this row, and finds that it was told.
    before = Shop.objects.filter(pk=shop.pk, used_up_told_at=shop.used_up_told_at)
    if not readers or not before.update(used_up_told_at=at):
        return 0
    return write_to(readers, shop, Mail.Kind.USED_UP, at=at)


@transaction.atomic
def _tell_figures(shop: Shop, *, at: datetime, counted_until: datetime) -> int:
    zone = zone_of(shop)
    _first, last = week_before(at, zone)
    _begin, end = bounds_of(last, last, zone)
    monday = day_of(end, zone)
    if at < end + timedelta(hours=FIGURES_HOUR) or counted_until < end:
        return 0
    readers = readers_of(shop)
    is_due = Q(figures_told_on=None) | Q(figures_told_on__lt=monday)
    # Likewise.
    if not readers or not Shop.objects.filter(is_due, pk=shop.pk).update(figures_told_on=monday):
        return 0
    return write_to(readers, shop, Mail.Kind.FIGURES, at=at)
