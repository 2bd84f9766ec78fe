"""Shopify's topics: what of each webhook is stored, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Shop
from storefront.platforms.payloads import Fields, Reader
from storefront.platforms.shopify.orders import (
    read_dispute,
    read_order,
    read_refund,
    read_risk,
)
from storefront.platforms.shopify.shops import read_person, read_product, read_shop


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
