"""Orders, refunds, buyers and products as a shop of one's own writes them → our reports."""

from collections.abc import Hashable, Sequence

from downloads import incoming
from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.tokens import MIN_LENGTH
from storefront.platforms.fields import units_by_line
from storefront.platforms.generic import schemas

# Stands in the place of a token's hash where it cannot be one.
UNFIT = "unfit"


def order_report(order: schemas.Order) -> incoming.OrderReport:
    """Return what a stored order says.

    Raises:
        BadInput: it says no time, its token is none, or not which line or product is which.
    """
    if order.updated_at is None:
        raise BadInput("data.updated_at: missing")
    if order.token_sha256 == UNFIT:
        raise BadInput(f"data.token: expected a text of at least {MIN_LENGTH} characters")
    lines = tuple(map(_line_report, order.lines))
    _require_distinct("data.lines", [line.platform_id for line in lines])
    _require_own_variants([line.product for line in lines])
    return incoming.OrderReport(
        platform_id=order.id,
        number=order.number,
        payment=order.payment,
        placed_at=order.placed_at,
        reported_at=order.updated_at,
        token_hash=order.token_sha256,
        cancelled_at=order.cancelled_at,
        grand_total=order.total,
        currency=order.currency or "",
        customer=None if order.customer is None else _customer_report(order.customer),
        lines=lines,
        refunds=tuple(map(refund_report, order.refunds or ())),
    )


def refund_report(refund: schemas.Refund) -> incoming.RefundReport:
    """Return what a refund says. One without lines is of money alone."""
    rows = refund.lines or ()
    return incoming.RefundReport(
        platform_id=refund.id,
        refunded_at=refund.refunded_at,
        units=units_by_line((row.line_id, row.quantity) for row in rows),
    )


def person_report(erasure: schemas.Erasure) -> incoming.PersonReport:
    """Return who is to be forgotten, and their orders as far as they are named."""
    customer = _customer_report(erasure.customer or schemas.Customer())
    return incoming.PersonReport(
        platform_id=customer.platform_id,
        email=customer.email or "",
        orders=tuple(erasure.orders),
    )


def catalog_report(product: schemas.Product) -> incoming.CatalogReport:
    """Return what the shop says of a product, one report a variant.

    A product of one variant may leave the variant out: it is known by the product's own number.

    Raises:
        BadInput: it says no time, or not which variant is which.
    """
    if product.updated_at is None:
        raise BadInput("data.updated_at: missing")
    rows = product.variants or [schemas.Variant(sku=product.sku)]
    for place, row in enumerate(rows):
        if row.id is None and len(rows) > 1:
            raise BadInput(f"data.variants[{place}].id: missing")
    variants = tuple(
        incoming.ProductReport(
            name=product.name,
            product_id=product.id,
            vendor=product.vendor,
            tags=tuple(product.tags),
            variant_id=product.id if row.id is None else row.id,
            variant_name=row.name,
            sku=row.sku,
        )
        for row in rows
    )
    _require_distinct("data.variants", [variant.variant_id for variant in variants])
    return incoming.CatalogReport(variants=variants, reported_at=product.updated_at)


def _customer_report(customer: schemas.Customer) -> incoming.CustomerReport:
    return incoming.CustomerReport(
        platform_id=customer.id or None,  # shops write 0 for a guest
        # What is no mail address is none: the order is theirs all the same.
        email=valid_email(customer.email or ""),
        first_name=customer.first_name or "",
        last_name=customer.last_name or "",
    )


def _line_report(line: schemas.Line) -> incoming.LineReport:
    product = line.product
    return incoming.LineReport(
        platform_id=line.id,
        quantity=line.quantity,
        current_quantity=line.kept,
        product=incoming.ProductReport(
            name=product.name,
            product_id=product.id,
            variant_id=product.variant,
            variant_name=product.variant_name,
            sku=product.sku,
            vendor=product.vendor,
            tags=product.tags,
        ),
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
