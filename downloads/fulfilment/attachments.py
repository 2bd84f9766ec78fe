"""Attach an asset to a product, for all its buyers, or to one order."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.grant_counts import (
    Counting,
    carry_counts,
    end_of,
    is_counted_by_line,
    waits_for_payment,
)
from downloads.fulfilment.mails.order_mails import announce
from downloads.fulfilment.order_state import meanings_of, statuses_of
from downloads.fulfilment.recalculation import lock_order, lock_shop, settle
from downloads.fulfilment.rules.resolution import resolve
from downloads.models import Asset, Attachment, Grant, LineItem, Order, Product, Shop
from downloads.models.attachments import terms_of
from downloads.models.catalog import MAX_DOWNLOADS, MAX_LIFETIME_DAYS

BATCH = 500


@dataclass(frozen=True)
class Attached:
    """An attachment, the number of grants to earlier orders' lines, and of mails to buyers."""

    attachment: Attachment
    grants: int
    mails: int


@transaction.atomic
def attach_to_product(
    product: Product,
    asset: Asset,
    *,
    limit: int | None,
    lifetime_days: int | None = None,
    inherits_limit: bool = False,
    inherits_lifetime: bool = False,
    at: datetime,
) -> Attached:
    """Give an asset to every buyer of a variant, earlier buyers included.

    `limit` is per item bought, null for unlimited; `lifetime_days` null for no end; what it
    inherits is the asset's or the shop's instead. What a rule attached so far is replaced.

    Raises:
        BadInput: another shop's asset, attached already, or a limit or lifetime out of bounds.
    """
    _check(product.shop_id, asset, limit=limit, lifetime_days=lifetime_days)
    shop = lock_shop(product.shop)
    attachment = _attach(
        shop,
        Attachment(
            product=product,
            asset=asset,
            limit=limit,
            lifetime_days=lifetime_days,
            inherits_limit=inherits_limit,
            inherits_lifetime=inherits_lifetime,
        ),
    )
    given = mails = 0
    for lines in _batches_of_lines(product):
        orders = {order.pk: order for order in _lock_orders(lines)}
        counts = _countings(product.shop, orders, at=at)
        old = Grant.objects.filter(line__in=lines, asset=asset)
        numbers = set(old.values_list("line", flat=True))
        lacking = LineItem.objects.with_refunded_units().filter(pk__in=lines)
        fresh = [
            counts[line.order_id].grant_for(line, attachment)
            for line in lacking.exclude(pk__in=numbers)
            if not orders[line.order_id].is_sub_order
        ]
        carry_counts(fresh, {})
        given += len(fresh)
        # What a line had by another product before goes on by this one.
        for number in set(old.filter(replaced=True).values_list("order", flat=True)):
            settle(orders[number], at=at)
        untold = [order.pk for order in orders.values() if order.announced_at is None]
        mails += announce(untold, at=at)
    return Attached(attachment, given, mails)


@transaction.atomic
def edit_attachment(attachment: Attachment, fields: Collection[str]) -> None:
    """Save what a merchant changed for later buyers; `apply_limit` brings it to earlier ones."""
    shop = lock_shop(attachment.product.shop)
    # One that is gone by now does not come back.
    if Attachment.objects.filter(pk=attachment.pk).exists():
        attachment.limit, attachment.lifetime_days = terms_of(attachment, attachment.asset, shop)
        attachment.save(update_fields={*fields, "limit", "lifetime_days"})


@transaction.atomic
def detach(attachment: Attachment) -> None:
    """Take back what is said of a variant; earlier buyers keep it.

    Later ones get the asset where a rule attaches it.
    """
    shop = lock_shop(attachment.product.shop)
    attachment.delete()
    resolve(shop, [attachment.product])


