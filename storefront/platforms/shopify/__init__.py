"""Shopify. Nothing outside this package knows the platform's headers, topics or field names."""

from storefront.platforms.shopify import remote
from storefront.platforms.shopify.envelopes import (
    complaint_about,
    is_ping,
    is_signed,
    new_secret,
    read_envelope,
)
from storefront.platforms.shopify.messages import NAME, TITLE, WHERE_TO_SET_UP, apply, hear
from storefront.platforms.shopify.orders import orders_in, read_dispute, read_order, read_refund
from storefront.platforms.shopify.shops import products_in, read_product

__all__ = [
    "NAME",
    "TITLE",
    "WHERE_TO_SET_UP",
    "apply",
    "complaint_about",
    "hear",
    "is_ping",
    "is_signed",
    "new_secret",
    "orders_in",
    "products_in",
    "read_dispute",
    "read_envelope",
    "read_order",
    "read_product",
    "read_refund",
    "remote",
]
