"""WooCommerce's topics: what of each webhook is stored, and what it does."""

from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.fulfilment import Outcome
from downloads.models import Shop
from storefront.platforms.base import Topic
from storefront.platforms.woocommerce import reports, schemas


def _apply_order(shop: Shop, payload: Any, at: datetime) -> None:
    fulfilment.record_order(shop, reports.read_order(payload), at=at)


def _apply_deletion(shop: Shop, payload: Any, at: datetime) -> None:
    order = schemas.DeletedOrder.read(payload, "order")
    # Into the trash, from where it may come back; WooCommerce does not say when.
    fulfilment.cancel_order(shop, order.id, cancelled_at=order.received_at or at, at=at)


def record_product(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record a product from a webhook."""
    return fulfilment.record_product(shop, reports.read_product(payload))


def _apply_removal(shop: Shop, payload: Any, at: datetime) -> None:
    number = schemas.Identified.read(payload, "product").id
    fulfilment.remove_product(shop, number, at=at)


ORDER = Topic(_apply_order, schemas.Order, name="order")
DELETED_ORDER = Topic(_apply_deletion, schemas.DeletedOrder, name="order.deleted")
PRODUCT = Topic(record_product, schemas.AnyProduct, name="product")
REMOVED_PRODUCT = Topic(_apply_removal, schemas.Identified, name="product.deleted")
TOPICS = {
    "order.created": ORDER,
    "order.updated": ORDER,
    "order.restored": ORDER,
    "order.deleted": DELETED_ORDER,
    "product.created": PRODUCT,
    "product.published": PRODUCT,
    "product.updated": PRODUCT,
    "product.restored": PRODUCT,
    "product.deleted": REMOVED_PRODUCT,
}
BY_NAME = {topic.name: topic for topic in TOPICS.values()}
