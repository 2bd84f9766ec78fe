"""WooCommerce's table of download permissions, with the counts used and the orders' keys.

Source: WooCommerce's `class-wc-install.php`, table `woocommerce_downloadable_product_permissions`:
a row for each product and file of an order. It says nothing of refunds; a column `status` beside it
(of the order) does.
"""

from collections.abc import Sequence

from downloads.errors import BadInput
from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Order
from storefront.imports import cells
from storefront.imports.base import Row, TableFormat
from storefront.imports.cells import Notes
from storefront.imports.order_fields import LineNumbers, buyer, contact, most, newest, noted_if_none
from storefront.platforms.woocommerce.reports import hash_of_key

SOURCE = "woocommerce permissions"
Payment = Order.ReportedPayment
PAYMENTS = {
    "completed": Payment.PAID,
    "processing": Payment.PAID,
    "pending": Payment.PENDING,
    "on-hold": Payment.PENDING,
    "failed": Payment.PENDING,
    "cancelled": Payment.VOIDED,
    "trash": Payment.VOIDED,
    "refunded": Payment.REFUNDED,
}
CANCELLED = ("cancelled", "trash")


def read(rows: Sequence[Row]) -> OrderReport:
    """Return what an order's permissions say."""
    notes, first = Notes(), rows[0]
    number = cells.whole(first["order id"])
    if number is None:
        raise BadInput(f"order_id: expected a whole number, got {cells.shown(first['order id'])}")
    granted = [cells.moment(row["access granted"]) for row in rows]
    at = newest(*granted)
    email = contact(_first(rows, "user email"), notes)
    status = _first(rows, "status", "order status", "post status").removeprefix("wc-").casefold()
    cancelled_at = at if status in CANCELLED else None
    printed, receipt = cells.numbers_of(_first(rows, "order number"), otherwise=number)
    _note_ends(rows, notes)
    return OrderReport(
        platform_id=number,
        number=printed,
        receipt_number=receipt,
        payment=_payment(status, notes),
        placed_at=min(filter(None, granted), default=at),
        reported_at=at,
        cancelled_at=cancelled_at,
        token_hash=next(filter(None, (hash_of_key(row["order key"]) for row in rows)), None),
        customer=buyer(email, number=cells.whole(_first(rows, "user id"))),
        email=email,
        lines=_lines(rows, number, notes),
        notes=tuple(notes),
    )


def _payment(status: str, notes: Notes) -> str | None:
    # It is granted at the payment.
    if not status:
        return Payment.PAID
    if status not in PAYMENTS:
        notes.unread("The order's status", status)
    return PAYMENTS.get(status)


def _lines(rows: Sequence[Row], order: int, notes: Notes) -> tuple[LineReport, ...]:
    numbers = LineNumbers(SOURCE, str(order))
    by_product: dict[str, list[Row]] = {}
    for row in rows:
        by_product.setdefault(row["product id"], []).append(row)
    lines = tuple(
        LineReport(
            platform_id=numbers.next(product),
            quantity=None,
            # Counted for each file; a unit of ours is a download of each.
            used=most(*(cells.units(row["download count"], "A count", notes) for row in files)),
            product=ProductReport(
                name=cells.words(files[0].first("product name", "product")) or f"Product {product}",
                product_id=cells.whole(product),
                variant_id=cells.whole(product),
            ),
        )
        for product, files in by_product.items()
        if product
    )
    return noted_if_none(lines, notes)


def _note_ends(rows: Sequence[Row], notes: Notes) -> None:
    ends = list(filter(None, (cells.moment(row["access expires"]) for row in rows)))
    if ends:
        notes.append(
            f"In WooCommerce the access was to end on {min(ends):%Y-%m-%d}; that is not carried "
            "over."
        )


def _first(rows: Sequence[Row], *columns: str) -> str:
    return next(filter(None, (row.first(*columns) for row in rows)), "")


PERMISSIONS = TableFormat(
    title="WooCommerce's table of download permissions",
    marks=frozenset(
        {
            *("download id", "product id", "order id", "order key", "user email"),
            *("downloads remaining", "access granted", "download count"),
        }
    ),
    needs=(("order id",), ("product id",), ("download count",), ("order key",)),
    key=lambda row: row["order id"],
    read=read,
    name=lambda row: row["order id"],
)
ANALYTICS = TableFormat(
    title="WooCommerce's analytics of orders",
    marks=frozenset(
        {"date", "order #", "status", "customer", "product(s)", "items sold", "net sales"}
    ),
    refusal="This is the list of orders of WooCommerce's analytics. It has no mail addresses and "
    "no products by number, so no order can be made of it: take the orders of the REST API "
    "(/wp-json/wc/v3/orders) or the table of download permissions.",
)
