"""The plain CSV of ours: a row for each line, the order's columns on each or on the first alone.

Documented in `storefront/docs/importing.md`; `TEMPLATE` is a file to begin with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from downloads.errors import BadInput
from downloads.incoming import CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import Order
from storefront.imports import cells
from storefront.imports.base import Row, TableFormat
from storefront.imports.cells import Notes
from storefront.imports.order_fields import (
    LineNumbers,
    buyer,
    contact,
    newest,
    noted_if_none,
    token_hash,
)

SOURCE = "plain"
Payment = Order.ReportedPayment
GIVEN_BACK = ("refunded", "refund")
TEMPLATE = """\
order_number,placed_at,paid,email,first_name,last_name,customer_id,product,variant,sku,quantity,\
refunded_units,downloads_used,token
1001,2025-06-15 10:30,yes,ada@example.com,Ada,Lovelace,,My new Book,,BOOK-1,1,0,2,
1002,2025-06-16,2025-06-17,grace@example.com,Grace,Hopper,,My new Book,,BOOK-1,2,1,0,\
0c732eb6fd9802a0821a9d29888baee8
1002,,,,,,,Course,Pro,COURSE-PRO,1,0,0,
1003,2025-06-18,no,alan@example.com,Alan,Turing,,Course,Basic,COURSE-BASIC,1,0,0,
"""


@dataclass(frozen=True)
class _Paid:
    payment: str | None
    at: datetime | None = None


def read(rows: Sequence[Row]) -> OrderReport:
    """Return what an order's rows say. Each of the order's columns counts where it stands first."""
    notes = Notes()
    order = _order_of(rows)
    name = rows[0]["order number"]
    platform_id = cells.whole(order["order id"]) or cells.synthetic(SOURCE, name)
    printed, receipt = cells.numbers_of(name, otherwise=abs(platform_id))
    placed_at = cells.time(order["placed at"], "When it was placed", notes)
    cancelled_at = cells.time(order["cancelled at"], "When it was cancelled", notes)
    changed_at = cells.time(order["updated at"], "When it was changed", notes)
    paid = _paid(order["paid"], notes)
    email = contact(order["email"], notes)
    at = newest(placed_at, paid.at, cancelled_at, changed_at)
    return OrderReport(
        platform_id=platform_id,
        number=printed,
        receipt_number=receipt,
        payment=paid.payment,
        placed_at=placed_at or at,
        reported_at=at,
        cancelled_at=cancelled_at,
        is_cancellation_known=cancelled_at is not None or not order["cancelled at"],
        token_hash=token_hash(order["token"], notes),
        grand_total=cells.amount(order["total"], "The total", notes),
        currency=order["currency"][:3].upper(),
        customer=_customer(order, email, notes),
        email=email,
        lines=_lines(rows, name, notes),
        notes=tuple(notes),
    )


def _order_of(rows: Sequence[Row]) -> Row:
    found: dict[str, str] = {}
    for row in reversed(rows):
        found |= {column: text for column, text in row.cells.items() if text}
    return Row(rows[0].line, found)


def _customer(order: Row, email: str | None, notes: Notes) -> CustomerReport | None:
    number = cells.whole(order["customer id"])
    if number is None and order["customer id"]:
        notes.unread("The customer's number", order["customer id"])
    return buyer(email, number=number, first=order["first name"], last=order["last name"])


def _paid(word: str, notes: Notes) -> _Paid:
    if word.casefold() in GIVEN_BACK:
        return _Paid(Payment.REFUNDED)
    is_paid = cells.yes_or_no(word)
    if not word or is_paid is False:
        return _Paid(Payment.PENDING)
    if is_paid:
        return _Paid(Payment.PAID)
    at = cells.time(word, "Whether it is paid", notes)
    return _Paid(None if at is None else Payment.PAID, at)


def _lines(rows: Sequence[Row], name: str, notes: Notes) -> tuple[LineReport, ...]:
    numbers = LineNumbers(SOURCE, name)
    lines = tuple(_line(row, numbers, notes) for row in rows if row["product"] or row["sku"])
    return noted_if_none(lines, notes)


def _left(quantity: int | None, back: int | None) -> int | None:
    if back is None or (quantity is None and not back):
        return None
    # What could not be read counts as one, and opens no more than is left of that.
    return max((1 if quantity is None else quantity) - back, 0)


def _line(row: Row, numbers: LineNumbers, notes: Notes) -> LineReport:
    quantity = cells.units(row["quantity"], "A quantity", notes) if row["quantity"] else 1
    back = cells.units(row["refunded units"], "The units given back", notes)
    if row["refunded units"] and back is None:
        # It would be open for what was given back.
        raise BadInput(
            f"refunded_units: expected a number, got {cells.shown(row['refunded units'])}"
        )
    return LineReport(
        platform_id=numbers.next(row["sku"], row["product"], row["variant"]),
        quantity=quantity,
        current_quantity=_left(quantity, back),
        used=cells.units(row["downloads used"], "The downloads used", notes),
        product=ProductReport(
            name=cells.words(row.first("product", "sku")) or "Untitled",
            product_id=cells.whole(row["product id"]),
            variant_id=cells.whole(row["variant id"]),
            variant_name=cells.words(row["variant"]),
            sku=cells.words(row["sku"], limit=255),
        ),
    )


ORDERS = TableFormat(
    title="our own format",
    marks=frozenset(
        {"order number", "placed at", "paid", "email", "product", "sku", "downloads used", "token"}
    ),
    needs=(("order number",), ("product", "sku")),
    key=lambda row: row["order number"],
    read=read,
    name=lambda row: row["order number"],
)
