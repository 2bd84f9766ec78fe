"""All that settling reads of many orders, in one round trip for any number of them."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models

from downloads.models import (
    Attachment,
    Dispute,
    Grant,
    LineItem,
    Order,
    Refund,
    RiskAssessment,
    Shop,
    StatusMeaning,
)
from downloads.prepared_queries import PreparedQuery, fetch, in_places, width_for
from downloads.prepared_statements import Slot


@dataclass(frozen=True)
class KnownFacts:
    """Facts of some orders by their numbers on the platform, null for orders made by hand.

    `disputes` are those that count, `mistaken` the orders with a refund that a merchant dismissed,
    `money_back` those of which money alone went back, `risks` when a high one was assessed.
    """

    disputes: Mapping[Hashable, list[Dispute]]
    mistaken: Collection[int | None]
    money_back: Collection[int | None]
    risks: Mapping[int | None, datetime]


@dataclass(frozen=True)
class Facts:
    """Locked orders with their shop, what hangs on them by their keys, and what is known of them.

    `attachments` are those of their lines' products, `meanings` the shop's table of statuses.
    """

    orders: list[Order]
    lines: Mapping[Hashable, list[LineItem]]
    grants: Mapping[Hashable, list[Grant]]
    attachments: list[Attachment]
    meanings: list[StatusMeaning]
    known: KnownFacts


def lock_facts(shop: Shop, orders: Sequence[int]) -> Facts:
    """Lock orders of a shop until the transaction ends, and read all that settling asks of them.

    In the order of their keys, as whoever locks several does. All else is read behind the locks: a
    fact that is being saved meanwhile has its own `settle` wait for them. At most
    `prepared_queries.WIDTHS[-1]` of them.
    """
    width = width_for(orders)
    given = {"shop": shop.pk, **in_places("order", orders, width)}
    found = fetch(*[query.given(**given) for query in _questions(width)])
    locked, lines, grants, attachments, meanings, disputes, mistaken, money_back, risks = found
    return Facts(
        locked,
        _by(lines, "order_id"),
        _by(grants, "order_id"),
        attachments,
        meanings,
        KnownFacts(
            disputes=_by(disputes, "order_platform_id"),
            mistaken={refund.order_platform_id for refund in mistaken},
            money_back={refund.order_platform_id for refund in money_back},
            risks={risk.order_platform_id: risk.assessed_at for risk in risks},
        ),
    )


@cache
def _questions(width: int) -> list[PreparedQuery]:
    shop = Slot("shop", models.BigAutoField())
    keys: list[Any] = [Slot(f"order {n}", models.BigAutoField()) for n in range(width)]
    orders = Order.objects.filter(pk__in=keys)
    # Of one shop all of them: asked by it, too, SQLite would look at all orders that the shop has.
    numbers = orders.order_by().values("platform_id")
    about = {"shop": shop, "order_platform_id__in": numbers}
    locked = (
        orders.filter(shop=shop)
        .select_for_update(of=("self",))
        .select_related("shop")
        .order_by("pk")
    )
    attachments = Attachment.objects.given().filter(product__lines__order__pk__in=keys)
    refunds = Refund.objects.filter(**about).order_by()
    querysets: list[models.QuerySet[Any]] = [
        locked,
        LineItem.objects.filter(order__pk__in=keys).with_refunded_units().order_by("pk"),
        Grant.objects.filter(order__pk__in=keys).order_by("pk"),
        attachments.distinct(),
        StatusMeaning.objects.filter(shop=shop).order_by(),
        Dispute.objects.filter(**about).effective().order_by(),
        refunds.mistaken(),
        refunds.effective().money_alone(),
        RiskAssessment.objects.filter(**about, is_high=True).order_by(),
    ]
    return [PreparedQuery(lambda each=each: each) for each in querysets]  # type: ignore[misc]


def _by(rows: Iterable[Any], name: str) -> dict[Hashable, list[Any]]:
    found = defaultdict[Hashable, list[Any]](list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
