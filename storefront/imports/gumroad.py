"""Gumroad's export of sales: a row for each purchase, and their sums in the last one.

Source: antiwork/gumroad, `exports/purchase_export_service`. Licence keys are not carried over.
"""

from collections.abc import Sequence
from datetime import datetime

from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Order
from storefront.imports import cells
from storefront.imports.base import Row, TableFormat
from storefront.imports.cells import Notes
from storefront.imports.order_fields import LineNumbers, buyer, contact, newest

SOURCE = "gumroad"
Payment = Order.ReportedPayment
SUMS = ("totals", "total")


def _key(row: Row) -> str | None:
    return None if row["purchase id"].casefold() in SUMS else row["purchase id"]


def read(rows: Sequence[Row]) -> OrderReport:
    """Return what the row of a purchase says."""
    sale, notes = rows[0], Notes()
    platform_id = cells.synthetic(SOURCE, sale["purchase id"])
    printed, receipt = cells.numbers_of(sale["order number"], otherwise=abs(platform_id))
    at = newest(_bought_at(sale, notes))
    # A gift is its receiver's.
    address = sale.first("giftee email", "purchase email", "buyer email")
    email = contact(address, notes)
    is_revoked = cells.yes_or_no(sale["access revoked?"])
    if is_revoked:
        notes.append("Gumroad had revoked the access.")
    return OrderReport(
        platform_id=platform_id,
        number=printed,
        receipt_number=receipt,
        payment=_payment(sale, notes),
        placed_at=at,
        reported_at=at,
        cancelled_at=at if is_revoked else None,
        grand_total=cells.amount(sale["sale price ($)"], "The price", notes),
        customer=buyer(email, name=sale["buyer name"] if not sale["giftee email"] else ""),
        email=email,
        lines=(_line(sale, notes),),
        notes=tuple(notes),
    )


def _bought_at(sale: Row, notes: Notes) -> datetime | None:
    day = sale["purchase date"]
    clock = sale.first("purchase time (utc timezone)", "purchase time")
    moment = cells.moment(f"{day} {clock}".strip())
    return moment or cells.time(day, "The date", notes)


def _payment(sale: Row, notes: Notes) -> str | None:
    if sale["refunded?"] and cells.yes_or_no(sale["refunded?"]) is None:
        notes.unread("Whether it was refunded", sale["refunded?"])
        return None
    if cells.yes_or_no(sale["fully refunded?"]):
        return Payment.REFUNDED
    if cells.yes_or_no(sale["disputed?"]) and not cells.yes_or_no(sale["dispute won?"]):
        notes.append("Its payment was disputed, and not won: it counts as given back.")
        return Payment.REFUNDED
    if cells.yes_or_no(sale["pre-order authorization?"]):
        return Payment.AUTHORIZED
    if cells.yes_or_no(sale["refunded?"]):
        if "fully refunded?" not in sale.cells:
            return Payment.REFUNDED
        notes.append("A part of its price was given back.")
    return Payment.PAID


def _line(sale: Row, notes: Notes) -> LineReport:
    return LineReport(
        platform_id=LineNumbers(SOURCE, sale["purchase id"]).next(),
        quantity=cells.units(sale["quantity"], "The quantity", notes) or 1,
        product=ProductReport(
            name=cells.words(sale["item name"]) or "Untitled",
            variant_name=cells.words(sale["variants"].strip("()")),
            sku=cells.words(sale["sku id"], limit=255),
        ),
    )


SALES = TableFormat(
    title="Gumroad's export of sales",
    marks=frozenset(
        {
            *("purchase id", "item name", "purchase email", "buyer email", "purchase date"),
            *("sale price ($)", "refunded?"),
        }
    ),
    needs=(("purchase id",), ("item name",), ("refunded?",)),
    key=_key,
    read=read,
    name=lambda row: row.first("order number", "purchase id"),
)
