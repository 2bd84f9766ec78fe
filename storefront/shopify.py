"""Shopify's words → ours. This file alone knows the platform's field names.

Source: Shopify's Admin API, resource Order. Older versions leave out `current_quantity` and
`refunds`; anything not named here is ignored.
"""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dateparse import parse_datetime

from downloads.errors import BadInput
from downloads.models import Order
from downloads.reports import (
    CustomerReport,
    LineReport,
    OrderReport,
    ProductReport,
    RefundReport,
)

MAX_INTEGER = 2**63 - 1
MAX_QUANTITY = 1_000_000
MAX_TEXT = 500
MAX_EMAIL = 254
# A payment that is only authorised, partly paid or void opens nothing.
PAYMENTS = {
    "paid": Order.Payment.PAID,
    "partially_refunded": Order.Payment.PAID,
    "refunded": Order.Payment.REFUNDED,
}
NO_VARIANT = "Default Title"


def orders_in(document: Any) -> list[Any]:
    """Return the orders of `{"order": …}`, `{"orders": […]}` or a bare order, unread.

    Raises:
        BadInput: none of the three.
    """
    if isinstance(document, dict):
        if isinstance(document.get("orders"), list):
            return document["orders"]
        if "order" in document:
            return [document["order"]]
        if "line_items" in document:
            return [document]
    raise BadInput('Expected {"order": …} or {"orders": […]} as the Admin API prints them.')


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
        payment=PAYMENTS.get(order.text("financial_status") or "", Order.Payment.PENDING),
        placed_at=placed_at,
        reported_at=order.time("updated_at", placed_at) or placed_at,
        token=order.text("token"),
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


def _read_customer(order: "Reader") -> CustomerReport | None:
    customer = order.part("customer")
    email = _email(order.text("email") or (customer and customer.text("email")) or "")
    if customer is None:
        return CustomerReport(email=email) if email else None
    return CustomerReport(
        platform_id=customer.optional_number("id"),
        email=_email(customer.text("email") or "") or email,
        first_name=customer.text("first_name", limit=200) or "",
        last_name=customer.text("last_name", limit=200) or "",
    )


def _email(text: str) -> str | None:
    if len(text) > MAX_EMAIL:
        return None
    try:
        validate_email(text)
    except ValidationError:
        return None
    return text


def _read_line(line: "Reader") -> LineReport:
    variant_name = line.text("variant_title")
    return LineReport(
        platform_id=line.number("id"),
        quantity=line.number("quantity", at_most=MAX_QUANTITY),
        current_quantity=line.optional_number("current_quantity", at_most=MAX_QUANTITY),
        product=ProductReport(
            name=line.text("title") or line.text("name") or "Untitled",
            product_id=line.optional_number("product_id"),
            variant_id=line.optional_number("variant_id"),
            variant_name=None if variant_name == NO_VARIANT else variant_name,
            sku=line.text("sku", limit=255),
            vendor=line.text("vendor", limit=255),
        ),
    )


def _read_refund(refund: "Reader") -> RefundReport:
    units: dict[int, int] = {}
    for line in refund.rows("refund_line_items", required=False):
        number = line.number("line_item_id")
        units[number] = units.get(number, 0) + line.number("quantity", at_most=MAX_QUANTITY)
    return RefundReport(
        platform_id=refund.number("id"),
        refunded_at=refund.time("created_at") or datetime.fromtimestamp(0, UTC),
        units=units,
    )


class Reader:
    """One JSON object, read field by field; a wrong field is named by its path."""

    def __init__(self, payload: Any, path: str) -> None:
        if not isinstance(payload, dict):
            raise BadInput(f"{path}: expected an object, got {_kind(payload)}")
        self.payload = payload
        self.path = path

    def number(self, name: str, *, at_most: int = MAX_INTEGER) -> int:
        number = self.optional_number(name, at_most=at_most)
        if number is None:
            raise self._bad(name, "missing")
        return number

    def optional_number(self, name: str, *, at_most: int = MAX_INTEGER) -> int | None:
        value = self.payload.get(name)
        if value is None:
            return None
        # True is an int to Python.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= at_most:
            raise self._bad(name, f"expected a whole number from 0 to {at_most}")
        return value

    def text(self, name: str, *, limit: int = MAX_TEXT) -> str | None:
        """Return a text cut to `limit` characters; None for an empty one."""
        value = self.payload.get(name)
        if value is not None and not isinstance(value, str):
            raise self._bad(name, f"expected a text, got {_kind(value)}")
        # No database stores half a surrogate pair, PostgreSQL no NUL.
        text = (value or "").encode(errors="replace").decode().replace("\0", "")
        return text[:limit] or None

    def time(self, name: str, default: datetime | None = None) -> datetime | None:
        text = self.text(name)
        if text is None:
            return default
        try:
            time = parse_datetime(text)
            if time is not None and time.tzinfo is not None:
                return time.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self._bad(name, "expected a time like 2025-06-15T10:30:00+02:00")

    def amount(self, name: str, default: Decimal | None = None) -> Decimal | None:
        value = self.payload.get(name)
        if value is None:
            return default
        try:
            amount = Decimal(str(value)).quantize(Decimal("0.01"))
        except InvalidOperation:
            raise self._bad(name, 'expected an amount like "409.94"') from None
        if not amount.is_finite() or abs(amount) >= Decimal(10) ** 18:
            raise self._bad(name, 'expected an amount like "409.94"')
        return amount

    def part(self, name: str) -> "Reader | None":
        value = self.payload.get(name)
        return None if value is None else Reader(value, f"{self.path}.{name}")

    def rows(self, name: str, *, required: bool = True) -> "list[Reader]":
        value = self.payload.get(name)
        if value is None and not required:
            return []
        if not isinstance(value, list):
            raise self._bad(name, f"expected a list, got {_kind(value)}")
        return [Reader(row, f"{self.path}.{name}[{i}]") for i, row in enumerate(value)]

    def _bad(self, name: str, problem: str) -> BadInput:
        return BadInput(f"{self.path}.{name}: {problem}")


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
