"""Bring an order's grants in line with its facts, whatever happened and in whatever order."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from downloads.models import Attachment, Grant, LineItem, Order, Product
from downloads.models.grants import Allowance, allowance

COUNTED_FIELDS = ("bought", "canceled", "refunded", "expires_at", "updated_at")


def lock_order(order: Order) -> Order:
    """Return the order afresh, kept from other writers until the transaction ends.

    Every verb that changes a fact takes this lock first, so that no recount overwrites another's.
    `spend` does not: it moves `used` alone, which no recount touches.
    """
    return Order.objects.select_for_update().get(pk=order.pk)


def lock_products(products: Iterable[UUID]) -> None:
    """Let no asset be attached to these products until the transaction ends.

    Whoever adds lines takes this lock before it reads the attachments, and `attach_to_product`
    before it reads the lines: otherwise, on PostgreSQL, neither would see the other's row.
    """
    rows = Product.objects.select_for_update(no_key=True).filter(pk__in=set(products))
    # In one order, so that two orders of the same products never wait for each other.
    list(rows.order_by("pk").values_list("pk"))


def add_lines(order: Order, lines: Iterable[LineItem]) -> None:
    """Save new lines of an order. `settle` gives them their grants."""
    fresh = list(lines)
    lock_products(line.product_id for line in fresh)
    for line in fresh:
        line.order = order
    LineItem.objects.bulk_create(fresh)


@transaction.atomic
def settle(order: Order, *, at: datetime) -> None:
    """Make the grants an order lacks and recount those it has. Doing it again changes nothing.

    Whoever saved facts of an order (a report, a form, a refund) calls this afterwards.
    """
    order = lock_order(order)
    lines = {line.pk: line for line in order.lines.with_refunded_units()}
    back = [allowance_of(line, limit=None).refunded for line in lines.values()]
    fully_refunded = order.payment == Order.Payment.REFUNDED or (bool(back) and all(back))
    if fully_refunded != order.fully_refunded:
        order.fully_refunded = fully_refunded
        order.save(update_fields=["fully_refunded"])
    grants = list(order.grants.all())
    held = {(grant.line_id, grant.asset_id) for grant in grants}
    attachments = Attachment.objects.filter(product__lines__order=order).distinct()
    by_product: dict[object, list[Attachment]] = {}
    for attachment in attachments:
        by_product.setdefault(attachment.product_id, []).append(attachment)
    Grant.objects.bulk_create(
        grant_for(line, attachment, order=order, at=at)
        for line in lines.values()
        for attachment in by_product.get(line.product_id, [])
        if (line.pk, attachment.asset_id) not in held
    )
    changed = [grant for grant in grants if recount(grant, lines, order=order, at=at)]
    Grant.objects.bulk_update(changed, COUNTED_FIELDS)


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
    """Count a grant anew from its line (none for an order-level asset); say if it changed."""
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
    if grant.expires_at is None:
        grant.expires_at = end_of(grant.lifetime_days, order=order, at=at)
    if (grant.bought, grant.canceled, grant.refunded, grant.expires_at) == before:
        return False
    grant.updated_at = at
    return True


def allowance_of(line: LineItem, *, limit: int | None, added: int = 0) -> Allowance:
    """Count what a line with `refunded_units` loaded comes to."""
    return allowance(
        limit=limit,
        added=added,
        quantity=line.quantity,
        current_quantity=line.current_quantity,
        refunded_units=line.refunded_units,
    )


def end_of(lifetime_days: int | None, *, order: Order, at: datetime) -> datetime | None:
    """Return when a lifetime that begins now ends; it begins when the order is paid."""
    if lifetime_days is None or order.payment != Order.Payment.PAID:
        return None
    try:
        return at + timedelta(days=lifetime_days)
    except OverflowError:
        return None
