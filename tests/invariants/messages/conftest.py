"""A shop that hears messages, and all that can be told of it afterwards."""

import itertools

import pytest

from downloads import fulfilment
from downloads.models import Customer, Order, Product, Shop
from storefront import inbox
from storefront.platforms.base import Envelope
from storefront.platforms.shopify.platform import SHOPIFY
from tests.factories import NOW, LinkFactory, ShopFactory
from tests.invariants.messages.life import LIMIT

ORDER_FACTS = (
    "platform_id",
    "number",
    "token_hash",
    "reported_payment",
    "payment",
    "hold",
    "fully_refunded",
    "cancelled_at",
    "status",
    "reported_at",
    "grand_total",
    "currency",
    "placed_at",
)
_domains = itertools.count(1)


def new_shop() -> Shop:
    """Return a shop that sells three variants, each with a link of `LIMIT` downloads."""
    shop = ShopFactory(domain=f"life-{next(_domains)}.example")
    for variant in (100, 101, 102):
        product = Product.objects.create(shop=shop, name="By hand", variant_id=variant)
        asset = LinkFactory(shop=shop, title=f"Asset {variant}")
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=NOW)
    return shop


def hear(shop: Shop, messages, *, again: str = "") -> None:
    """Store messages in this order and apply them; `again` sends them under other ids, too."""
    for message in messages:
        envelope = Envelope(shop.domain, message.topic, message.id + again, signature="")
        inbox.store(shop, SHOPIFY.parse(envelope, message.payload), at=NOW)
    while (done := fulfilment.apply_next(_apply, at=NOW)) is not None:
        assert done.error == ""


def _apply(message) -> None:
    SHOPIFY.apply(message, at=NOW)


def state_of(shop: Shop) -> dict:
    """Return everything a shop's orders come to, by the platform's numbers alone."""
    orders = Order.objects.filter(shop=shop).order_by("platform_id")
    return {
        "orders": [
            {name: getattr(order, name) for name in ORDER_FACTS}
            | {
                "buyer": order.customer and order.customer.platform_id,
                "lines": list(
                    order.lines.with_refunded_units().values_list(
                        "platform_id",
                        "product__variant_id",
                        "quantity",
                        "current_quantity",
                        "position",
                        "refunded_units",
                    )
                ),
                "grants": list(
                    order.grants.order_by("line__platform_id", "asset__title").values_list(
                        "line__platform_id",
                        "asset__title",
                        "bought",
                        "canceled",
                        "refunded",
                        "used",
                        "expires_at",
                    )
                ),
            }
            for order in orders
        ],
        "customers": list(
            Customer.objects.filter(shop=shop)
            .order_by("platform_id", "email")
            .values_list("platform_id", "email", "first_name", "last_name")
        ),
        "products": list(
            Product.objects.filter(shop=shop)
            .order_by("variant_id")
            .values_list("variant_id", "name", "variant_name", "sku", "vendor", "tags")
        ),
    }


@pytest.fixture
def shop(db) -> Shop:
    return new_shop()
