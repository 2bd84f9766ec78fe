"""Shopify's disputes and risk assessments → our reports.

Each `read_…` raises BadInput where a field is missing or not of its kind; the message names it.
"""

from typing import Any

from downloads import incoming
from downloads.errors import BadInput
from downloads.models import Dispute
from storefront.platforms.shopify import schemas
from storefront.platforms.values import LONG_AGO

DISPUTES = {
    "needs_response": Dispute.State.OPEN,
    "under_review": Dispute.State.OPEN,
    "won": Dispute.State.WON,
    "lost": Dispute.State.LOST,
    "accepted": Dispute.State.LOST,
    "charge_refunded": Dispute.State.LOST,
}
RISKS = ("high", "medium", "low", "none")


def read_dispute(payload: Any) -> tuple[int | None, incoming.DisputeReport | None]:
    """Return an order's number and what a dispute of it says; null while the bank only asks."""
    stage = schemas.DisputeStage.read(payload, "dispute")
    if stage.status not in DISPUTES:
        raise BadInput(f"dispute.status: expected one of {', '.join(DISPUTES)}")
    state = DISPUTES[stage.status]
    if state == Dispute.State.OPEN and stage.type == "inquiry":
        return stage.order_id, None
    dispute = schemas.Dispute.read(payload, "dispute")
    return dispute.order_id, incoming.DisputeReport(
        platform_id=dispute.id,
        state=state,
        opened_at=dispute.initiated_at or LONG_AGO,
        decided_at=dispute.finalized_on,
    )


def read_risk(payload: Any) -> tuple[int, incoming.RiskReport | None]:
    """Return an order's number and what Shopify itself thinks of it.

    Null for others' opinions, and where it does not say: what is known stays.
    """
    risk = schemas.Risk.read(payload, "risk")
    if risk.provider_id or risk.provider_title:
        return risk.order_id, None
    level = (risk.risk_level or "").strip().lower()
    if level in ("", "pending"):
        return risk.order_id, None
    if level not in RISKS:
        raise BadInput(f"risk.risk_level: expected one of {', '.join(RISKS)}")
    is_high = level == "high"
    return risk.order_id, incoming.RiskReport(
        is_high=is_high, assessed_at=risk.created_at or LONG_AGO
    )
