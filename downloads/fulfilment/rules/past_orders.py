"""Bring past orders to what a shop says by now, some at a time: its policies, an asset."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from downloads.fulfilment.recalculation import settle
from downloads.fulfilment.settling.batches import settle_each
from downloads.models import Asset, LineItem, Order, Shop


@dataclass(frozen=True)
class Share:
    """What came of some orders: purchases that were given the asset, and buyers who are mailed."""

    given: int = 0
    mails: int = 0


class PolicyBatch(NamedTuple):
    """How many orders changed, and the number after which to go on; None if none is left."""

    changed: int
    last: int | None


def orders_lacking(asset: Asset, *, after: int, at_most: int) -> list[int]:
    """Return the next orders behind `after` that lack an asset which is attached to them.

    Outside of the transaction that gives it to them: where few lack it, many are looked at.
    """
    # Asked of one order after the other, in the order of their keys. As a join, which EXISTS is to
    # PostgreSQL, all of them would be found and sorted for each share.
    lacking = LineItem.objects.lacking(asset).filter(order=OuterRef("pk")).values("pk")[:1]
    behind = Order.objects.filter(shop=asset.shop_id, pk__gt=after).order_by("pk")
    found = behind.alias(lacking=Subquery(lacking)).filter(lacking__isnull=False)
    return list(found.values_list("pk", flat=True)[:at_most])


@transaction.atomic(savepoint=False)
def give_to_past_orders(asset: Asset, orders: Sequence[int], *, at: datetime) -> Share:
    """Settle these orders of an asset's shop, in a number of statements that does not grow.

    Doing it again changes nothing: an order that has it by now is left as it is.
    """
    settled = settle_each(asset.shop, orders, at=at)
    given = [each for each in settled.fresh if each.asset_id == asset.pk]
    return Share(len(given), settled.mails)


def apply_policies(
    shop: Shop, *, at: datetime, after: int = 0, at_most: int | None = None
) -> PolicyBatch:
    """Apply a shop's present policies to its orders: those after a number, all or some.

    One order a transaction, so that nobody waits long; broken off, it can be called again.
    """
    standing = ("payment", "hold", "fully_refunded", "keeps_own_assets")
    ahead = Order.objects.filter(shop=shop, pk__gt=after).order_by("pk")
    orders = {row.pop("pk"): row for row in ahead.values("pk", *standing)[:at_most]}
    for number in orders:
        with suppress(Order.DoesNotExist):  # deleted meanwhile
            settle(Order(pk=number), at=at)
    now = Order.objects.filter(shop=shop, pk__gt=after, pk__lte=max(orders, default=after))
    changed = sum(orders.get(row.pop("pk"), row) != row for row in now.values("pk", *standing))
    return PolicyBatch(changed, max(orders) if len(orders) == at_most else None)
