"""Orders, refunds, buyers and products as a shop of one's own writes them → our reports."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime

from downloads import incoming
from downloads.email_addresses import accepted_email
from downloads.errors import BadInput
from downloads.tokens import MAX_LENGTH, MIN_LENGTH
from storefront.platforms import lines
from storefront.platforms.generic import schemas
from storefront.platforms.notes import Notes
from storefront.platforms.values import LONG_AGO

# Stands in the place of a token's hash where it cannot be one.
UNFIT = "unfit"
UNTITLED = "Untitled"


def order_report(order: schemas.Order) -> incoming.OrderReport:
    """Return what a stored order says; what could not be read is in its notes.

    Raises:
        BadInput: it says no time, or not which product is which.
    """
    notes = order.notes
    placed_at = order.placed_at or order.stood_at or order.cancelled_at
    if placed_at is None:
        raise BadInput("data.updated_at: missing")
    reported_at = order.stood_at or placed_at
    number, receipt_number = lines.receipt_of(order.number, order.id)
    lines.note_missing(notes, order, "number", "payment", "placed_at")
    email = lines.accepted(notes, ".email", order.email)
    refunds, are_refunds_complete = _refund_reports(notes, order, reported_at)
    return incoming.OrderReport(
        platform_id=order.id,
        number=number,
        receipt_number=receipt_number,
        payment=order.payment,
        status=order.payment or "",
        placed_at=placed_at,
        reported_at=reported_at,
        token_hash=_token_hash(notes, order),
        cancelled_at=order.cancelled_at,
        is_cancellation_known=not order.is_unread("cancelled_at"),
        grand_total=order.total,
        currency=order.currency or "",
        is_test=order.test,
        email=email or _address_of(notes, order.customer),
        customer=None if order.customer is None else _customer_report(order.customer),
        lines=_line_reports(notes, order.lines),
        are_lines_complete=not order.is_unread("lines"),
        refunds=refunds,
        are_refunds_complete=are_refunds_complete,
        notes=notes.sentences,
    )


def _token_hash(notes: Notes, order: schemas.Order) -> str | None:
    if order.token_sha256 != UNFIT:
        return order.token_sha256
    notes.add(
        ".token", f"is no text of {MIN_LENGTH} to {MAX_LENGTH:,} characters, and was left out"
    )
    return None


def _refund_reports(
    notes: Notes, order: schemas.Order, reported_at: datetime
) -> tuple[tuple[incoming.RefundReport, ...], bool]:
    """Return an order's refunds, and whether they are all: what is not read may be another."""
    is_complete = order.refunds is not None and not order.is_unread("refunds")
    reports = []
    for place, row in enumerate(order.refunds or ()):
        with notes.at(f".refunds[{place}]"):
            if row.id is None:
                notes.add(".id", "is missing, and the refund was left out")
                is_complete = False
                continue
            lines.note_missing(notes, row, "refunded_at")
            # What undoes it later must be newer than it.
            reports.append(_refund_report(notes, row, row.id, row.refunded_at or reported_at))
            is_complete &= reports[-1].is_whole
    return tuple(reports), is_complete


def _refund_report(
    notes: Notes, refund: schemas.Refund, number: int, at: datetime
) -> incoming.RefundReport:
    rows = ((row.line_id, row.quantity) for row in refund.lines or ())
    return lines.refund_of(notes, refund, "lines", rows, number=number, at=at)


def refund_report(refund: schemas.RefundMessage) -> incoming.RefundReport:
    """Return what a refund by itself says. One without lines is of money alone."""
    return _refund_report(refund.notes, refund, refund.id, refund.refunded_at or LONG_AGO)


def person_report(erasure: schemas.Erasure) -> incoming.PersonReport:
    """Return who is to be forgotten, and their orders as far as they are named."""
    customer = erasure.customer
    return incoming.PersonReport(
        platform_id=(customer and customer.id) or None,
        email=(customer and accepted_email(customer.email or "")) or "",
        orders=tuple(erasure.orders),
    )


