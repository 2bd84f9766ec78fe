"""WooCommerce's orders → our reports.

Source: WooCommerce's REST API v3, resource Orders; a webhook sends the same object. Versions 1 and
2 leave some fields out; anything not named here is ignored. An order lists its refunds by amount
alone, so nothing is read of them: `refunds.read_refund` does, from the refunds themselves.
"""

import re
from datetime import datetime
from typing import Any

from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.incoming import CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import Order
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.platforms.payloads import MAX_INTEGER, Reader
from storefront.platforms.woocommerce.fields import (
    MAX_QUANTITY,
    moment,
    name_in,
    number_of,
    number_or_none,
    reported_at,
    rows_in,
)

Payment = Order.ReportedPayment
# What a status makes of a payment: without one that was ever made, and with one. A bank transfer
# is on hold until it is there, and so is what the merchant checks. A payment that failed may be
# tried again; one that failed after it was made was taken back.
PAYMENTS = {
    "pending": (Payment.PENDING, Payment.PENDING),
    "checkout-draft": (Payment.PENDING, Payment.PENDING),
    "auto-draft": (Payment.PENDING, Payment.PENDING),
    "draft": (Payment.PENDING, Payment.PENDING),
    "on-hold": (Payment.PENDING, Payment.PENDING),
    "processing": (Payment.PAID, Payment.PAID),
    "completed": (Payment.PAID, Payment.PAID),
    "failed": (Payment.PENDING, Payment.VOIDED),
    "refunded": (Payment.REFUNDED, Payment.REFUNDED),
    "cancelled": (Payment.VOIDED, Payment.PAID),
    "trash": (Payment.VOIDED, Payment.PAID),
}
# A status that a plugin has added says nothing by itself: the date of the payment does.
ADDED_STATUS = (Payment.PENDING, Payment.PAID)
CANCELLED = ("cancelled", "trash")
# Earlier versions made an order's key of the time, to the microsecond.
_GUESSABLE = re.compile(r"wc_order_[0-9a-f]{13}")


def orders_in(document: Any) -> list[Any]:
    """Return the orders of a page of the REST API, or a bare order, unread.

    Raises:
        BadInput: neither of the two.
    """
    return rows_in(document, "orders", marked_by="line_items")


def read_order(payload: Any) -> OrderReport:
    """Return what an order of the REST API says.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    order = Reader(payload, "order")
    number = number_of(order)
    status = (order.text("status") or "").removeprefix("wc-")
    if not status:
        raise BadInput("order.status: missing")
    at = reported_at(order)
    lines = tuple(_read_line(line) for line in order.rows("line_items"))
    if len({line.platform_id for line in lines}) < len(lines):
        raise BadInput("order.line_items: two lines have the same id")
    return OrderReport(
        platform_id=number,
        number=_printed_number(order),
        payment=_payment(status, paid_at=moment(order, "date_paid")),
        placed_at=moment(order, "date_created") or at,
        reported_at=at,
        # A stored message has the hash in the key's place.
        token_hash=order.text("token_sha256", limit=64) or hash_of_key(order.value("order_key")),
        # Nowhere does it say since when.
        cancelled_at=at if status in CANCELLED else None,
        grand_total=order.amount("total"),
        currency=(order.text("currency") or "")[:3],
        customer=_read_customer(order),
        lines=lines,
    )


def hash_of_key(key: Any) -> str | None:
    """Return the hash of the key that opens an order's page in the shop; it is our token."""
    if not isinstance(key, str) or len(key) < MIN_LENGTH or _GUESSABLE.fullmatch(key):
        return None
    return hash_token(key)


def _payment(status: str, *, paid_at: datetime | None) -> str:
    unpaid, paid = PAYMENTS.get(status, ADDED_STATUS)
    return unpaid if paid_at is None else paid


def _printed_number(order: Reader) -> int:
    """Return the number on the receipt; the order's own where plugins put letters into it."""
    if isinstance(order.value("number"), int):
        return order.number("number")
    text = order.text("number") or ""
    is_number = text.isascii() and text.isdigit() and int(text) <= MAX_INTEGER
    return int(text) if is_number else order.number("id")


def _read_customer(order: Reader) -> CustomerReport | None:
    billing = order.part("billing") or Reader({}, "order.billing")
    number = number_or_none(order, "customer_id")  # none for a guest
    email = valid_email(billing.text("email") or "")
    if number is None and email is None:
        return None
    return CustomerReport(
        platform_id=number,
        email=email,
        first_name=billing.text("first_name", limit=200) or "",
        last_name=billing.text("last_name", limit=200) or "",
    )


def _read_line(line: Reader) -> LineReport:
    product, variation = number_or_none(line, "product_id"), number_or_none(line, "variation_id")
    full_name, parent = name_in(line, "name"), name_in(line, "parent_name")
    name = parent if variation and parent else full_name
    return LineReport(
        platform_id=line.number("id"),
        quantity=line.number("quantity", at_most=MAX_QUANTITY),
        product=ProductReport(
            name=name or "Untitled",
            product_id=product,
            # One sequence numbers both, so that they never meet.
            variant_id=variation or product,
            variant_name=_rest_of(full_name or "", name or ""),
            sku=line.text("sku", limit=255),
        ),
    )


def _rest_of(full_name: str, name: str) -> str | None:
    """Return what a variation's full name ("Hoodie - Blue") says beyond its product's."""
    prefix = f"{name} - "
    return full_name.removeprefix(prefix) or None if full_name.startswith(prefix) else None
