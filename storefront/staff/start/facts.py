"""Everything that the start page counts beside the days' figures, in one query for all of it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, F, Max, QuerySet, Value, When

from downloads.models import BuyerFigures, KeptUpload, Mail
from storefront.staff.roles import rows_where
from storefront.staff.start import needs
from storefront.staff.start.figures import MAILS, ORDERS, Pair
from storefront.staff.start.needs import Waiting
from storefront.staff.start.periods import Period

BUYERS, FAILED = ("buyers now", "buyers before"), ("failed now", "failed before")
UPLOADS = "uploads"


@dataclass
class Facts:
    """What waits, by kind and shop, the counts of buyers and of mails that failed, and `uploads`.

    These are the person's own, whose forms were refused: they are of no shop yet.
    """

    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    counted: dict[str, Pair] = field(default_factory=dict)
    uploads: int = 0


def facts_of(user: Any, period: Period) -> Facts:
    """Count all of it in the shops that a person works for. One query."""
    queries = needs.counts_of(user)
    if user.has_perm(ORDERS):
        queries.append(_buyers(user, period))
    if user.has_perm(MAILS):
        queries += [_failed(user, period, is_earlier=each) for each in (False, True)]
    rows: dict[str, list[Waiting]] = {}
    for kind, shop, count, newest in _kept(user).union(*queries, all=True):
        rows.setdefault(kind, []).append(Waiting(shop, count, newest))

    def pair(kinds: tuple[str, str], name: str) -> Pair:
        return Pair(*(sum(getattr(row, name) for row in rows.get(kind, ())) for kind in kinds))

    counted = {
        "buyers": pair(BUYERS, "count"),
        # In the place of a newest row's key.
        "downloaded": pair(BUYERS, "newest"),
        "failed": pair(FAILED, "count"),
    }
    uploads = sum(row.count for row in rows.get(UPLOADS, ()))
    return Facts(rows, counted, uploads)


def _kept(user: Any) -> QuerySet[Any, Any]:
    kept = KeptUpload.objects.filter(person=user.pk).order_by()
    return (
        # Of no shop: in its place stands whose they are.
        kept.values(need_name=Value(UPLOADS), shop_number=F("person"))
        .annotate(amount=Count("pk"), newest_key=Value(0, output_field=BigIntegerField()))
        .values_list("need_name", "shop_number", "amount", "newest_key")
    )


def _buyers(user: Any, period: Period) -> QuerySet[Any, Any]:
    now, before = BUYERS
    kind = Case(
        When(is_earlier=True, then=Value(before)), default=Value(now), output_field=CharField()
    )
    rows = rows_where(BuyerFigures.objects.filter(days=period.days), user, ORDERS)
    values = {
        "kind": kind,
        "shop_number": F("shop"),
        "amount": F("buyers"),
        "newest_key": F("downloaded"),
    }
    return rows.order_by().values(**values).values_list(*values)


def _failed(user: Any, period: Period, *, is_earlier: bool) -> QuerySet[Any, Any]:
    begin, end = period.bounds(is_earlier=is_earlier)
    failed = Mail.objects.failed().filter(created_at__gte=begin, created_at__lt=end)
    return (
        rows_where(failed, user, MAILS)
        .order_by()
        .values(need_name=Value(FAILED[is_earlier]), shop_number=F("shop"))
        .annotate(amount=Count("pk"), newest_key=Max("pk"))
        .values_list("need_name", "shop_number", "amount", "newest_key")
    )
