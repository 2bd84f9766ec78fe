"""WooCommerce's topics: what of each webhook is stored, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.models import Message
from storefront.platforms.payloads import Fields, Reader
from storefront.platforms.woocommerce.fields import number_of
from storefront.platforms.woocommerce.orders import read_order
from storefront.platforms.woocommerce.products import read_product


def _apply_order(message: Message, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_order(message.shop, read_order(payload), at=at)


def _apply_deletion(message: Message, payload: dict[str, Any], at: datetime) -> None:
    number = number_of(Reader(payload, "order"))
    # Into the trash, from where it may come back; WooCommerce does not say when.
    fulfilment.cancel_order(message.shop, number, cancelled_at=message.received_at, at=at)


def _apply_product(message: Message, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_product(message.shop, read_product(payload))


def _apply_removal(message: Message, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.remove_product(message.shop, number_of(Reader(payload, "product")), at=at)


@dataclass(frozen=True)
class Topic:
    """What a message does, which of its fields that takes, and the name it is stored under."""

    name: str
    apply: Callable[[Message, dict[str, Any], datetime], None]
    fields: Fields
    person: Fields


def _fields(names: str, **inner: Fields) -> Fields:
    return dict.fromkeys(names.split()) | inner


# An error that the shop sends in an object's place has the last two.
SHARED = "id date_created_gmt date_created date_modified_gmt date_modified code message"
BUYER = _fields("customer_id", billing=_fields("email first_name last_name"))
ORDER = Topic(
    "order",
    _apply_order,
    _fields(
        f"{SHARED} number status date_paid_gmt date_paid total currency",
        line_items=_fields("id name parent_name product_id variation_id quantity sku"),
    ),
    BUYER,
)
DELETED_ORDER = Topic("order.deleted", _apply_deletion, _fields("id"), {})
PRODUCT = Topic(
    "product",
    _apply_product,
    _fields(
        f"{SHARED} name type parent_id sku variations",
        tags=_fields("name"),
        attributes=_fields("option"),
    ),
    {},
)
REMOVED_PRODUCT = Topic("product.deleted", _apply_removal, _fields("id"), {})
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
