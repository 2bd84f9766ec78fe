"""WooCommerce's topics: what of each webhook is stored, under which key, and what it does."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from downloads import fulfilment
from downloads.fulfilment import Said
from downloads.json_names import marked_or
from downloads.models import Message, Shop
from storefront.platforms.base import Envelope
from storefront.platforms.payloads import Fields, Reader, keep
from storefront.platforms.woocommerce.fields import number_of
from storefront.platforms.woocommerce.orders import hash_of_key, read_order
from storefront.platforms.woocommerce.products import read_product

NAME = "woocommerce"
TITLE = "WooCommerce"
WHERE_TO_SET_UP = (
    "In WooCommerce add webhooks under WooCommerce → Settings → Advanced → Webhooks, one for each "
    "of the topics Order created, updated, deleted and restored, and the same for products. "
    "The address goes into Delivery URL, the secret into Secret on both sides; the API version is "
    "WP REST API Integration v3."
)
MAX_NUMBER = 2**63
DIGEST_LENGTH = 32
_MOMENT = re.compile(r"[0-9T:.+Z-]{1,32}", re.ASCII)


def hear(envelope: Envelope, payload: dict[str, Any]) -> Said:
    """Return what is worth storing: only what `apply` reads, the order's key as its hash.

    Created, updated and restored tell alike how a thing is now, so they are one topic here. What is
    said is known by its number, time and content: the platform's delivery id is another in each
    attempt, and the same for whatever one webhook sends within a second.
    """
    topic = TOPICS.get(envelope.topic)
    if topic is None:
        return Said(NAME, envelope.topic, _key(payload, {}), is_known=False)
    body = keep(payload, topic.fields)
    if topic.apply is _apply_deletion:
        # It says no time, and an order may be restored and deleted again.
        body["attempt"] = envelope.delivery_id
    if topic.apply is _apply_order:
        body["token_sha256"] = marked_or(key := payload.get("order_key"), hash_of_key(key))
    person = keep(payload, topic.person)
    customer = person.get("customer_id")
    return Said(
        source=NAME,
        topic=topic.name,
        delivery_id=_key(body, person),
        body=json.dumps(body),
        person=json.dumps(person),
        about_customer=customer if _is_number(customer) else None,
    )


def apply(message: Message, *, at: datetime) -> None:
    """Do what a stored message says, through the write door.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    payload = json.loads(message.body)
    if message.person:
        payload |= json.loads(message.person)
    elif message.about_customer:
        payload["customer_id"] = message.about_customer  # somebody erased since
    payload["received_at"] = message.received_at.isoformat()
    _BY_NAME[message.topic].apply(message.shop, payload, at)


def _key(body: dict[str, Any], person: dict[str, Any]) -> str:
    # The shop's clock goes by the second, and an order that needs no shipping is often paid and
    # completed within one: the content tells the two apart.
    content = json.dumps([body, person], sort_keys=True).encode()
    number = body.get("id")
    time = body.get("date_modified_gmt") or body.get("date_modified")
    return ":".join(
        (
            str(number) if _is_number(number) else "",
            time if isinstance(time, str) and _MOMENT.fullmatch(time) else "",
            sha256(content).hexdigest()[:DIGEST_LENGTH],
        )
    )


def _is_number(value: Any) -> bool:
    # True is an int to Python.
    return type(value) is int and 0 < value < MAX_NUMBER


def _apply_order(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_order(shop, read_order(payload), at=at)


def _apply_deletion(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    order = Reader(payload, "order")
    # Into the trash, from where it may come back; WooCommerce does not say when.
    gone_at = order.time("received_at") or at
    fulfilment.cancel_order(shop, number_of(order), cancelled_at=gone_at, at=at)


def _apply_product(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_product(shop, read_product(payload))


def _apply_removal(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.remove_product(shop, number_of(Reader(payload, "product")), at=at)


@dataclass(frozen=True)
class Topic:
    """What a message does, which of its fields that takes, and the name it is stored under."""

    name: str
    apply: Callable[[Shop, dict[str, Any], datetime], None]
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
_BY_NAME = {topic.name: topic for topic in TOPICS.values()}
