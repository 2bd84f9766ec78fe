"""Record disputes and risk, which may arrive before the order itself; dismiss and restore facts.

A fact that was dismissed counts for nothing, whatever is told of it from then on.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from downloads.audit.entries import enter_audit, name_of
from downloads.fulfilment.bounds import require_few
from downloads.fulfilment.changes import Outcome, assign
from downloads.fulfilment.recalculation import lock_shop, settle_known
from downloads.incoming import DisputeReport, RiskReport
from downloads.models import Dispute, Order, Refund, RiskAssessment, Shop

# How far a dispute has come, where its messages carry no time.
STAGES = [Dispute.State.OPEN, Dispute.State.WON, Dispute.State.LOST]


@transaction.atomic
def record_dispute(shop: Shop, order: int, report: DisputeReport, *, at: datetime) -> Outcome:
    """Record a dispute: hold the order while open, close it when lost, open it when won.

    Return what came of it: whether this was news of the dispute.
    """
    shop = lock_shop(shop)
    dispute, is_new = Dispute.objects.get_or_create(
        shop=shop,
        platform_id=report.platform_id,
        defaults={
            "order_platform_id": order,
            "state": report.state,
            "opened_at": report.opened_at,
            "decided_at": report.decided_at,
            "noted_at": at,
        },
    )
    changed = False
    if is_new:
        require_few(Dispute.objects.all(), shop, order, "disputes")
    else:
        # One message may lack the time that another tells.
        changed |= assign(dispute, opened_at=max(dispute.opened_at, report.opened_at))
    if not is_new and _progress(report) > _progress(dispute):
        # One that was taken back and goes on is there again; the same message once more is no news.
        values = {"state": report.state, "decided_at": report.decided_at}
        changed |= assign(dispute, **values, noted_at=at, is_gone=False)
    settle_known(shop, order, at=at)
    if is_new:
        return Outcome.NEW
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


@transaction.atomic
def record_risk(shop: Shop, order: int, report: RiskReport, *, at: datetime) -> None:
    """Record a risk assessment of an order; the newest stands."""
    shop = lock_shop(shop)
    risk, is_new = RiskAssessment.objects.get_or_create(
        shop=shop,
        order_platform_id=order,
        defaults={"is_high": report.is_high, "assessed_at": report.assessed_at},
    )
    if not is_new and (report.assessed_at, report.is_high) > (risk.assessed_at, risk.is_high):
        assign(risk, is_high=report.is_high, assessed_at=report.assessed_at)
    settle_known(shop, order, at=at)


def replace_disputes(
    shop: Shop, listed_ids: Collection[int], *, asked_at: datetime, at: datetime
) -> int:
    """Take back the disputes of a shop that its whole list lacks; return how many changed.

    `asked_at` is when we asked for the list: what we noted since is none of its business. One that
    was taken back and is listed is there again. One order a transaction: broken off, it can be
    called again.
    """
    listed = set(listed_ids)
    by_order: dict[int, list[int]] = {}
    for dispute in Dispute.objects.filter(shop=shop).iterator():
        is_older = dispute.noted_at is None or dispute.noted_at < asked_at
        is_listed = dispute.platform_id in listed
        if is_listed if dispute.is_gone else (is_older and not is_listed):
            by_order.setdefault(dispute.order_platform_id, []).append(dispute.pk)
    changed = 0
    for order, numbers in by_order.items():
        with transaction.atomic():
            lock_shop(shop)
            # What was told of one meanwhile is newer than the list.
            for dispute in Dispute.objects.filter(pk__in=numbers):
                if dispute.noted_at is None or dispute.noted_at < asked_at or dispute.is_gone:
                    is_gone = dispute.platform_id not in listed
                    changed += assign(dispute, is_gone=is_gone)
            settle_known(shop, order, at=at)
    return changed


def dismiss_refund(refund: Refund, *, at: datetime) -> None:
    """Count a refund for nothing, on the merchant's word. `restore_refund` undoes it."""
    _dismiss(refund, at, at=at)


def restore_refund(refund: Refund, *, at: datetime) -> None:
    """Count a dismissed refund again."""
    _dismiss(refund, None, at=at)


def dismiss_dispute(dispute: Dispute, *, at: datetime) -> None:
    """Count a dispute for nothing, on the merchant's word. `restore_dispute` undoes it."""
    _dismiss(dispute, at, at=at)


def restore_dispute(dispute: Dispute, *, at: datetime) -> None:
    """Count a dismissed dispute again."""
    _dismiss(dispute, None, at=at)


@transaction.atomic
def _dismiss(fact: Refund | Dispute, dismissed_at: datetime | None, *, at: datetime) -> None:
    shop = lock_shop(fact.shop)
    fact = type(fact)._default_manager.get(pk=fact.pk)
    former = fact.dismissed_at
    if (former is None) == (dismissed_at is None):
        return
    assign(fact, dismissed_at=dismissed_at)
    order = Order.objects.filter(shop=shop, platform_id=fact.order_platform_id).first()
    enter_audit(
        f"{'Restored' if dismissed_at is None else 'Dismissed'}: {name_of(fact)}",
        row=order or fact,
        before={"dismissed_at": former},
        after={"dismissed_at": dismissed_at},
    )
    settle_known(shop, fact.order_platform_id, at=at)


def _progress(dispute: Dispute | DisputeReport) -> tuple[bool, str, int]:
    """Return a sort key of a dispute's states: decided after open, and by when it was decided."""
    decided_at = "" if dispute.decided_at is None else dispute.decided_at.isoformat()
    return (
        dispute.state != Dispute.State.OPEN,
        decided_at,
        STAGES.index(Dispute.State(dispute.state)),
    )
