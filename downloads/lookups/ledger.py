"""The ledger of downloads: its newest lines, and the audit of the counters against it."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from downloads.models import DownloadEvent, Grant, Order, Shop
from downloads.tenancy import of_shops

# Among how many of all shops' newest lines, then of some shops' newest orders, the newest of
# these shops are looked for.
MOST_LINES = MOST_ORDERS = 1000


@dataclass(frozen=True)
class CounterOff:
    """A grant, with order and asset loaded, whose `used` is not what its ledger comes to."""

    grant: Grant
    entered: int

    def __str__(self) -> str:
        grant = self.grant
        return (
            f'Order {grant.order.shown_number}, "{grant.asset.title}" (grant {grant.pk}): '
            f"counted {grant.used}, in the ledger {self.entered}."
        )


def counters(shop: Shop | None = None) -> QuerySet[Grant]:
    """Return the grants whose counters are audited: a shop's, or all."""
    return Grant.objects.all() if shop is None else Grant.objects.filter(order__shop=shop)


def counters_off(shop: Shop | None = None) -> list[CounterOff]:
    """Return every counter, of a shop or of all, that is not the sum of its ledger.

    One statement: a download that is counted meanwhile is in both figures or in neither.
    """
    lines = DownloadEvent.objects.filter(grant=OuterRef("pk")).order_by().values("grant")
    entered = Coalesce(Subquery(lines.values(total=Sum("downloads"))), 0)
    audited = counters(shop).select_related("order", "asset").order_by("pk")
    off = audited.annotate(entered=entered).exclude(used=F("entered"))
    return [CounterOff(grant, grant.entered) for grant in off]


def newest_lines(
    kinds: Collection[str], shops: Collection[int] | None, count: int
) -> list[DownloadEvent]:
    """Return the newest lines of the ledger of some shops, of all where `shops` is none.

    One query, and bounded: a line knows its shop by its order alone, so that the lines
    of a quiet shop among busy ones are looked for from its own orders, the newest thousand.
    """
    lines = DownloadEvent.objects.filter(kind__in=kinds).order_by("-at", "-pk")
    shown = lines.select_related("grant__asset", "grant__order")
    if shops is None:
        return list(shown[:count])
    among_all = DownloadEvent.objects.order_by().filter(pk__in=lines.values("pk")[:MOST_LINES])
    orders = Order.objects.filter(shop__in=shops).order_by("-placed_at", "-pk")
    of_orders = DownloadEvent.objects.order_by().filter(
        kind__in=kinds, grant__order__in=orders.values("pk")[:MOST_ORDERS]
    )
    found = of_shops(among_all, shops).values("pk").union(of_orders.values("pk"), all=True)
    return list(shown.filter(pk__in=found)[:count])
