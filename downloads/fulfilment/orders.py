"""Record orders from reports, idempotent and order-independent; cancel, delete, release them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from downloads.audit.entries import enter_audit, without_automatic_entries
from downloads.errors import BadInput, NotYet
from downloads.fulfilment.changes import (
    Outcome,
    assign,
    fetched_at_of,
    rank_of_order,
    saved_at_once,
)
from downloads.fulfilment.lines import record_lines
from downloads.fulfilment.order_numbers import (
    insert_reported,
    keep_token,
    lock_for_report,
    order_of_report,
    record_token,
)
from downloads.fulfilment.order_state import (
    UNSAID,
    payment_of,
    reported_payment,
    said_payment,
    times_of_causes,
)
from downloads.fulfilment.people.customers import record_buyer
from downloads.fulfilment.recalculation import (
    lock_order,
    lock_shop,
    of_order,
    settle,
    settle_within,
)
from downloads.fulfilment.refunds import record_refunds
from downloads.incoming import OrderReport
from downloads.models import Grant, LineItem, Order, Shop
from downloads.models.reported import RECEIPT_NUMBER_LENGTH
from downloads.prepared_inserts import insert_all
from downloads.savepoints import atomic_by_itself

# More than anybody reads.
MOST_NOTES, LONGEST_NOTE = 50, 500
PAID, PARTIAL = Order.ReportedPayment.PAID, Order.ReportedPayment.PARTIAL


@dataclass(frozen=True)
class Recorded:
    """The order as it stands now, and whether the report was news."""

    order: Order
    outcome: Outcome


@atomic_by_itself
def record_order(
    shop: Shop, report: OrderReport, *, at: datetime, mails_buyer: bool = True
) -> Recorded:
    """Create or update an order from a report, and give it the grants it is due.

    The newest `reported_at` wins for the order's own fields and its lines; an older report still
    adds the refunds and the higher quantities it knows of. All or nothing. `mails_buyer` is false
    for history: no mail tells of an order that was paid by then, now or later.

    Raises:
        AboveLimit: more than `ORDER_MAX_LINES` lines in all, in what does not only close it.
    """
    known = lock_for_report(shop, report)
    shop, meanings = known.shop, known.meanings
    order, is_new = order_of_report(known, report)
    reported_rank = rank_of_order(report)
    known_rank, placed_at = order.reported_rank, order.placed_at
    is_newest = reported_rank >= known_rank
    # Of before lists had a rank of their own: the last report's was complete.
    lines_rank = order.lines_rank or known_rank
    with saved_at_once(order):
        changed = record_buyer(order, report, shop=shop, known=known.buyer, at=at)
        changed |= assign(
            order,
            **reported_payment(order, report, reported_rank),
            **_cancellation(order, report, reported_rank, meanings),
            lines_rank=_lines_rank(report, reported_rank, lines_rank),
            **({"reported_rank": reported_rank} | _order_fields(report) if is_newest else {}),
        )
        # Whose a token is, is told by when its orders were placed.
        has_moved = order.placed_at != placed_at
        has_token = not has_moved and keep_token(
            order, report, reported_rank, known_rank=known_rank
        )
    if order.pk is None:
        if not insert_reported(order):
            # Under the lock, by somebody who does not take it.
            return record_order(shop, report, at=at, mails_buyer=mails_buyer)
        has_token = has_token and order.token_hash is not None
    if not has_token:
        changed |= record_token(
            order, report, reported_rank, known_rank=known_rank, has_moved=has_moved
        )
    is_paid = meanings.get(report.status, report.payment) == PAID
    recorded = record_lines(
        order,
        report,
        reported_rank,
        lines_rank,
        is_paid=is_paid,
        is_new=is_new,
        known=known.products,
    )
    changed |= recorded.changed
    lines = recorded.fresh
    if report.refunds:
        # They are judged by the order's lines.
        insert_all(of_order(order, lines))
        lines = ()
    changed |= record_refunds(order, report, at=at)
    payment = said_payment(order, meanings)
    is_paid = payment == PARTIAL or payment_of(payment, shop) != Order.Payment.PENDING
    if is_paid and not mails_buyer:
        assign(order, announced_at=order.announced_at or at)
    order = settle_within(order, at=at, claims=recorded.claims, fresh=lines)
    outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
    return Recorded(order, Outcome.NEW if is_new else outcome)


@transaction.atomic
def delete_reported_order(
    shop: Shop, platform_id: int, *, at: datetime, deleted_at: datetime | None = None
) -> None:
    """Close an order of which a platform says no more than that it is gone.

    `at` is when we heard. Where the platform does not say since when (`deleted_at`), it stands
    after the last report known: a later report opens the order again as it says, and so does what
    was fetched since.

    Raises:
        NotYet: the order has not come yet.
    """
    shop = lock_shop(shop)
    order = Order.objects.filter(shop=shop, platform_id=platform_id).first()
    if order is None:
        raise NotYet(f"Order {platform_id} has not come yet.")
    if _is_news_of_deletion(order, deleted_at, at=at):
        after = [deleted_at or order.reported_at, order.deleted_after]
        gone = {
            "deleted_after": max((each for each in after if each is not None), default=None),
            "cancelled_at": order.cancelled_at or deleted_at or at,
        }
        assign(order, **gone)
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


def _order_fields(report: OrderReport) -> dict[str, Any]:
    notes = dict.fromkeys(note[:LONGEST_NOTE] for note in report.notes)
    return {
        "number": report.number,
        "receipt_number": report.receipt_number[:RECEIPT_NUMBER_LENGTH],
        "parent_platform_id": report.parent_id,
        "is_test": report.is_test,
        "placed_at": report.placed_at,
        "reported_at": report.reported_at,
        "grand_total": report.grand_total,
        "currency": report.currency,
        "notes": list(notes)[:MOST_NOTES],
    }


def _lines_rank(report: OrderReport, reported_rank: str, known: str) -> str:
    """Return the rank of the newest list of lines that is complete, as a report leaves it."""
    is_newest = report.are_lines_complete and reported_rank >= known
    return reported_rank if is_newest else known or UNSAID


def _is_news_of_deletion(order: Order, deleted_at: datetime | None, *, at: datetime) -> bool:
    if deleted_at is not None:
        return order.reported_at is None or order.reported_at <= deleted_at
    fetched_at = fetched_at_of(order.reported_rank)
    return fetched_at is None or fetched_at < at


def _cancellation(
    order: Order, report: OrderReport, reported_rank: str, meanings: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a report leaves of the cancellation: the newest that says it readably says it.

    A status whose payment the shop's table says is no cancelled one.
    """
    is_known = report.is_cancellation_known or report.status in meanings
    if not is_known or reported_rank < order.cancellation_rank:
        return {"cancellation_rank": order.cancellation_rank or UNSAID}
    if _is_gone_since(order, report):
        return {"cancellation_rank": reported_rank}
    # A report's own is never after it, whatever the platform's clocks say.
    at = report.cancelled_at and min(report.cancelled_at, report.reported_at)
    return {"cancellation_rank": reported_rank, "cancelled_at": at, "deleted_after": None}


def _is_gone_since(order: Order, report: OrderReport) -> bool:
    """Say whether an order was deleted after what is reported here."""
    heard_at, deleted_after = order.cancelled_at, order.deleted_after
    if deleted_after is None and heard_at and order.reported_at and heard_at > order.reported_at:
        # So it was written before `deleted_after` was kept; no report's own time is after it.
        deleted_after = order.reported_at
    if deleted_after is None or heard_at is None or report.reported_at > deleted_after:
        return False
    is_fetched_since = report.fetched_at is not None and (
        report.fetched_at > heard_at or heard_at <= deleted_after
    )
    return not (is_fetched_since and report.reported_at == deleted_after)
