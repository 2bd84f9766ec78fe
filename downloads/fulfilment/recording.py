"""Take in what a shop reports. The same report twice, or an older one later, changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from downloads.errors import BadInput
from downloads.fulfilment.settling import add_lines, lock_order, settle
from downloads.models import Customer, Grant, LineItem, Order, Product, Refund, RefundedLine, Shop
from downloads.reports import (
    CustomerReport,
    LineReport,
    OrderReport,
    ProductReport,
    RefundReport,
)
from downloads.tokens import MIN_LENGTH, hash_token

# Where lines stand that the newest report no longer has: behind the others, by their numbers.
LAST = 2**31 - 1


@dataclass(frozen=True)
class Recorded:
    """`outcome` is NEW, CHANGED or UNCHANGED."""

    NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"

    order: Order
    outcome: str


@transaction.atomic
def record_order(shop: Shop, report: OrderReport, *, at: datetime) -> Recorded:
    """Bring one order to what the shop reports and give it the grants it is due.

    The newest `reported_at` wins for the order's own fields and its lines; an older report still
    adds the refunds and the higher quantities it knows of. All or nothing.

    Raises:
        BadInput: another order holds this order-status token.
    """
    order, is_new = Order.objects.select_for_update().get_or_create(
        shop=shop,
        platform_id=report.platform_id,
        defaults={"number": report.number, "placed_at": report.placed_at},
    )
    is_newest = order.reported_at is None or report.reported_at >= order.reported_at
    changed = is_newest and assign(order, **_order_fields(report))
    changed |= assign(order, **_buyer_and_token(shop, order, report, is_newest=is_newest))
    changed |= _record_lines(order, report, is_newest=is_newest)
    for refund in report.refunds:
        changed |= _record_refund(order, refund)
    settle(order, at=at)
    order.refresh_from_db()
    outcome = Recorded.CHANGED if changed else Recorded.UNCHANGED
    return Recorded(order, Recorded.NEW if is_new else outcome)


@transaction.atomic
def record_refund(order: Order, report: RefundReport, *, at: datetime) -> bool:
    """Take the refunded units of an order back; say whether this refund was news.

    Raises:
        BadInput: the refund names a line that the order does not have.
    """
    order = lock_order(order)
    is_new = _record_refund(order, report)
    settle(order, at=at)
    return is_new


@transaction.atomic
def delete_order(order: Order) -> None:
    """Delete an order nobody has downloaded from: a typing error, or one of the wrong shop.

    Raises:
        BadInput: something was downloaded; its counts are kept.
    """
    order = lock_order(order)
    if Grant.objects.filter(order=order).downloaded().exists():
        raise BadInput("Something was downloaded already: cancel the order instead.")
    order.grants.all().delete()
    order.delete()


def assign(row: models.Model, **values: Any) -> bool:
    """Save only what differs, so that nobody else's columns are written; say if any did."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return bool(changed)


def _order_fields(report: OrderReport) -> dict[str, Any]:
    return {
        "number": report.number,
        "payment": report.payment,
        "placed_at": report.placed_at,
        "reported_at": report.reported_at,
        "cancelled_at": report.cancelled_at,
        "grand_total": report.grand_total,
        "currency": report.currency,
    }


def _buyer_and_token(
    shop: Shop, order: Order, report: OrderReport, *, is_newest: bool
) -> dict[str, Any]:
    # A report may leave these out (a cut-down payload). What is known then stays, and what is
    # not known yet is learnt from an older report, too.
    fields: dict[str, Any] = {}
    buyer = report.customer
    if buyer and (buyer.platform_id or buyer.email) and (is_newest or order.customer_id is None):
        fields["customer_id"] = _record_customer(shop, buyer).pk
    is_wanted = is_newest or order.token_hash is None
    if is_wanted and report.token and len(report.token) >= MIN_LENGTH:
        fields["token_hash"] = hash_token(report.token)
        if Order.objects.filter(token_hash=fields["token_hash"]).exclude(pk=order.pk).exists():
            raise BadInput("Another order holds this order-status token.")
    return fields


