"""WooCommerce's products → our reports.

Source: WooCommerce's REST API v3, resources Products and Product variations.
"""

from typing import Any

from downloads.incoming import CatalogReport, ProductReport
from storefront.platforms.payloads import Reader
from storefront.platforms.woocommerce.fields import (
    name_in,
    number_of,
    number_or_none,
    reported_at,
    rows_in,
)


def products_in(document: Any) -> list[Any]:
    """Return the products of a page of the REST API, or a bare product, unread.

    Raises:
        BadInput: neither of the two.
    """
    return rows_in(document, "products", marked_by="sku")


def read_product(payload: Any) -> CatalogReport:
    """Return what a product of the REST API says; nothing for one that is sold in variations.

    It lists them by number alone, and saying so much would wipe out what each says of itself: a
    variation's own message does, and so does the REST API's page of a product's variations, whose
    rows need `parent_id` and `name` of the product where they have none.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    product = Reader(payload, "product")
    number, at = number_of(product), reported_at(product)
    kind = product.text("type") or ""
    if number_or_none(product, "parent_id") and kind in ("", "variation"):
        return CatalogReport((_read_variation(product, number),), at)
    is_in_variations = product.numbers("variations") or kind.startswith("variable")
    variant = ProductReport(
        name=name_in(product, "name") or "Untitled",
        product_id=number,
        variant_id=number,
        sku=product.text("sku", limit=255),
        tags=_read_tags(product),
    )
    return CatalogReport(() if is_in_variations else (variant,), at)


def _read_variation(product: Reader, number: int) -> ProductReport:
    options = (name_in(row, "option") for row in product.rows("attributes", required=False))
    variant_name = ", ".join(filter(None, options))
    full_name = name_in(product, "name") or "Untitled"
    return ProductReport(
        name=full_name.removesuffix(f" - {variant_name}"),
        product_id=number_or_none(product, "parent_id"),
        variant_id=number,
        variant_name=variant_name or None,
        sku=product.text("sku", limit=255),
    )


def _read_tags(product: Reader) -> tuple[str, ...]:
    names = (name_in(row, "name") for row in product.rows("tags", required=False))
    return tuple(dict.fromkeys(filter(None, names)))
