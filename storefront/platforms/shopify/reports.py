"""Shopify's orders, products and what else it says → our reports.

Each `read_…` raises BadInput where a field is missing or not of its kind; the message names it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from downloads import incoming
from downloads.email_addresses import accepted_email
from downloads.errors import BadInput
from downloads.models import Order
from downloads.tokens import hash_token, is_fit
from storefront.platforms import lines
from storefront.platforms.notes import Notes
from storefront.platforms.shopify import schemas
from storefront.platforms.values import LONG_AGO

PAYMENTS = {
    "pending": Order.ReportedPayment.PENDING,
    "partially_paid": Order.ReportedPayment.PARTIAL,
    "unpaid": Order.ReportedPayment.PENDING,
    "authorized": Order.ReportedPayment.AUTHORIZED,
    "paid": Order.ReportedPayment.PAID,
    "partially_refunded": Order.ReportedPayment.PAID,
    "refunded": Order.ReportedPayment.REFUNDED,
    "voided": Order.ReportedPayment.VOIDED,
    "expired": Order.ReportedPayment.VOIDED,
}


def read_order(payload: Any) -> incoming.OrderReport:
    """Return what an order of the Admin API says; what could not be read is in its notes."""
    order = schemas.Order.read(payload, "order")
    notes = order.notes
    placed_at = order.processed_at or order.created_at or order.updated_at or order.cancelled_at
    if placed_at is None:
        raise BadInput("order.created_at: missing")
    reported_at = order.updated_at or placed_at
    number, receipt_number = _receipt_of(order)
    status = (order.financial_status or "").strip().lower()
    email = _contact(notes, order)
    total, current_total = order.total_price, order.current_total_price
    return incoming.OrderReport(
        platform_id=order.id,
        number=number,
        receipt_number=receipt_number,
        payment=_payment(notes, order, status),
        status=status,
        placed_at=placed_at,
        reported_at=reported_at,
        token_hash=order.token_sha256 or hash_of_token(order.token),
        cancelled_at=order.cancelled_at,
        is_cancellation_known=not order.is_unread("cancelled_at"),
        grand_total=total if current_total is None else current_total,
        currency=order.currency or "",
        is_test=order.test,
        email=email,
        customer=_customer_report(notes, order, email),
        lines=_line_reports(notes, order.line_items),
        are_lines_complete=not order.is_unread("line_items"),
        refunds=_refund_reports(notes, order.refunds or (), reported_at),
        notes=notes.sentences,
    )


def _payment(notes: Notes, order: schemas.Order, status: str) -> str | None:
    payment = PAYMENTS.get(status)
    if payment is None and not order.is_unread("financial_status"):
        notes.add(".financial_status", f'"{status[:40]}" is not known' if status else "is missing")
    return payment


def _receipt_of(order: schemas.Order) -> tuple[int, str]:
    """Return an order's number, and its name where that is more than `#` and the number."""
    written = order.name or order.order_number or ""
    number = lines.receipt_of(order.order_number or order.name, order.id)[0]
    is_plain = written.removeprefix("#") in ("", str(number))
    return number, "" if is_plain else written


def _contact(notes: Notes, order: schemas.Order) -> str | None:
    """Return where the order's mail goes: its own address, else that of the buyer's account."""
    written = lines.accepted(notes, ".email", order.email)
    written = written or lines.accepted(notes, ".contact_email", order.contact_email)
    customer = order.customer
    return written or (None if customer is None else accepted_email(customer.email or ""))


def _customer_report(
    notes: Notes, order: schemas.Order, email: str | None
) -> incoming.CustomerReport | None:
    customer = order.customer
    if customer is None:
        return None if email is None else incoming.CustomerReport()
    return incoming.CustomerReport(
        platform_id=customer.id or None,
        email=lines.accepted(notes, ".customer.email", customer.email),
        first_name=customer.first_name or "",
        last_name=customer.last_name or "",
    )


def _line_reports(
    notes: Notes, rows: Sequence[schemas.LineItem]
) -> tuple[incoming.LineReport, ...]:
    for place, row in enumerate(rows):
        with notes.at(f".line_items[{place}]"):
            lines.note_missing(notes, row, "quantity")
    return lines.numbered(notes, "line_items", [(row.id, _line_report(row)) for row in rows])


def _line_report(line: schemas.LineItem) -> incoming.LineReport:
    return incoming.LineReport(
        platform_id=lines.UNNUMBERED,
        quantity=lines.units_kept(line, line.quantity, of="current_quantity"),
        current_quantity=line.current_quantity,
        is_kept_known=not line.is_emptied("current_quantity"),
        product=incoming.ProductReport(
            name=line.title or line.name or "Untitled",
            product_id=line.product_id,
            variant_id=line.variant_id,
            variant_name=line.variant_title,
            sku=line.sku,
            vendor=line.vendor,
        ),
    )


def _refund_reports(
    notes: Notes, rows: Sequence[schemas.Refund], reported_at: datetime
) -> tuple[incoming.RefundReport, ...]:
    reports = []
    for place, row in enumerate(rows):
        with notes.at(f".refunds[{place}]"):
            if row.id is None:
                notes.add(".id", "is missing, and the refund was left out")
                continue
            # What undoes it later must be newer than it.
            at = reported_at if row.is_unread("created_at") else row.created_at or LONG_AGO
            reports.append(_refund_report(notes, row, row.id, at))
    return tuple(reports)


def _refund_report(
    notes: Notes, refund: schemas.Refund, number: int, at: datetime
) -> incoming.RefundReport:
    rows = ((row.line_item_id, row.quantity) for row in refund.refund_line_items or ())
    return lines.refund_of(notes, refund, "refund_line_items", rows, number=number, at=at)


def read_refund(payload: Any) -> tuple[int, incoming.RefundReport]:
    """Return an order's number and a refund of it. An amount alone refunds no units."""
    refund = schemas.RefundMessage.read(payload, "refund")
    at = refund.created_at or LONG_AGO
    return refund.order_id, _refund_report(refund.notes, refund, refund.id, at)


def hash_of_token(token: Any) -> str | None:
    """Return the hash of an order-status token; null for what cannot be one."""
    return hash_token(token) if is_fit(token) else None


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
            tags=None if product.is_unread("tags") else tuple(product.tags),
            product_type=product.product_type,
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
    customer = request.customer
    person = incoming.PersonReport(
        platform_id=None if customer is None else customer.id,
        email=(customer and accepted_email(customer.email or "")) or "",
        orders=(*request.orders_requested, *request.orders_to_redact),
    )
    number = None if request.data_request is None else request.data_request.id
    return number, person