def _record_customer(shop: Shop, report: CustomerReport) -> Customer:
    """Find a buyer by the shop's own number, or by mail address, or make one."""
    customers = Customer.objects.filter(shop=shop)
    email = (report.email or "").strip().lower() or None
    names = {"first_name": report.first_name, "last_name": report.last_name}
    customer: Customer | None = None
    if report.platform_id is not None:
        customer = customers.filter(platform_id=report.platform_id).first()
    if customer is None and email is not None:
        # Two numbers are two people, also when one took over the other's address.
        same_person = Q(platform_id=None) if report.platform_id else Q()
        customer = customers.filter(same_person, email__iexact=email).first()
    others = customers if customer is None else customers.exclude(pk=customer.pk)
    if email is not None and others.filter(email__iexact=email).exists():
        email = None
    if customer is None:
        key = {"platform_id": report.platform_id} if report.platform_id else {"email": email}
        defaults = {"email": email} | names
        return Customer.objects.get_or_create(shop=shop, **key, defaults=defaults)[0]
    assign(
        customer,
        platform_id=customer.platform_id or report.platform_id,
        email=email or customer.email,
        **{name: value or getattr(customer, name) for name, value in names.items()},
    )
    return customer


def _record_lines(order: Order, report: OrderReport, *, is_newest: bool) -> bool:
    held = {line.platform_id: line for line in order.lines.all()}
    # A line that only an older report knows has been taken out of the order since.
    fresh = [
        LineItem(
            product=_record_product(order.shop, reported.product),
            platform_id=reported.platform_id,
            quantity=max(reported.quantity, 1),
            current_quantity=_kept(reported) if is_newest else 0,
            position=position if is_newest else LAST,
        )
        for position, reported in enumerate(report.lines)
        if reported.platform_id not in held
    ]
    add_lines(order, fresh)
    changed = bool(fresh)
    lines = held | {line.platform_id: line for line in fresh}
    for position, reported in enumerate(report.lines):
        line = lines.pop(reported.platform_id)
        values = {"quantity": max(line.quantity, reported.quantity)}
        if is_newest:
            values |= {"current_quantity": _kept(reported), "position": position}
        changed |= assign(line, **values)
    for line in lines.values() if is_newest else ():
        changed |= assign(line, current_quantity=0, position=LAST)
    return changed


def _kept(line: LineReport) -> int:
    return line.quantity if line.current_quantity is None else line.current_quantity


def _record_product(shop: Shop, report: ProductReport) -> Product:
    """Find the row of a variant, or make it from what the line says.

    What is there stays: the shop's product messages, not its orders, say what a product is.
    """
    described: dict[str, Any] = {
        "name": report.name,
        "variant_name": report.variant_name,
        "sku": report.sku,
        "product_id": report.product_id,
    }
    rest = {"vendor": report.vendor, "tags": list(report.tags or ())}
    if report.variant_id is None:
        # A line without a variant number (typed in at the till) is known by its description
        # alone. A merchant may have entered two alike: the first is taken.
        alike = Product.objects.filter(shop=shop, variant_id=None, **described)
        return alike.order_by("created_at", "pk").first() or Product.objects.create(
            shop=shop, **described, **rest
        )
    product, _is_new = Product.objects.get_or_create(
        shop=shop, variant_id=report.variant_id, defaults=described | rest
    )
    return product


def _record_refund(order: Order, report: RefundReport) -> bool:
    refund, is_new = Refund.objects.get_or_create(
        order=order,
        platform_id=report.platform_id,
        defaults={"refunded_at": report.refunded_at},
    )
    if not is_new:
        return False
    lines = {line.platform_id: line for line in LineItem.objects.filter(order=order)}
    unknown = sorted(set(report.units) - set(lines))
    if unknown:
        raise BadInput(
            f"Refund {report.platform_id} names line {unknown[0]}, which the order does not have."
        )
    RefundedLine.objects.bulk_create(
        RefundedLine(refund=refund, line=lines[number], quantity=units)
        for number, units in report.units.items()
    )
    return True
