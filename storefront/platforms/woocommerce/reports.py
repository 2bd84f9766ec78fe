"""WooCommerce's orders, products and refunds → our reports.

Each `read_…` raises BadInput where a field is missing or not of its kind; the message names it.
"""

import re
from collections.abc import Sequence
from typing import Any

from downloads import incoming
from downloads.errors import BadInput
from downloads.tokens import hash_token, is_fit
from storefront.platforms import lines
from storefront.platforms.fields import units_by_line
from storefront.platforms.notes import Notes
from storefront.platforms.values import LONG_AGO
from storefront.platforms.woocommerce import schemas
from storefront.platforms.woocommerce.statuses import note_on, payment_of

CANCELLED = ("cancelled", "trash")
CASH_ON_DELIVERY = "cod"
# Earlier versions made an order's key of the time, to the microsecond.
_GUESSABLE = re.compile(r"wc_order_[0-9a-f]{13}")
REFUNDED_LINE = "_refunded_item_id"


def read_order(payload: Any) -> incoming.OrderReport:
    """Return what an order of the REST API says, but for its refunds: it lists them by amount.

    What could not be read is in its notes.
    """
    order = schemas.Order.read(payload, "order")
    notes = order.notes
    at = order.modified_at("order")
    number, receipt_number = lines.receipt_of(order.number, order.id)
    status = (order.status or "").removeprefix("wc-")
    payment, word = _payment(notes, order, status)
    billing = order.billing
    email = None if billing is None else lines.accepted(notes, ".billing.email", billing.email)
    return incoming.OrderReport(
        platform_id=order.id,
        number=number,
        receipt_number=receipt_number,
        payment=payment,
        status=word,
        placed_at=order.created_at or at,
        reported_at=at,
        token_hash=order.token_sha256 or hash_of_key(order.order_key),
        # Nowhere does it say since when.
        cancelled_at=at if status in CANCELLED else None,
        # One that no rule names may be a cancelled order's as well as another's.
        is_cancellation_known=bool(status) and not note_on(status),
        grand_total=order.total,
        currency=order.currency or "",
        parent_id=order.parent_id,
        email=email,
        customer=_customer_report(order, email),
        lines=_line_reports(notes, order.line_items),
        are_lines_complete=not order.is_unread("line_items"),
        notes=(*notes.sentences, *filter(None, [note_on(status)])),
    )


def hash_of_key(key: Any) -> str | None:
    """Return the hash of the key that opens an order's page in the shop; it is our token."""
    if not is_fit(key) or _GUESSABLE.fullmatch(key):
        return None
    return hash_token(key)


def _payment(notes: Notes, order: schemas.Order, status: str) -> tuple[str | None, str]:
    if not status:
        lines.note_missing(notes, order, "status")
        return None, ""
    gateways, dated = {order.payment_method or ""}, {order.paid_at is not None}
    is_free = order.total == 0
    # What cannot be read may be this or that: only what is paid in any case is paid.
    if order.is_unread("payment_method"):
        gateways.add(CASH_ON_DELIVERY)
    if order.is_unread("date_paid_gmt", "date_paid"):
        dated.add(True)
    read = {
        payment_of(status=status, gateway=gateway, is_dated=is_dated, is_free=is_free)
        for gateway in gateways
        for is_dated in dated
    }
    # Nor may the shop's table say what one of the two means.
    return read.pop() if len(read) == 1 else (None, "")


def _customer_report(order: schemas.Order, email: str | None) -> incoming.CustomerReport | None:
    if order.customer_id is None and email is None:
        return None  # a guest who left no address
    billing = order.billing
    return incoming.CustomerReport(
        platform_id=order.customer_id,
        first_name=(billing and billing.first_name) or "",
        last_name=(billing and billing.last_name) or "",
    )


def _line_reports(
    notes: Notes, rows: Sequence[schemas.LineItem]
) -> tuple[incoming.LineReport, ...]:
    for place, row in enumerate(rows):
        with notes.at(f".line_items[{place}]"):
            lines.note_missing(notes, row, "quantity")
    return lines.numbered(notes, "line_items", [(row.id, _line_report(row)) for row in rows])


def _line_report(line: schemas.LineItem) -> incoming.LineReport:
    name = line.parent_name if line.variation_id and line.parent_name else line.name
    return incoming.LineReport(
        platform_id=lines.UNNUMBERED,
        quantity=line.quantity,
        product=incoming.ProductReport(
            name=name or "Untitled",
            product_id=line.product_id,
            # One sequence numbers both, so that they never meet.
            variant_id=None if line.is_unread("variation_id") else line.sold_id,
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
    if item.is_unread("parent_id"):
        raise BadInput("product.parent_id: expected a whole number")
    if item.parent_id and kind in ("", "variation"):
        variation = schemas.Variation.read(payload, "product")
        return incoming.CatalogReport((_variation_report(variation),), at)
    product = schemas.Product.read(payload, "product")
    if product.variations or product.is_unread("variations") or kind.startswith("variable"):
        return incoming.CatalogReport((), at)
    tags = tuple(dict.fromkeys(tag.name for tag in product.tags or () if tag.name))
    # What Woo calls the type says how it is sold; its first category is what it is.
    variant = incoming.ProductReport(
        name=product.name or "Untitled",
        product_id=product.id,
        variant_id=product.id,
        sku=product.sku,
        tags=None if product.is_unread("tags") else tags,
        product_type=next((each.name for each in product.categories or () if each.name), None),
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
    if len(alike) != 1 or alike[0] is None:
        raise BadInput(f"{path}.meta_data: does not say which line of the order went back")
    return alike[0]
