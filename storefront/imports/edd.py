"""Easy Digital Downloads: its export of orders, and the one of product sales.

Source: EDD 3.6, `includes/admin/reporting/export/`. The orders' products stand packed in one cell,
as name, price, tax and price's number; how many of each, in another one for people.
"""

import re
from collections.abc import Sequence

from downloads.incoming import LineReport, OrderReport, ProductReport
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

SOURCE = "edd"
Payment = Order.ReportedPayment
PAYMENTS = {
    "complete": Payment.PAID,
    "completed": Payment.PAID,
    "publish": Payment.PAID,
    "partially refunded": Payment.PAID,
    "refunded": Payment.REFUNDED,
    "revoked": Payment.REFUNDED,
    "pending": Payment.PENDING,
    "processing": Payment.PENDING,
    "on hold": Payment.PENDING,
    "failed": Payment.PENDING,
    "abandoned": Payment.PENDING,
}
_PACKED = re.compile(r"(?P<name>.*)\|[^|{}]*\{[^{}]*\}(?:\{(?P<price>[^{}]*)\})?", re.DOTALL)
_BETWEEN = re.compile(r"(?<=\}) / ")


def _key(row: Row) -> str:
    return row.first("order id", "payment id", "id")


def _name(row: Row) -> str:
    return row["order number"] or _key(row)


def _report(rows: Sequence[Row], lines: tuple[LineReport, ...], notes: Notes) -> OrderReport:
    order = rows[0]
    platform_id = cells.synthetic(SOURCE, _key(order))
    printed, receipt = cells.numbers_of(_name(order), otherwise=abs(platform_id))
    at = newest(*(cells.time(row["date"], "The date", notes) for row in rows))
    email = contact(order["email"], notes)
    status = order["status"].casefold().replace("_", " ").replace("-", " ")
    # Sales are listed of what was paid alone.
    payment = PAYMENTS.get(status) if "status" in order.cells else Payment.PAID
    if payment is None:
        notes.unread("The status", order["status"])
    return OrderReport(
        platform_id=platform_id,
        number=printed,
        receipt_number=receipt,
        payment=payment,
        placed_at=at,
        reported_at=at,
        token_hash=token_hash(order["purchase key"], notes),
        grand_total=cells.amount(order["amount"], "The amount", notes),
        currency=order["currency"][:3],
        customer=buyer(email, name=order.first("customer name", "name")),
        email=email,
        is_test=order.first("mode (live or test)", "mode").casefold() == "test",
        lines=lines,
        notes=tuple(notes),
    )


def read_order(rows: Sequence[Row]) -> OrderReport:
    """Return what a row of the export of orders says."""
    notes, numbers = Notes(), LineNumbers(SOURCE, _key(rows[0]))
    lines = [
        LineReport(
            platform_id=numbers.next(name.casefold(), price),
            quantity=_quantity(name, row["products (verbose)"]),
            product=ProductReport(name=cells.words(name) or "Untitled"),
        )
        for row in rows
        for name, price in _products(row)
    ]
    skus = [_sku(sku) for sku in rows[0]["skus"].split("/")]
    if rows[0]["skus"] and len(skus) == len(lines):
        lines = [_with_sku(line, sku) for line, sku in zip(lines, skus, strict=True)]
    return _report(rows, noted_if_none(tuple(lines), notes), notes)


def read_sale(rows: Sequence[Row]) -> OrderReport:
    """Return what the rows of an order in the export of product sales say."""
    notes, numbers = Notes(), LineNumbers(SOURCE, _key(rows[0]))
    lines = tuple(
        LineReport(
            platform_id=numbers.next(_product(row).casefold(), row["price id"]),
            quantity=cells.units(row["quantity"], "A quantity", notes),
            product=ProductReport(name=_product(row), sku=cells.words(_sku(row["sku"]), limit=255)),
        )
        for row in rows
    )
    return _report(rows, lines, notes)


def _products(row: Row) -> list[tuple[str, str]]:
    """Return the names of what was sold, each with its price's number, empty for none."""
    found = [_PACKED.fullmatch(each.strip()) for each in _BETWEEN.split(row["products (raw)"])]
    if found and all(found):
        return [(each["name"].strip(), each["price"] or "") for each in found if each]
    written = row.first("products (raw)", "products (verbose)", "products")
    return [(re.split(r"[|]| - ", each)[0].strip(), "") for each in written.split(" / ") if each]


def _quantity(name: str, verbose: str) -> int:
    found = re.search(re.escape(name) + r" \((\d{1,6})\) - ", verbose)
    return max(int(found[1]), 1) if found else 1


def _sku(text: str) -> str:
    # EDD writes a dash where a product has none.
    return "" if text.strip() == "-" else text.strip()


def _with_sku(line: LineReport, sku: str) -> LineReport:
    product = ProductReport(name=line.product.name, sku=cells.words(sku, limit=255))
    return LineReport(platform_id=line.platform_id, quantity=line.quantity, product=product)


def _product(row: Row) -> str:
    words = row.first("product", "product name", "download")
    return cells.words(words) or f"Product {row['product id']}"


ORDERS = TableFormat(
    title="Easy Digital Downloads' export of orders",
    marks=frozenset(
        {
            *("email", "products (verbose)", "products (raw)", "purchase key", "payment method"),
            *("order id", "status", "mode (live or test)", "transaction id"),
        }
    ),
    needs=(
        ("order id", "payment id", "id"),
        ("products (raw)", "products (verbose)", "products"),
        ("status",),
    ),
    key=_key,
    read=read_order,
    name=_name,
)
SALES = TableFormat(
    title="Easy Digital Downloads' export of product sales",
    marks=frozenset(
        {"product id", "customer id", "email", "item amount", "order id", "price id", "quantity"}
    ),
    needs=(("order id", "payment id"), ("product id",), ("quantity",)),
    key=_key,
    read=read_sale,
    name=_name,
)
