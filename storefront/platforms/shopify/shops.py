"""Shopify's products, the shop itself, and the persons its privacy messages speak of → our reports.

Source: Shopify's Admin API, resources Product and Shop, and its mandatory webhooks.
"""

from typing import Any

from downloads.email_addresses import valid_email
from downloads.errors import BadInput
from downloads.incoming import CatalogReport, PersonReport, ProductReport, ShopReport
from storefront.platforms.payloads import Reader
from storefront.platforms.shopify.fields import rows_in, variant_name_of


def products_in(document: Any) -> list[Any]:
    """Return the products of `{"product": …}`, `{"products": […]}` or a bare product, unread.

    Raises:
        BadInput: none of the three.
    """
    return rows_in(document, "product", marked_by="variants")


def read_product(payload: Any) -> CatalogReport:
    """Return what a product of the Admin API says, one report a variant.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    product = Reader(payload, "product")
    reported_at = product.time("updated_at", product.time("created_at"))
    if reported_at is None:
        raise BadInput("product.updated_at: missing")
    shared: dict[str, Any] = {
        "name": product.text("title") or "Untitled",
        "product_id": product.number("id"),
        "vendor": product.text("vendor", limit=255),
        "tags": tuple(product.words("tags")),
    }
    variants = tuple(
        ProductReport(
            **shared,
            variant_id=variant.number("id"),
            variant_name=variant_name_of(variant.text("title")),
            sku=variant.text("sku", limit=255),
        )
        for variant in product.rows("variants")
    )
    return CatalogReport(variants=variants, reported_at=reported_at)


def read_shop(payload: Any) -> ShopReport:
    """Return what the shop says of itself.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    shop = Reader(payload, "shop")
    name, reported_at = shop.text("name", limit=200), shop.time("updated_at")
    if name is None or reported_at is None:
        raise BadInput(f"shop.{'name' if name is None else 'updated_at'}: missing")
    return ShopReport(name=name, reported_at=reported_at)


def read_person(payload: Any, orders: str) -> PersonReport:
    """Return of whom a privacy message speaks; `orders` is the field that lists their orders.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    reader = Reader(payload, "request")
    customer = reader.part("customer") or Reader({}, "request.customer")
    return PersonReport(
        platform_id=customer.optional_number("id"),
        email=valid_email(customer.text("email") or "") or "",
        orders=tuple(reader.numbers(orders)),
    )
