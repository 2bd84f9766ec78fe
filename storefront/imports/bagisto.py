"""Bagisto's table of bought links, with the counts used. Its list of orders has no lines.

Source: Bagisto's migrations, table `downloadable_link_purchased`: a row for each line and link. It
has no mail address; a column `email` beside it (of the order, `customer_email`) does.
"""

from collections.abc import Sequence

from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Order
from storefront.imports import cells
from storefront.imports.base import Row, TableFormat
from storefront.imports.cells import Notes
from storefront.imports.order_fields import LineNumbers, buyer, contact, most, newest

SOURCE = "bagisto"
Payment = Order.ReportedPayment
# `expired` is a link whose downloads are all used.
PAYMENTS = {
    "available": Payment.PAID,
    "expired": Payment.PAID,
    "completed": Payment.PAID,
    "pending": Payment.PENDING,
    "canceled": Payment.VOIDED,
    "closed": Payment.REFUNDED,
    "refunded": Payment.REFUNDED,
}


def _name(row: Row) -> str:
    return row.first("increment id", "order id")


def read(rows: Sequence[Row]) -> OrderReport:
    """Return what an order's links say."""
    first, notes = rows[0], Notes()
    platform_id = cells.synthetic(SOURCE, first["order id"])
    printed, receipt = cells.numbers_of(_name(first), otherwise=abs(platform_id))
    made = [cells.time(row["created at"], "The date", notes) for row in rows]
    at = newest(*made, *(cells.moment(row["updated at"]) for row in rows))
    email = contact(first.first("email", "customer email"), notes)
    name = " ".join(filter(None, (first["customer first name"], first["customer last name"])))
    return OrderReport(
        platform_id=platform_id,
        number=printed,
        receipt_number=receipt,
        payment=_payment(rows, notes),
        placed_at=min(filter(None, made), default=at),
        reported_at=at,
        customer=buyer(email, name=name),
        email=email,
        lines=_lines(rows, notes),
        notes=tuple(notes),
    )


def _payment(rows: Sequence[Row], notes: Notes) -> str | None:
    found = {PAYMENTS.get(row["status"].casefold()) for row in rows}
    if found == {None}:
        notes.unread("The status", rows[0]["status"])
    return next((each for each in PAYMENTS.values() if each in found), None)


def _lines(rows: Sequence[Row], notes: Notes) -> tuple[LineReport, ...]:
    numbers = LineNumbers(SOURCE, rows[0]["order id"])
    by_line: dict[str, list[Row]] = {}
    for row in rows:
        by_line.setdefault(row["order item id"], []).append(row)
    return tuple(
        LineReport(
            platform_id=numbers.next(line),
            quantity=cells.units(links[0].first("qty ordered", "quantity"), "A quantity", notes),
            current_quantity=0 if all(map(_is_cancelled, links)) else None,
            used=most(*(cells.units(row["download used"], "A count", notes) for row in links)),
            product=ProductReport(
                name=cells.words(links[0].first("product name", "name")) or "Untitled",
                sku=cells.words(links[0].first("product sku", "sku"), limit=255),
            ),
        )
        for line, links in by_line.items()
    )


def _is_cancelled(row: Row) -> bool:
    """Say whether all downloads of a link were taken back. Unlimited ones never are."""
    bought, back = cells.whole(row["download bought"]), cells.whole(row["download canceled"])
    return bought is not None and back is not None and back >= bought


LINKS = TableFormat(
    title="Bagisto's table of bought links",
    marks=frozenset(
        {
            *("product name", "download bought", "download used", "order id", "order item id"),
            *("customer id", "file name"),
        }
    ),
    needs=(("order id",), ("order item id",), ("product name",), ("download used",), ("status",)),
    key=lambda row: row["order id"],
    read=read,
    name=_name,
)
GRID = TableFormat(
    title="Bagisto's list of orders",
    marks=frozenset(
        {"order id", "status", "grand total", "pay via", "channel name", "customer", "location"}
    ),
    refusal="This is Bagisto's list of orders. It has no lines, so it does not say what was "
    "bought: take the table downloadable_link_purchased.",
)
