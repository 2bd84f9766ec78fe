"""Shopify's topics: what of each webhook is stored, and what it does."""

from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import Outcome
from downloads.models import Shop
from storefront.platforms.base import Doubt, Topic
from storefront.platforms.shopify import customers, reports, risks, schemas


def record_order(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record an order from a webhook."""
    # An edit's own message tells differences only; the order as it is now comes in another.
    if "order_edit" in payload:
        return Outcome.UNCHANGED
    return fulfilment.record_order(shop, reports.read_order(payload), at=at).outcome


def record_product(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record a product from a webhook."""
    return fulfilment.record_product(shop, reports.read_product(payload))


def record_dispute(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record a dispute from a webhook."""
    order, report = risks.read_dispute(payload)
    if order is None or report is None:
        return Outcome.UNCHANGED
    return fulfilment.record_dispute(shop, order, report, at=at)


def record_shop(shop: Shop, payload: Any, at: datetime) -> Outcome:
    """Record the shop's name from a webhook."""
    return fulfilment.record_shop(shop, reports.read_shop(payload))


def _apply_link_request(shop: Shop, payload: Any, at: datetime) -> None:
    # It brings the order as it is now; the buyer asked for Shopify's own link, and gets ours too.
    report = reports.read_order(payload)
    fulfilment.record_order(shop, report, at=at)
    fulfilment.mail_requested_order(shop, report.platform_id, at=at)


def _apply_deletion(shop: Shop, payload: Any, at: datetime) -> Doubt:
    order = schemas.DeletedOrder.read(payload, "order")
    fulfilment.delete_reported_order(shop, order.id, at=order.received_at or at)
    return Doubt(order.id)


def _apply_refund(shop: Shop, payload: Any, at: datetime) -> None:
    order, report = reports.read_refund(payload)
    fulfilment.record_refund(shop, order, report, at=at)


def _apply_removal(shop: Shop, payload: Any, at: datetime) -> None:
    fulfilment.remove_product(shop, schemas.Identified.read(payload, "product").id, at=at)


def _apply_risk(shop: Shop, payload: Any, at: datetime) -> None:
    order, report = risks.read_risk(payload)
    if report is not None:
        fulfilment.record_risk(shop, order, report, at=at)


def _apply_account(shop: Shop, payload: Any, at: datetime) -> None:
    report, reported_at = customers.read_account(payload)
    fulfilment.record_account(shop, report, reported_at=reported_at)


def _apply_merge(shop: Shop, payload: Any, at: datetime) -> None:
    merged = customers.read_merge(payload)
    if merged is not None:
        kept, gone = merged
        fulfilment.merge_numbers(shop, kept=kept, gone=gone, at=at)


def _apply_uninstalled(shop: Shop, payload: Any, at: datetime) -> None:
    fulfilment.note_uninstalled(shop, at=at)


def _apply_data_request(shop: Shop, payload: Any, at: datetime) -> None:
    number, person = reports.read_privacy_request(payload)
    if number is None:
        raise BadInput("data_request: missing")
    fulfilment.record_data_request(shop, number, person, at=at)


def _apply_erasure(shop: Shop, payload: Any, at: datetime) -> None:
    _number, person = reports.read_privacy_request(payload)
    fulfilment.erase_person(shop, person, at=at)


def _apply_shop_erasure(shop: Shop, payload: Any, at: datetime) -> None:
    fulfilment.erase_shop(shop, at=at)


ORDER = Topic(record_order, schemas.Order, order="id")
PRODUCT = Topic(record_product, schemas.Product)
DISPUTE = Topic(record_dispute, schemas.Dispute, order="order_id")
ACCOUNT = Topic(_apply_account, customers.Account, customer="id")
# Known, and no matter of ours: what it means for the order comes with the order.
OF_ORDER = Topic(None, order="order_id")
TOPICS = {
    "orders/create": ORDER,
    "orders/paid": ORDER,
    "orders/updated": ORDER,
    "orders/edited": ORDER,
    "orders/cancelled": ORDER,
    "orders/fulfilled": ORDER,
    "orders/partially_fulfilled": ORDER,
    "orders/link_requested": Topic(_apply_link_request, schemas.Order, order="id"),
    "orders/delete": Topic(_apply_deletion, schemas.DeletedOrder, order="id"),
    "orders/risk_assessment_changed": Topic(_apply_risk, schemas.Risk, order="order_id"),
    "refunds/create": Topic(_apply_refund, schemas.RefundMessage, order="order_id"),
    "fulfillments/create": OF_ORDER,
    "fulfillments/update": OF_ORDER,
    "fulfillment_events/create": OF_ORDER,
    "fulfillment_events/delete": OF_ORDER,
    "order_transactions/create": OF_ORDER,
    "products/create": PRODUCT,
    "products/update": PRODUCT,
    "products/delete": Topic(_apply_removal, schemas.Identified),
    "disputes/create": DISPUTE,
    "disputes/update": DISPUTE,
    "app/uninstalled": Topic(_apply_uninstalled),
    "shop/update": Topic(record_shop, schemas.Shop),
    "customers/create": ACCOUNT,
    "customers/update": ACCOUNT,
    "customers/merge": Topic(_apply_merge, customers.Merge),
    # Only one who bought nothing is deleted, and one who was merged into another.
    "customers/delete": Topic(None, customer="id"),
    "customers/data_request": Topic(_apply_data_request, schemas.PrivacyRequest),
    "customers/redact": Topic(_apply_erasure, schemas.PrivacyRequest),
    "shop/redact": Topic(_apply_shop_erasure),
}
