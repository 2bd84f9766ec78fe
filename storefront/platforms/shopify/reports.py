"""Shopify's orders, products and what else it says → our reports.

Each `read_…` raises BadInput where a field is missing or not of its kind; the message names it.
"""

from typing import Any

from downloads import incoming
from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.models import Dispute, Order
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.platforms.fields import LONG_AGO, units_by_line
from storefront.platforms.shopify import schemas

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


def read_order(payload: Any) -> incoming.OrderReport:
    """Return what an order of the Admin API says."""
    order = schemas.Order.read(payload, "order")
    placed_at = order.processed_at or order.created_at
    if placed_at is None:
        raise BadInput("order.created_at: missing")
    if len({line.id for line in order.line_items}) < len(order.line_items):
        raise BadInput("order.line_items: two lines have the same id")
    status = order.financial_status or ""
    total, current_total = order.total_price, order.current_total_price
    return incoming.OrderReport(
        platform_id=order.id,
        number=order.order_number,
        payment=PAYMENTS.get(status, Order.ReportedPayment.PENDING),
        placed_at=placed_at,
        reported_at=order.updated_at or placed_at,
        token_hash=order.token_sha256 or hash_of_token(order.token),
        cancelled_at=order.cancelled_at,
        grand_total=total if current_total is None else current_total,
        currency=(order.currency or "")[:3],
        customer=_customer_report(order),
        lines=tuple(map(_line_report, order.line_items)),
        refunds=tuple(map(_refund_report, order.refunds or ())),
    )


def read_refund(payload: Any) -> tuple[int, incoming.RefundReport]:
    """Return an order's number and a refund of it. An amount alone refunds no units."""
    refund = schemas.RefundMessage.read(payload, "refund")
    return refund.order_id, _refund_report(refund)


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
    """Return an order's number and what Shopify itself thinks of it; null for others' opinions."""
    risk = schemas.Risk.read(payload, "risk")
    if risk.provider_id or risk.provider_title:
        return risk.order_id, None
    is_high = (risk.risk_level or "").lower() == "high"
    return risk.order_id, incoming.RiskReport(
        is_high=is_high, assessed_at=risk.created_at or LONG_AGO
    )


def _customer_report(order: schemas.Order) -> incoming.CustomerReport | None:
    customer = order.customer
    email = valid_email(order.email or (customer and customer.email) or "")
    if customer is None:
        return incoming.CustomerReport(email=email) if email else None
    return incoming.CustomerReport(
        platform_id=customer.id,
        email=valid_email(customer.email or "") or email,
        first_name=customer.first_name or "",
        last_name=customer.last_name or "",
    )


def _line_report(line: schemas.LineItem) -> incoming.LineReport:
    return incoming.LineReport(
        platform_id=line.id,
        quantity=line.quantity,
        current_quantity=line.current_quantity,
        product=incoming.ProductReport(
            name=line.title or line.name or "Untitled",
            product_id=line.product_id,
            variant_id=line.variant_id,
            variant_name=line.variant_title,
            sku=line.sku,
            vendor=line.vendor,
        ),
    )


def _refund_report(refund: schemas.Refund) -> incoming.RefundReport:
    rows = refund.refund_line_items or ()
    return incoming.RefundReport(
        platform_id=refund.id,
        refunded_at=refund.created_at or LONG_AGO,
        units=units_by_line((row.line_item_id, row.quantity) for row in rows),
    )


def hash_of_token(token: Any) -> str | None:
    """Return the hash of an order-status token; null for what cannot be one."""
    return hash_token(token) if isinstance(token, str) and len(token) >= MIN_LENGTH else None


def read_product(payload: Any) -> incoming.CatalogReport:
    """Return what a product of the Admin API says, one report a variant."""
    product = schemas.Product.read(payload, "product")
    reported_at = product.updated_at or product.created_at
    if reported_at is None:
        raise BadInput("product.updated_at: missing")
    variants = tuple(
        incoming.ProductReport(
            name=product.title or "Untitled",
            product_id=product.id,
            vendor=product.vendor,
            tags=tuple(product.tags),
            variant_id=variant.id,
            variant_name=variant.title,
            sku=variant.sku,
        )
        for variant in product.variants
    )
    return incoming.CatalogReport(variants=variants, reported_at=reported_at)


def read_shop(payload: Any) -> incoming.ShopReport:
    """Return what the shop says of itself."""
    shop = schemas.Shop.read(payload, "shop")
    if shop.name is None or shop.updated_at is None:
        raise BadInput(f"shop.{'name' if shop.name is None else 'updated_at'}: missing")
    return incoming.ShopReport(name=shop.name, reported_at=shop.updated_at)


def read_privacy_request(payload: Any) -> tuple[int | None, incoming.PersonReport]:
    """Return the number of a request, null where it has none, and of whom it speaks."""
    request = schemas.PrivacyRequest.read(payload, "request")
    customer = request.customer or schemas.Customer()
    person = incoming.PersonReport(
        platform_id=customer.id,
        email=valid_email(customer.email or "") or "",
        orders=(*request.orders_requested, *request.orders_to_redact),
    )
    number = None if request.data_request is None else request.data_request.id
    return number, person
