"""WooCommerce. Nothing outside this package knows the platform's headers, topics or field names."""

from storefront.platforms.woocommerce import remote
from storefront.platforms.woocommerce.envelopes import (
    complaint_about,
    is_ping,
    is_signed,
    new_secret,
    read_envelope,
)
from storefront.platforms.woocommerce.messages import NAME, TITLE, WHERE_TO_SET_UP, apply, hear
from storefront.platforms.woocommerce.orders import orders_in, read_order
from storefront.platforms.woocommerce.products import products_in, read_product
from storefront.platforms.woocommerce.refunds import read_refund, refund_numbers

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
    "read_envelope",
    "read_order",
    "read_product",
    "read_refund",
    "refund_numbers",
    "remote",
]
