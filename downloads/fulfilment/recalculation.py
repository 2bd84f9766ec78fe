"""Recalculate an order's state and grants from its facts (idempotent)."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from downloads.fulfilment.changes import assign, save_each
from downloads.fulfilment.mails.order_mails import announce
from downloads.fulfilment.order_state import standing_of
from downloads.models import Attachment, Grant, LineItem, Order, Shop
from downloads.models.allowances import Allowance, allowance

COUNTED_FIELDS = ("bought", "canceled", "refunded", "expires_at", "updated_at")


def lock_shop(shop: Shop) -> Shop:
    """Lock the shop until the transaction ends, and return it afresh.

    Taken first by whoever takes in reports, adds lines or attaches assets. A refund and its order
    arriving at once would otherwise each be settled without the other, and so would a new line
    and an asset attached to its product. Buyers' clicks and new messages do not wait for it.
    """
    return Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)


def lock_order(order: Order) -> Order:
    """Lock the order until the transaction ends, and return it afresh with its shop.

    Every verb that changes a fact takes this lock first, so that no recount overwrites another's.
    `spend` does not: it moves `used` alone, which no recount touches.
    """
    orders = Order.objects.select_related("shop").select_for_update(of=("self",))
    return orders.get(pk=order.pk)


@transaction.atomic
def edit_order(order: Order, fields: Collection[str] | None) -> None:
    """Save what a merchant changed of an order made by hand, null for a new one.

    `settle` recounts its grants.
    """
    # A report coming in locks the shop, then the order.
    lock_shop(order.shop)
    order.save(update_fields=fields)


def edit_line(line: LineItem, fields: Collection[str]) -> None:
    """Save what a merchant changed of a line, under `edit_order`'s lock and before `settle`."""
    line.save(update_fields=fields)


def add_lines(order: Order, lines: Iterable[LineItem]) -> None:
    """Save new lines of an order. `settle` gives them their grants."""
    fresh = list(lines)
    if not fresh:
        return
    lock_shop(order.shop)
    for line in fresh:
        line.order = order
    LineItem.objects.bulk_create(fresh)


def settle_known(shop: Shop, platform_id: int, *, at: datetime) -> None:
    """Settle an order by its platform's number, if it has arrived yet."""
    order = Order.objects.filter(shop=shop, platform_id=platform_id).first()
    if order is not None:
        settle(order, at=at)


@transaction.atomic
def settle(order: Order, *, at: datetime) -> None:
    """Create the grants an order lacks and recount those it has (idempotent).

    Whoever saved facts of an order (a report, a form, a refund) calls this afterwards.
    """
    order = lock_order(order)
    lines = {line.pk: line for line in order.lines.with_refunded_units()}
    back = [allowance_of(line, limit=None).refunded for line in lines.values()]
    assign(order, **standing_of(order, is_given_back=bool(back) and all(back)))
    grants = list(order.grants.all())
    existing = {(grant.line_id, grant.asset_id) for grant in grants}
    attachments = Attachment.objects.filter(product__lines__order=order).distinct()
    by_product: dict[object, list[Attachment]] = {}
    for attachment in attachments:
        by_product.setdefault(attachment.product_id, []).append(attachment)
    Grant.objects.bulk_create(
        grant_for(line, attachment, order=order, at=at)
        for line in lines.values()
        for attachment in by_product.get(line.product_id, [])
        if (line.pk, attachment.asset_id) not in existing
    )
    changed = [grant for grant in grants if recount(grant, lines, order=order, at=at)]
    save_each(changed, COUNTED_FIELDS)
    if order.announced_at is None:
        announce([order.pk], at=at)


def grant_for(line: LineItem, attachment: Attachment, *, order: Order, at: datetime) -> Grant:
    """Build, unsaved, the grant that an attachment gives to a line (`refunded_units` loaded)."""
    counted = allowance_of(line, limit=attachment.limit)
    return Grant(
        order=order,
        line=line,
        asset_id=attachment.asset_id,
        limit=attachment.limit,
        bought=counted.bought,
        canceled=counted.canceled,
        refunded=counted.refunded,
        lifetime_days=attachment.lifetime_days,
        expires_at=end_of(attachment.lifetime_days, order=order, at=at),
        created_at=at,
        updated_at=at,
    )


def recount(grant: Grant, lines: dict[int, LineItem], *, order: Order, at: datetime) -> bool:
    """Recount a grant from its line (none for an order-level asset); say if it changed."""
    before = (grant.bought, grant.canceled, grant.refunded, grant.expires_at)
    if grant.line_id is None:
        counted = allowance(limit=grant.limit, added=grant.added)
    else:
        counted = allowance_of(lines[grant.line_id], limit=grant.limit, added=grant.added)
    grant.bought, grant.canceled, grant.refunded = (
        counted.bought,
        counted.canceled,
        counted.refunded,
    )
    if grant.expires_at is None or (_waits(order) and grant.expires_at > at):
        # A lifetime that had begun begins anew once the order opens again.
        grant.expires_at = end_of(grant.lifetime_days, order=order, at=at)
    if (grant.bought, grant.canceled, grant.refunded, grant.expires_at) == before:
        return False
    grant.updated_at = at
    return True


def allowance_of(line: LineItem, *, limit: int | None, added: int = 0) -> Allowance:
    """Return the allowance of a line with `refunded_units` loaded."""
    kept = line.current_quantity
    return allowance(
        limit=limit,
        added=added,
        quantity=line.quantity,
        # The shop's own figure has taken off what a merchant says never went back.
        current_quantity=None if kept is None else kept + line.dismissed_units,
        refunded_units=line.refunded_units,
    )


def end_of(lifetime_days: int | None, *, order: Order, at: datetime) -> datetime | None:
    """Return when a lifetime that begins now ends; it begins when the order may be downloaded."""
    if lifetime_days is None or _waits(order):
        return None
    try:
        return at + timedelta(days=lifetime_days)
    except OverflowError:
        return None


def _waits(order: Order) -> bool:
    return order.payment == Order.Payment.PENDING or bool(order.hold)
