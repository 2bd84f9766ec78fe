"""Products as a shop of one's own writes them → our reports.

A product of one variant may leave the variant out: it is then known by the product's own number.
"""

from datetime import datetime
from typing import Any

from downloads.errors import BadInput
from downloads.incoming import CatalogReport, ProductReport
from storefront.platforms.generic.fields import require_distinct, required_text
from storefront.platforms.payloads import Reader


def read_mentioned(product: Reader) -> ProductReport:
    """Return what an order's line says of its product.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    number, variant = product.optional_number("id"), product.optional_number("variant_id")
    variant = number if variant is None else variant
    # What has no number is known by its words, and its tags are none of them.
    says_tags = variant is not None and product.value("tags") is not None
    return ProductReport(
        name=required_text(product, "name"),
        product_id=number,
        variant_id=variant,
        variant_name=product.text("variant_name"),
        sku=product.text("sku", limit=255),
        vendor=product.text("vendor", limit=255),
        tags=tuple(product.words("tags")) if says_tags else None,
    )


def read_product(product: Reader, *, said_at: datetime | None) -> CatalogReport:
    """Return what the shop says of a product, one report a variant.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    if said_at is None:
        raise BadInput("data.updated_at: missing")
    number = product.number("id")
    shared: dict[str, Any] = {
        "name": required_text(product, "name"),
        "product_id": number,
        "vendor": product.text("vendor", limit=255),
        "tags": tuple(product.words("tags")),
    }
    rows = product.rows("variants", required=False)
    if not rows:
        only = ProductReport(**shared, variant_id=number, sku=product.text("sku", limit=255))
        return CatalogReport(variants=(only,), reported_at=said_at)
    variants = tuple(
        ProductReport(
            **shared,
            variant_id=number if _is_unnumbered(variant, among=rows) else variant.number("id"),
            variant_name=variant.text("name"),
            sku=variant.text("sku", limit=255),
        )
        for variant in rows
    )
    require_distinct("data.variants", [variant.variant_id for variant in variants])
    return CatalogReport(variants=variants, reported_at=said_at)


def _is_unnumbered(variant: Reader, *, among: list[Reader]) -> bool:
    return len(among) == 1 and variant.value("id") is None
