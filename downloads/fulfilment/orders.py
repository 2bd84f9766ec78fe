"""Record orders from reports, idempotent and order-independent; cancel, delete, release them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from downloads.audit.entries import enter_audit, without_automatic_entries
from downloads.errors import BadInput
from downloads.fulfilment.changes import Outcome, assign, rank
from downloads.fulfilment.lines import record_lines
from downloads.fulfilment.order_state import payment_of, times_of_causes
from downloads.fulfilment.people.customers import record_customer
from downloads.fulfilment.recalculation import lock_order, lock_shop, settle
from downloads.fulfilment.refunds import record_refunds
from downloads.incoming import CustomerReport, OrderReport
from downloads.models import Grant, LineItem, Order, Shop

# Of two reports with the same time the one further on stands.
STAGES = (
    (Order.ReportedPayment.PENDING, Order.ReportedPayment.PARTIAL),
    (Order.ReportedPayment.AUTHORIZED,),
    (Order.ReportedPayment.PAID,),
    (Order.ReportedPayment.VOIDED,),
    (Order.ReportedPayment.REFUNDED,),
)


@dataclass(frozen=True)
class Recorded:
    """The order as it stands now, and whether the report was news."""

    order: Order
    outcome: Outcome


class PolicyBatch(NamedTuple):
    """How many orders changed, and the number after which to go on; None if none is left."""

    changed: int
    last: int | None


@transaction.atomic
def record_order(
    shop: Shop, report: OrderReport, *, at: datetime, mails_buyer: bool = True
) -> Recorded:
    """Create or update an order from a report, and give it the grants it is due.

    The newest `reported_at` wins for the order's own fields and its lines; an older report still
    adds the refunds and the higher quantities it knows of. All or nothing. `mails_buyer` is false
    for history: no mail tells of an order that was paid by then, now or later.

    Raises:
        BadInput: another order holds this order-status token.
        AboveLimit: more than `ORDER_MAX_LINES` lines in all, in what does not only close it.
    """
    shop = lock_shop(shop)
    order, is_new = Order.objects.select_for_update().get_or_create(
        shop=shop,
        platform_id=report.platform_id,
        defaults={"number": report.number, "placed_at": report.placed_at},
    )
    reported_rank = _rank(report)
    is_newest = reported_rank >= order.reported_rank
    changed = _record_buyer(order, report, shop=shop)
    changed |= _record_token(order, report, is_newest=is_newest)
    if is_newest:
        changed |= assign(order, reported_rank=reported_rank, **_order_fields(order, report, shop))
    changed |= record_lines(order, report, is_newest=is_newest)
    changed |= record_refunds(order, report, at=at)
    if not mails_buyer and order.payment != Order.Payment.PENDING:
        assign(order, announced_at=order.announced_at or at)
    settle(order, at=at)
    order.refresh_from_db()
    outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
    return Recorded(order, Outcome.NEW if is_new else outcome)


@transaction.atomic
def cancel_order(shop: Shop, platform_id: int, *, cancelled_at: datetime, at: datetime) -> None:
    """Cancel an order of which a platform says no more than that it is gone.

    What was reported of it before does not open it again, also where it comes later.

    Raises:
        BadInput: the order has not come yet.
    """
    shop = lock_shop(shop)
    order = Order.objects.filter(shop=shop, platform_id=platform_id).first()
    if order is None:
        raise BadInput(f"Order {platform_id} has not come yet.")
    if order.reported_at is None or order.reported_at < cancelled_at:
        assign(order, cancelled_at=max(cancelled_at, order.cancelled_at or cancelled_at))
    settle(order, at=at)


@transaction.atomic
def delete_order(order: Order) -> None:
    """Delete an order without downloads: a typing error, or one of the wrong shop.

    Raises:
        BadInput: something was downloaded; its counts are kept.
    """
    order = lock_order(order)
    if Grant.objects.filter(order=order).downloaded().exists():
        raise BadInput("Something was downloaded already: cancel the order instead.")
    order.grants.all().delete()
    enter_audit("Deleted", row=order)
    with without_automatic_entries(Order, LineItem):
        order.delete()


@transaction.atomic
def release(order: Order, *, at: datetime) -> None:
    """Release an order that is on hold, on the merchant's word. A later cause holds it again.

    Raises:
        BadInput: it is not held.
    """
    order = lock_order(order)
    if not order.hold:
        raise BadInput("This order is not held.")
    # The platform's clock may be ahead of ours; what the merchant saw is answered all the same.
    assign(order, released_at=max([at, *times_of_causes(order)]))
    settle(order, at=at)
    hold = Order.objects.values_list("hold", flat=True).get(pk=order.pk)
    enter_audit("Released", row=order, before={"hold": order.hold}, after={"hold": hold})


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


def _rank(report: OrderReport) -> str:
    stage = next(place for place, each in enumerate(STAGES) if report.payment in each)
    is_cancelled = int(report.cancelled_at is not None)
    # All that only the newest report may say; what is added up from all reports is not in it.
    content = (
        report.number,
        report.lines,
        report.cancelled_at,
        report.placed_at,
        report.grand_total,
        report.currency,
        report.token_hash,
    )
    return rank(report.reported_at, is_cancelled, stage, content=content)


def _order_fields(order: Order, report: OrderReport, shop: Shop) -> dict[str, Any]:
    return {
        "number": report.number,
        "reported_payment": report.payment,
        "payment": payment_of(report.payment or "", shop),
        "placed_at": report.placed_at,
        "reported_at": report.reported_at,
        "cancelled_at": _cancelled_at(order, report),
        "grand_total": report.grand_total,
        "currency": report.currency,
    }


def _cancelled_at(order: Order, report: OrderReport) -> datetime | None:
    # A cancellation after what is reported here is news to the report. A report's own is never
    # after it, whatever the platform's clocks say.
    if order.cancelled_at is not None and order.cancelled_at > report.reported_at:
        return order.cancelled_at
    return report.cancelled_at and min(report.cancelled_at, report.reported_at)


def _record_buyer(order: Order, report: OrderReport, *, shop: Shop) -> bool:
    # A report may leave the buyer out (a cut-down payload): the newest that names one stands.
    buyer = report.customer
    if buyer is None or not (buyer.platform_id or buyer.email):
        return False
    if _is_forgotten(order, buyer):
        return False
    customer = record_customer(shop, buyer, reported_at=report.reported_at)
    buyer_rank = rank(report.reported_at, content=buyer)
    if buyer_rank < order.buyer_rank:
        return False
    return assign(order, customer_id=customer.pk, buyer_rank=buyer_rank)


def _is_forgotten(order: Order, buyer: CustomerReport) -> bool:
    # A guest has no number by which a late report would be known to be about somebody erased.
    customer = order.customer
    if customer is None or not customer.is_erased:
        return False
    return buyer.platform_id is None or customer.platform_id in (None, buyer.platform_id)


def _record_token(order: Order, report: OrderReport, *, is_newest: bool) -> bool:
    # What is known stays when a newer report leaves it out; the unknown is learnt from any.
    if report.token_hash is None or not (is_newest or order.token_hash is None):
        return False
    if Order.objects.filter(token_hash=report.token_hash).exclude(pk=order.pk).exists():
        raise BadInput("Another order holds this order-status token.")
    return assign(order, token_hash=report.token_hash)