@transaction.atomic
def attach_to_order(
    order: Order,
    asset: Asset,
    *,
    limit: int | None,
    lifetime_days: int | None = None,
    at: datetime,
) -> Grant:
    """Give an asset to one order, beside what its lines bring.

    Raises:
        BadInput: another shop's asset, given already, or a limit or lifetime out of bounds.
    """
    _check(order.shop_id, asset, limit=limit, lifetime_days=lifetime_days)
    order = lock_order(order)
    if order.grants.filter(line=None, asset=asset).exists():
        raise BadInput(_('"{asset}" is attached to this order already.').format(asset=asset))
    grant = order.grants.create(
        asset=asset,
        limit=limit,
        bought=limit,
        lifetime_days=lifetime_days,
        expires_at=end_of(lifetime_days, waits=waits_for_payment(order), at=at),
        created_at=at,
        updated_at=at,
    )
    after = {"asset": asset.title, "limit": limit, "lifetime_days": lifetime_days}
    enter_audit("Attached to the order", row=grant, after=after)
    if order.announced_at is None:
        announce([order.pk], at=at)
    return grant


@transaction.atomic
def apply_limit(attachment: Attachment, *, at: datetime) -> int:
    """Give an attachment's present limit to earlier buyers too; return how many grants changed.

    `lookups.grants_with_other_limit` says beforehand how many that will be.
    """
    changed, earlier = 0, set[int | None]()
    lock_shop(attachment.product.shop)
    for lines in _batches_of_lines(attachment.product):
        orders = _lock_orders(lines)
        grants = Grant.objects.filter(line__in=lines, asset=attachment.asset_id)
        others = grants.exclude(limit=attachment.limit)
        earlier.update(others.values_list("limit", flat=True).distinct())
        # Limit and bought are both null or both set, by constraint: they move together.
        count = others.update(limit=attachment.limit, bought=attachment.limit, updated_at=at)
        changed += count
        for order in orders if count else []:
            settle(order, at=at)
    if changed:
        # Unlimited is more than any.
        limits = sorted(earlier, key=lambda limit: MAX_DOWNLOADS if limit is None else limit)
        enter_audit(
            f"Applied the limit to {changed} earlier downloads",
            row=attachment,
            before={"limit": limits if len(limits) > 1 else limits[0]},
            after={"limit": attachment.limit},
        )
    return changed


def _attach(shop: Shop, attachment: Attachment) -> Attachment:
    """Save what is said of a variant, in the place of what a rule attached to it."""
    of_variant = Attachment.objects.filter(product=attachment.product, asset=attachment.asset)
    if of_variant.own().exists():
        raise BadInput(
            _('"{asset}" is attached to this product already.').format(asset=attachment.asset)
        )
    of_variant.delete()
    attachment.limit, attachment.lifetime_days = terms_of(attachment, attachment.asset, shop)
    attachment.save()
    return attachment


def _check(shop_id: int, asset: Asset, *, limit: int | None, lifetime_days: int | None) -> None:
    if asset.shop_id != shop_id:
        raise BadInput(_("This asset belongs to another shop."))
    if limit is not None and not 1 <= limit <= MAX_DOWNLOADS:
        raise BadInput(
            _("A limit is from 1 to {most:,}, or none for unlimited.").format(most=MAX_DOWNLOADS)
        )
    if lifetime_days is not None and not 1 <= lifetime_days <= MAX_LIFETIME_DAYS:
        raise BadInput(
            _("A lifetime is from 1 to {most:,} days, or none for no end.").format(
                most=MAX_LIFETIME_DAYS
            )
        )


def _countings(shop: Shop, orders: Mapping[int, Order], *, at: datetime) -> dict[int, Counting]:
    statuses = {status for order in orders.values() for status in statuses_of(order)}
    meanings = meanings_of(shop, statuses)
    return {
        number: Counting(order, by_line=is_counted_by_line(order, meanings), at=at)
        for number, order in orders.items()
    }


def _batches_of_lines(product: Product) -> Iterator[list[int]]:
    numbers = list(product.lines.order_by("order", "pk").values_list("pk", flat=True))
    for start in range(0, len(numbers), BATCH):
        yield numbers[start : start + BATCH]


def _lock_orders(lines: list[int]) -> list[Order]:
    locked = LineItem.objects.filter(pk__in=lines).values("order")
    orders = Order.objects.select_for_update(of=("self",)).select_related("shop")
    return list(orders.filter(pk__in=locked).order_by("pk"))
