"""Shopify. Nothing outside this package knows the platform's headers, topics or field names."""

from storefront.shopify.envelopes import is_signed, read_envelope
from storefront.shopify.messages import NAME, apply, hear
from storefront.shopify.orders import orders_in, read_dispute, read_order, read_refund
from storefront.shopify.shops import products_in, read_product

__all__ = [
    "NAME",
    "apply",
    "hear",
    "is_signed",
    "orders_in",
    "products_in",
    "read_dispute",
    "read_envelope",
    "read_order",
    "read_product",
    "read_refund",
]
