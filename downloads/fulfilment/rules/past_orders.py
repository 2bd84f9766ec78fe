"""Bring past orders to what a shop says by now, some at a time: its policies, an asset."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from downloads.fulfilment.recalculation import settle, settle_within
from downloads.models import Asset, LineItem, Order, Shop


@dataclass(frozen=True)
class Share:
    """One share: the last order looked at (null: none is left), and what came of it.

    `purchases` lacked the asset before, `given` have it now; `mails` told buyers of it.
    """

    last: int | None
    purchases: int = 0
    given: int = 0
    mails: int = 0


class PolicyBatch(NamedTuple):
    """How many orders changed, and the number after which to go on; None if none is left."""

    changed: int
    last: int | None


@transaction.atomic
def give_to_past_orders(asset: Asset, *, after: int, at_most: int, at: datetime) -> Share:
    """Settle the next orders behind `after` that lack an asset which is attached to them.

    Doing it again changes nothing: an order that has it is not looked at.
    """
    lacking = LineItem.objects.lacking(asset)
    # By orders, in the order of their keys: by lines, all of them would be sorted for each share.
    orders = Order.objects.filter(Exists(lacking.filter(order=OuterRef("pk"))), shop=asset.shop_id)
    behind = orders.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    numbers = list(behind[:at_most])
    if not numbers:
        return Share(last=None)
    of_these = lacking.filter(order__in=numbers)
    purchases, mails = of_these.count(), 0
    silent = Order.objects.filter(pk__in=numbers, announced_at=None)
    untold = set(silent.values_list("pk", flat=True))
    for order in Order.objects.filter(pk__in=numbers).order_by("pk"):
        settled = settle_within(order, at=at)
        mails += order.pk in untold and settled.announced_at is not None
    return Share(numbers[-1], purchases, purchases - of_these.count(), mails)


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
