"""Shopify's own order export (CSV): a row for each line, the order's columns on its first alone.

Source: Shopify's help centre, “Exporting orders”. It has no numbers of products and lines, no
order-status token, and does not say which units were given back.
"""

from collections.abc import Sequence

from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Order
from storefront.imports import cells
from storefront.imports.base import Row, TableFormat
from storefront.imports.cells import Notes
from storefront.imports.order_fields import LineNumbers, buyer, contact, newest, noted_if_none
from storefront.platforms.shopify.reports import PAYMENTS

SOURCE = "shopify csv"
STATUSES = {
    "pending": Order.ReportedPayment.PENDING,
    "unpaid": Order.ReportedPayment.PENDING,
    "partially_paid": Order.ReportedPayment.PARTIAL,
}


def _key(row: Row) -> str:
    return row["name"]


def read(rows: Sequence[Row]) -> OrderReport:
    """Return what an order's rows say."""
    order = next((row for row in rows if row["financial status"] or row["id"]), rows[0])
    notes, name = Notes(), _key(rows[0])
    placed_at = cells.time(order["created at"], "When it was placed", notes)
    paid_at = cells.time(order["paid at"], "When it was paid", notes)
    fulfilled_at = cells.moment(order["fulfilled at"])
    cancelled = order.first("cancelled at", "canceled at")
    cancelled_at = cells.time(cancelled, "When it was cancelled", notes)
    number = cells.whole(order["id"])
    if number is None and order["id"]:
        notes.unread("The order's Id", order["id"])
    platform_id = number or cells.synthetic(SOURCE, name)
    printed, receipt = cells.numbers_of(name, otherwise=abs(platform_id))
    email = contact(order["email"], notes)
    payment = _payment(order, notes)
    if payment == Order.ReportedPayment.PAID and cells.amount(
        order["refunded amount"], "The refunded amount", notes
    ):
        notes.append("Money was given back; the export does not say for which units.")
    at = newest(placed_at, paid_at, fulfilled_at, cancelled_at)
    return OrderReport(
        platform_id=platform_id,
        number=printed,
        receipt_number=receipt,
        payment=payment,
        placed_at=placed_at or at,
        reported_at=at,
        cancelled_at=cancelled_at,
        is_cancellation_known=cancelled_at is not None or not cancelled,
        grand_total=cells.amount(order["total"], "The total", notes),
        currency=order["currency"][:3],
        customer=buyer(email, name=order.first("billing name", "shipping name")),
        email=email,
        lines=_lines(rows, name, notes),
        notes=tuple(notes),
    )


def _payment(order: Row, notes: Notes) -> str | None:
    status = order["financial status"].casefold().replace(" ", "_")
    payments = STATUSES | PAYMENTS
    if status in payments:
        return payments[status]
    notes.unread("The financial status", order["financial status"])
    return None


def _lines(rows: Sequence[Row], name: str, notes: Notes) -> tuple[LineReport, ...]:
    numbers = LineNumbers(SOURCE, name)
    lines = tuple(
        LineReport(
            platform_id=numbers.next(row["lineitem sku"], row["lineitem name"]),
            quantity=cells.units(row["lineitem quantity"], "A quantity", notes),
            product=ProductReport(
                name=cells.words(row["lineitem name"]) or "Untitled",
                sku=cells.words(row["lineitem sku"], limit=255),
                vendor=cells.words(row["vendor"], limit=255),
            ),
        )
        for row in rows
        if row["lineitem name"] or row["lineitem sku"]
    )
    return noted_if_none(lines, notes)


ORDERS = TableFormat(
    title="Shopify's order export",
    marks=frozenset(
        {
            *("name", "email", "financial status", "lineitem quantity", "lineitem name"),
            *("lineitem sku", "lineitem price", "created at"),
        }
    ),
    needs=(("name",), ("financial status",), ("lineitem name",), ("lineitem quantity",)),
    key=_key,
    read=read,
    name=_key,
)
