"""Audit of the download counters: compare each with the sum of its ledger."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from downloads.models import DownloadEvent, Grant, Shop


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
