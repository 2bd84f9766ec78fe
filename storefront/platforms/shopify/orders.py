"""Shopify's orders, refunds, disputes and risk → our reports.

Source: Shopify's Admin API, resources Order, Refund and Dispute. Older versions leave out
`current_quantity` and `refunds`; anything not named here is ignored.
"""

from typing import Any

from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.incoming import (
    CustomerReport,
    DisputeReport,
    LineReport,
    OrderReport,
    ProductReport,
    RefundReport,
    RiskReport,
)
from downloads.models import Dispute, Order
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.platforms.payloads import DIGITS, Reader
from storefront.platforms.shopify.fields import LONG_AGO, rows_in, variant_name_of

MAX_QUANTITY = 1_000_000
# A payment that is only partly made is none.
PAYMENTS = {
    "authorized": Order.ReportedPayment.AUTHORIZED,
    "paid": Order.ReportedPayment.PAID,
    "partially_refunded": Order.ReportedPayment.PAID,
    "refunded": Order.ReportedPayment.REFUNDED,
    "voided": Order.ReportedPayment.VOIDED,
    "expired": Order.ReportedPayment.VOIDED,
}
DISPUTES = {
    "needs_response": Dispute.State.OPEN,
    "under_review": Dispute.State.OPEN,
    "won": Dispute.State.WON,
    "lost": Dispute.State.LOST,
    "accepted": Dispute.State.LOST,
    "charge_refunded": Dispute.State.LOST,
}


def orders_in(document: Any) -> list[Any]:
    """Return the orders of `{"order": …}`, `{"orders": […]}` or a bare order, unread.

    Raises:
        BadInput: none of the three.
    """
    return rows_in(document, "order", marked_by="line_items")


def read_order(payload: Any) -> OrderReport:
    """Return what an order of the Admin API says.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    order = Reader(payload, "order")
    placed_at = order.time("processed_at", order.time("created_at"))
    if placed_at is None:
        raise BadInput("order.created_at: missing")
    lines = tuple(_read_line(line) for line in order.rows("line_items"))
    if len({line.platform_id for line in lines}) < len(lines):
        raise BadInput("order.line_items: two lines have the same id")
    return OrderReport(
        platform_id=order.number("id"),
        number=order.number("order_number"),
        payment=PAYMENTS.get(order.text("financial_status") or "", Order.ReportedPayment.PENDING),
        placed_at=placed_at,
        reported_at=order.time("updated_at", placed_at) or placed_at,
        # A stored message has the hash in the token's place.
        token_hash=order.text("token_sha256", limit=64) or hash_of_token(order.value("token")),
        cancelled_at=order.time("cancelled_at"),
        grand_total=order.amount("current_total_price", order.amount("total_price")),
        currency=(order.text("currency") or "")[:3],
        customer=_read_customer(order),
        lines=lines,
        refunds=tuple(_read_refund(refund) for refund in order.rows("refunds", required=False)),
    )


def read_refund(payload: Any) -> RefundReport:
    """Return what a refund of the Admin API says. An amount alone refunds no units.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    return _read_refund(Reader(payload, "refund"))


def read_dispute(payload: Any) -> DisputeReport | None:
    """Return what a dispute of the Admin API says; null while the bank only asks.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    dispute = Reader(payload, "dispute")
    status = dispute.text("status") or ""
    if status not in DISPUTES:
        raise BadInput(f"dispute.status: expected one of {', '.join(DISPUTES)}")
    state = DISPUTES[status]
    if state == Dispute.State.OPEN and dispute.text("type") == "inquiry":
        return None
    return DisputeReport(
        platform_id=dispute.number("id"),
        state=state,
        opened_at=dispute.time("initiated_at") or LONG_AGO,
        decided_at=dispute.day("finalized_on"),
    )


def read_risk(payload: Any) -> tuple[int, RiskReport | None]:
    """Return an order's number and what Shopify thinks of it; null where it is another's opinion.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    risk = Reader(payload, "risk")
    number = risk.value("order_id")
    if isinstance(number, str) and DIGITS.fullmatch(number):
        risk = Reader(risk.payload | {"order_id": int(number)}, "risk")
    report = RiskReport(
        is_high=(risk.text("risk_level") or "").lower() == "high",
        assessed_at=risk.time("created_at") or LONG_AGO,
    )
    is_theirs = risk.optional_number("provider_id") or risk.text("provider_title")
    return risk.number("order_id"), None if is_theirs else report


def _read_customer(order: Reader) -> CustomerReport | None:
    customer = order.part("customer")
    email = valid_email(order.text("email") or (customer and customer.text("email")) or "")
    if customer is None:
        return CustomerReport(email=email) if email else None
    return CustomerReport(
        platform_id=customer.optional_number("id"),
        email=valid_email(customer.text("email") or "") or email,
        first_name=customer.text("first_name", limit=200) or "",
        last_name=customer.text("last_name", limit=200) or "",
    )


def _read_line(line: Reader) -> LineReport:
    return LineReport(
        platform_id=line.number("id"),
        quantity=line.number("quantity", at_most=MAX_QUANTITY),
        current_quantity=line.optional_number("current_quantity", at_most=MAX_QUANTITY),
        product=ProductReport(
            name=line.text("title") or line.text("name") or "Untitled",
            product_id=line.optional_number("product_id"),
            variant_id=line.optional_number("variant_id"),
            variant_name=variant_name_of(line.text("variant_title")),
            sku=line.text("sku", limit=255),
            vendor=line.text("vendor", limit=255),
        ),
    )


def _read_refund(refund: Reader) -> RefundReport:
    units: dict[int, int] = {}
    for line in refund.rows("refund_line_items", required=False):
        number = line.number("line_item_id")
        back = units.get(number, 0) + line.number("quantity", at_most=MAX_QUANTITY)
        units[number] = min(back, MAX_QUANTITY)
    return RefundReport(
        platform_id=refund.number("id"),
        refunded_at=refund.time("created_at") or LONG_AGO,
        units=units,
    )


def hash_of_token(token: Any) -> str | None:
    """Return the hash of an order-status token; null for what cannot be one."""
    return hash_token(token) if isinstance(token, str) and len(token) >= MIN_LENGTH else None
