"""Record refunds, disputes and risk, which may arrive before the order itself."""

from datetime import datetime

from django.db import transaction

from downloads.fulfilment.bounds import require_few, require_few_refunded
from downloads.fulfilment.changes import Outcome, assign
from downloads.fulfilment.recalculation import lock_shop, settle_known
from downloads.incoming import DisputeReport, RefundReport, RiskReport
from downloads.models import Dispute, Refund, RefundedLine, RiskAssessment, Shop

# How far a dispute has come, where its messages carry no time.
STAGES = [Dispute.State.OPEN, Dispute.State.WON, Dispute.State.LOST]


@transaction.atomic
def record_refund(shop: Shop, order: int, report: RefundReport, *, at: datetime) -> bool:
    """Record a refund of an order and revoke its units; say whether it was new.

    `order` is the platform's number.
    """
    shop = lock_shop(shop)
    is_news = save_refund(shop, order, report)
    settle_known(shop, order, at=at)
    return is_news


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
        },
    )
    changed = False
    if is_new:
        require_few(Dispute.objects.all(), shop, order, "disputes")
    else:
        # One message may lack the time that another tells.
        changed |= assign(dispute, opened_at=max(dispute.opened_at, report.opened_at))
    if not is_new and _progress(report) > _progress(dispute):
        changed |= assign(dispute, state=report.state, decided_at=report.decided_at)
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


def save_refund(shop: Shop, order: int, report: RefundReport) -> bool:
    """Save a refund of an order by its platform's number; say whether it changed anything.

    A refund told twice with different lines counts, for each line, the most units told.

    Raises:
        AboveLimit: it names more lines, or is one refund more, than `ORDER_MAX_LINES`.
    """
    refund, is_news = Refund.objects.get_or_create(
        shop=shop,
        order_platform_id=order,
        platform_id=report.platform_id,
        defaults={"refunded_at": report.refunded_at},
    )
    if is_news:
        require_few(Refund.objects.all(), shop, order, "refunds")
    assign(refund, refunded_at=max(refund.refunded_at, report.refunded_at))
    existing = {line.line_platform_id: line for line in refund.lines.all()} if not is_news else {}
    require_few_refunded(shop, order, refund, existing.keys() | report.units.keys())
    fresh = []
    for number, units in report.units.items():
        if number not in existing:
            fresh.append(RefundedLine(refund=refund, line_platform_id=number, quantity=units))
        elif units > existing[number].quantity:
            is_news |= assign(existing[number], quantity=units)
    RefundedLine.objects.bulk_create(fresh)
    return is_news or bool(fresh)


def _progress(dispute: Dispute | DisputeReport) -> tuple[bool, str, int]:
    """Return a sort key of a dispute's states: decided after open, and by when it was decided."""
    decided_at = "" if dispute.decided_at is None else dispute.decided_at.isoformat()
    return (
        dispute.state != Dispute.State.OPEN,
        decided_at,
        STAGES.index(Dispute.State(dispute.state)),
    )
