"""Shopify's topics: what of each webhook is stored, and what it does."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import Said
from downloads.json_names import is_marked, marked_or
from downloads.models import Message, Shop
from storefront.platforms.base import Envelope
from storefront.platforms.payloads import Fields, Reader, keep
from storefront.platforms.shopify.orders import (
    hash_of_token,
    read_dispute,
    read_order,
    read_refund,
    read_risk,
)
from storefront.platforms.shopify.shops import read_person, read_product, read_shop

NAME = "shopify"
TITLE = "Shopify"
WHERE_TO_SET_UP = (
    "In Shopify you find the secret under Settings → Notifications → Webhooks, below the list. "
    "For messages that an app sends it is the secret among the app's API credentials."
)
# The Admin API prints an object inside one outer key, a webhook without it.
WRAPPERS = ("order", "refund", "product")


def hear(envelope: Envelope, payload: dict[str, Any]) -> Said:
    """Return what is worth storing: only what `apply` reads, the order-status token as its hash."""
    said = Said(source=NAME, topic=envelope.topic, delivery_id=envelope.delivery_id)
    topic = TOPICS.get(envelope.topic)
    if topic is None:
        return Said(**vars(said) | {"is_known": False})
    payload = _unwrapped(payload)
    body = keep(payload, topic.fields)
    body |= {name: payload[name] for name in WRAPPERS if is_marked(payload.get(name))}
    if topic.apply is _apply_order:
        body["token_sha256"] = marked_or(token := payload.get("token"), hash_of_token(token))
    person = keep(payload, PERSON)
    customer = person.get("customer")
    number = customer.get("id") if isinstance(customer, dict) else None
    # True is an int to Python.
    is_number = type(number) is int and 0 < number < 2**63
    return Said(
        **vars(said)
        | {
            "body": json.dumps(body),
            "person": json.dumps(person),
            "about_customer": number if is_number else None,
        }
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
        payload["customer"] = {"id": message.about_customer}  # somebody erased since
    TOPICS[message.topic].apply(message.shop, payload, at)


def _unwrapped(payload: dict[str, Any]) -> dict[str, Any]:
    for name in WRAPPERS:
        inner = payload.get(name)
        if len(payload) == 1 and isinstance(inner, dict) and not is_marked(inner):
            return inner
    return payload


def _apply_order(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    # An edit's own message tells differences only; the order as it is now comes in another.
    if "order_edit" not in payload:
        fulfilment.record_order(shop, read_order(payload), at=at)


def _apply_refund(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    number = Reader(payload, "refund").number("order_id")
    fulfilment.record_refund(shop, number, read_refund(payload), at=at)


def _apply_product(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_product(shop, read_product(payload))


def _apply_removal(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.remove_product(shop, Reader(payload, "product").number("id"), at=at)


def _apply_dispute(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    order = Reader(payload, "dispute").optional_number("order_id")
    report = read_dispute(payload)
    if order is not None and report is not None:
        fulfilment.record_dispute(shop, order, report, at=at)


def _apply_risk(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    order, report = read_risk(payload)
    if report is not None:
        fulfilment.record_risk(shop, order, report, at=at)


def _apply_shop(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.record_shop(shop, read_shop(payload))


def _apply_uninstalled(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.note_uninstalled(shop, at=at)


def _apply_data_request(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    request = Reader(payload, "data_request").part("data_request")
    if request is None:
        raise BadInput("data_request: missing")
    person = read_person(payload, "orders_requested")
    fulfilment.record_data_request(shop, request.number("id"), person, at=at)


def _apply_erasure(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.erase_person(shop, read_person(payload, "orders_to_redact"), at=at)


def _apply_shop_erasure(shop: Shop, payload: dict[str, Any], at: datetime) -> None:
    fulfilment.erase_shop(shop, at=at)


@dataclass(frozen=True)
class Topic:
    """What a message does, and which of its fields that takes."""

    apply: Callable[[Shop, dict[str, Any], datetime], None]
    fields: Fields = field(default_factory=dict)


def _fields(names: str, **inner: Fields) -> Fields:
    return dict.fromkeys(names.split()) | inner


PERSON = _fields("email", customer=_fields("id email first_name last_name"))
REFUND = _fields("id order_id created_at", refund_line_items=_fields("line_item_id quantity"))
ORDER = _fields(
    "id order_number financial_status created_at processed_at updated_at cancelled_at currency "
    "current_total_price total_price",
    order_edit={},
    line_items=_fields(
        "id quantity current_quantity title name product_id variant_id variant_title sku vendor"
    ),
    refunds=REFUND,
)
PRODUCT = _fields("id title vendor tags created_at updated_at", variants=_fields("id title sku"))
DISPUTE = _fields("id order_id type status initiated_at finalized_on")
TOPICS = {
    **dict.fromkeys(
        ("orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled"),
        Topic(_apply_order, ORDER),
    ),
    "orders/risk_assessment_changed": Topic(
        _apply_risk, _fields("order_id created_at provider_id provider_title risk_level")
    ),
    "refunds/create": Topic(_apply_refund, REFUND),
    "products/create": Topic(_apply_product, PRODUCT),
    "products/update": Topic(_apply_product, PRODUCT),
    "products/delete": Topic(_apply_removal, _fields("id")),
    "disputes/create": Topic(_apply_dispute, DISPUTE),
    "disputes/update": Topic(_apply_dispute, DISPUTE),
    "app/uninstalled": Topic(_apply_uninstalled),
    "shop/update": Topic(_apply_shop, _fields("name updated_at")),
    "customers/data_request": Topic(
        _apply_data_request, _fields("orders_requested", data_request=_fields("id"))
    ),
    "customers/redact": Topic(_apply_erasure, _fields("orders_to_redact")),
    "shop/redact": Topic(_apply_shop_erasure),
}
