"""WooCommerce's topics: what of each webhook is stored, and what it does."""

from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.fulfilment import Outcome
from downloads.models import Order, Shop
from storefront.platforms.base import Doubt, Topic
from storefront.platforms.woocommerce import customers, reports, schemas


def _apply_order(shop: Shop, payload: Any, at: datetime) -> Doubt | None:
    report = reports.read_order(payload)
    # The same once more is not stored: this says something else, and the shop's clock goes by the
    # second; of orders kept as posts not every change moves it.
    same_time = Order.objects.filter(
        shop=shop, platform_id=report.platform_id, reported_at=report.reported_at
    )
    is_tie = same_time.exists()
    fulfilment.record_order(shop, report, at=at)
    return Doubt(report.platform_id) if is_tie else None


def _apply_deletion(shop: Shop, payload: Any, at: datetime) -> Doubt:
    order = schemas.DeletedOrder.read(payload, "order")
    # Into the trash, from where it may come back; WooCommerce does not say when.
    fulfilment.delete_reported_order(shop, order.id, at=order.received_at or at)
    return Doubt(order.id)


def _apply_account(shop: Shop, payload: Any, at: datetime) -> None:
    report, reported_at = customers.read_account(payload)
    fulfilment.record_account(shop, report, reported_at=reported_at)


def record_product(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record a product from a webhook."""
    return fulfilment.record_product(shop, reports.read_product(payload))


def _apply_removal(shop: Shop, payload: Any, at: datetime) -> None:
    number = schemas.Identified.read(payload, "product").id
    fulfilment.remove_product(shop, number, at=at)


ORDER = Topic(_apply_order, schemas.Order, name="order", order="id")
DELETED_ORDER = Topic(_apply_deletion, schemas.DeletedOrder, name="order.deleted", order="id")
PRODUCT = Topic(record_product, schemas.AnyProduct, name="product")
REMOVED_PRODUCT = Topic(_apply_removal, schemas.Identified, name="product.deleted")
ACCOUNT = Topic(_apply_account, customers.Account, name="customer", customer="id")
# Their orders stay theirs, and a law's erasure is another matter.
DELETED_ACCOUNT = Topic(None, name="customer.deleted", customer="id")
TOPICS = {
    "order.created": ORDER,
    "order.updated": ORDER,
    "order.restored": ORDER,
    "order.deleted": DELETED_ORDER,
    "customer.created": ACCOUNT,
    "customer.updated": ACCOUNT,
    "customer.restored": ACCOUNT,
    "customer.deleted": DELETED_ACCOUNT,
    "product.created": PRODUCT,
    "product.published": PRODUCT,
    "product.updated": PRODUCT,
    "product.restored": PRODUCT,
    "product.deleted": REMOVED_PRODUCT,
}
BY_NAME = {topic.name: topic for topic in TOPICS.values()}
