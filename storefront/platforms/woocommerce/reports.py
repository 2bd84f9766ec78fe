"""WooCommerce's orders, products and refunds → our reports.

Each `read_…` raises BadInput where a field is missing or not of its kind; the message names it.
"""

import re
from datetime import datetime
from typing import Any

from downloads import incoming
from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.models import Order
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.platforms.fields import LONG_AGO, units_by_line
from storefront.platforms.woocommerce import schemas

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
REFUNDED_LINE = "_refunded_item_id"


def read_order(payload: Any) -> incoming.OrderReport:
    """Return what an order of the REST API says, but for its refunds: it lists them by amount."""
    order = schemas.Order.read(payload, "order")
    status = (order.status or "").removeprefix("wc-")
    if not status:
        raise BadInput("order.status: missing")
    at = order.modified_at("order")
    if len({line.id for line in order.line_items}) < len(order.line_items):
        raise BadInput("order.line_items: two lines have the same id")
    return incoming.OrderReport(
        platform_id=order.id,
        # The number on the receipt; the order's own where that is none.
        number=order.id if order.number is None else order.number,
        payment=_payment(status, paid_at=order.date_paid_gmt or order.date_paid),
        placed_at=order.created_at or at,
        reported_at=at,
        token_hash=order.token_sha256 or hash_of_key(order.order_key),
        # Nowhere does it say since when.
        cancelled_at=at if status in CANCELLED else None,
        grand_total=order.total,
        currency=(order.currency or "")[:3],
        customer=_customer_report(order),
        lines=tuple(map(_line_report, order.line_items)),
    )


def hash_of_key(key: Any) -> str | None:
    """Return the hash of the key that opens an order's page in the shop; it is our token."""
    if not isinstance(key, str) or len(key) < MIN_LENGTH or _GUESSABLE.fullmatch(key):
        return None
    return hash_token(key)


def _payment(status: str, *, paid_at: datetime | None) -> str:
    unpaid, paid = PAYMENTS.get(status, ADDED_STATUS)
    return unpaid if paid_at is None else paid


def _customer_report(order: schemas.Order) -> incoming.CustomerReport | None:
    billing = order.billing or schemas.Billing()
    email = valid_email(billing.email or "")
    if order.customer_id is None and email is None:
        return None  # a guest who left no address
    return incoming.CustomerReport(
        platform_id=order.customer_id,
        email=email,
        first_name=billing.first_name or "",
        last_name=billing.last_name or "",
    )


def _line_report(line: schemas.LineItem) -> incoming.LineReport:
    name = line.parent_name if line.variation_id and line.parent_name else line.name
    return incoming.LineReport(
        platform_id=line.id,
        quantity=line.quantity,
        product=incoming.ProductReport(
            name=name or "Untitled",
            product_id=line.product_id,
            # One sequence numbers both, so that they never meet.
            variant_id=line.variation_id or line.product_id,
            variant_name=_rest_of(line.name or "", name or ""),
            sku=line.sku,
        ),
    )


def _rest_of(full_name: str, name: str) -> str | None:
    """Return what a variation's full name ("Hoodie - Blue") says beyond its product's."""
    prefix = f"{name} - "
    return full_name.removeprefix(prefix) or None if full_name.startswith(prefix) else None


def read_product(payload: Any) -> incoming.CatalogReport:
    """Return what a product of the REST API says; nothing for one that is sold in variations.

    It lists them by number alone, and saying so much would wipe out what each says of itself: a
    variation's own message does, and so does the REST API's page of a product's variations, whose
    rows need `parent_id` and `name` of the product where they have none.
    """
    item = schemas.Item.read(payload, "product")
    at, kind = item.modified_at("product"), item.type or ""
    if item.parent_id and kind in ("", "variation"):
        variation = schemas.Variation.read(payload, "product")
        return incoming.CatalogReport((_variation_report(variation),), at)
    product = schemas.Product.read(payload, "product")
    if product.variations or kind.startswith("variable"):
        return incoming.CatalogReport((), at)
    variant = incoming.ProductReport(
        name=product.name or "Untitled",
        product_id=product.id,
        variant_id=product.id,
        sku=product.sku,
        tags=tuple(dict.fromkeys(tag.name for tag in product.tags or () if tag.name)),
    )
    return incoming.CatalogReport((variant,), at)


def _variation_report(variation: schemas.Variation) -> incoming.ProductReport:
    options = (attribute.option for attribute in variation.attributes or ())
    variant_name = ", ".join(filter(None, options))
    return incoming.ProductReport(
        name=(variation.name or "Untitled").removesuffix(f" - {variant_name}"),
        product_id=variation.parent_id,
        variant_id=variation.id,
        variant_name=variant_name or None,
        sku=variation.sku,
    )


def refund_numbers(order: Any) -> list[int]:
    """Return the numbers of an order's refunds; what they gave back they say themselves."""
    return [row.id for row in schemas.Refunded.read(order, "order").refunds or ()]


def read_refund(payload: Any, order: Any) -> incoming.RefundReport:
    """Return what a refund of the REST API says. An amount alone refunds no units.

    `order` is the order it is about, as the REST API prints it: a refund that does not say which
    line went back is matched by what was bought, and refused where that cannot be told.
    """
    refund = schemas.Refund.read(payload, "refund")
    units = units_by_line(
        (_line_of(line, f"refund.line_items[{place}]", order), line.quantity)
        for place, line in enumerate(refund.line_items or ())
        if line.quantity
    )
    return incoming.RefundReport(
        platform_id=refund.id, refunded_at=refund.created_at or LONG_AGO, units=units
    )


def _line_of(line: schemas.RefundLine, path: str, order: Any) -> int:
    for place, meta in enumerate(line.meta_data or ()):
        if meta.key == REFUNDED_LINE:
            named = {"value": meta.value}
            number = schemas.RefundedItem.read(named, f"{path}.meta_data[{place}]").value
            return number or _line_alike(line, path, order)
    return _line_alike(line, path, order)


def _line_alike(line: schemas.RefundLine, path: str, order: Any) -> int:
    sold = (line.product_id, line.variation_id)
    rows = schemas.Basket.read(order, "order").line_items or ()
    alike = [row.id for row in rows if (row.product_id, row.variation_id) == sold]
    if len(alike) != 1:
        raise BadInput(f"{path}.meta_data: does not say which line of the order went back")
    return alike[0]