def catalog_report(product: schemas.Product) -> incoming.CatalogReport:
    """Return what the shop says of a product, one report a variant.

    A product of one variant may leave the variant out: it is known by the product's own number.

    Raises:
        BadInput: it says no time, or not which variant is which.
    """
    if product.stood_at is None:
        raise BadInput("data.updated_at: missing")
    rows = product.variants or []
    for place, row in enumerate(rows):
        if row.id is None and (len(rows) > 1 or row.is_unread("id")):
            raise BadInput(f"data.variants[{place}].id: missing")
    alone = incoming.ProductReport(
        name=product.name,
        product_id=product.id,
        vendor=product.vendor,
        tags=None if product.is_unread("tags") else tuple(product.tags),
        product_type=product.type,
        variant_id=product.id,
        sku=product.sku,
    )
    variants = tuple(
        replace(
            alone,
            variant_id=product.id if row.id is None else row.id,
            variant_name=row.name,
            sku=row.sku,
        )
        for row in rows
    ) or (alone,)
    _require_distinct("data.variants", [variant.variant_id for variant in variants])
    return incoming.CatalogReport(variants=variants, reported_at=product.stood_at)


def _address_of(notes: Notes, customer: schemas.Customer | None) -> str | None:
    if customer is None:
        return None
    return lines.accepted(notes, ".customer.email", customer.email)


def _customer_report(customer: schemas.Customer) -> incoming.CustomerReport:
    return incoming.CustomerReport(
        platform_id=customer.id or None,  # shops write 0 for a guest
        first_name=customer.first_name or "",
        last_name=customer.last_name or "",
    )


def _line_reports(notes: Notes, rows: Sequence[schemas.Line]) -> tuple[incoming.LineReport, ...]:
    read = []
    for place, row in enumerate(rows):
        with notes.at(f".lines[{place}]"):
            lines.note_missing(notes, row, "quantity", "product")
            read.append((row.id, _line_report(notes, row)))
    _require_own_variants([line.product for _number, line in read])
    return lines.numbered(notes, "lines", read)


def _line_report(notes: Notes, line: schemas.Line) -> incoming.LineReport:
    quantity, kept = lines.units_kept(line, line.quantity, of="kept"), line.kept
    if kept is not None and quantity is not None and kept > quantity:
        notes.add(".kept", f"{kept} is more than the {quantity} ordered")
        quantity = kept = None
    return incoming.LineReport(
        platform_id=lines.UNNUMBERED,
        quantity=quantity,
        current_quantity=kept,
        is_kept_known=not line.is_emptied("kept"),
        product=_product_report(line.product),
    )


def _product_report(product: schemas.Mentioned | None) -> incoming.ProductReport:
    if product is None:
        return incoming.ProductReport(name=UNTITLED)
    # What has no number is known by its words, and its tags are none of them.
    has_tags = product.variant is not None and product.tags is not None
    return incoming.ProductReport(
        name=product.name or UNTITLED,
        product_id=product.id,
        variant_id=product.variant,
        variant_name=product.variant_name,
        sku=product.sku,
        vendor=product.vendor,
        tags=tuple(product.tags or ()) if has_tags else None,
    )


def _require_own_variants(products: list[incoming.ProductReport]) -> None:
    # Where a product without variants has the number of another one's variant, its buyers would
    # be given that one's files.
    known: dict[int, int] = {}
    for product in products:
        variant, number = product.variant_id, product.product_id
        if variant is None or number is None:
            continue
        if known.setdefault(variant, number) != number:
            raise BadInput(
                f"data.lines: the products {known[variant]} and {number} both have a variant "
                f"{variant}. A product without variant_id is its own variant."
            )


def _require_distinct(path: str, numbers: Sequence[Hashable]) -> None:
    """Refuse a list in which two rows have the same number."""
    if len(set(numbers)) < len(numbers):
        raise BadInput(f"{path}: two of them have the same id")
