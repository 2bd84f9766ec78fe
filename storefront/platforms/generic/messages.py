"""The topics of a shop of one's own: what of each message is stored, and what it does."""

from datetime import datetime

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Message
from storefront.platforms.base import Doubt, Topic
from storefront.platforms.generic import customers, reports, schemas


def _apply_order(message: Message, order: schemas.Order, at: datetime) -> None:
    report = reports.order_report(order)
    if message.topic == "order.cancelled" and report.cancelled_at is None:
        raise BadInput("data.cancelled_at: missing")
    fulfilment.record_order(message.shop, report, at=at)


def _apply_deletion(message: Message, order: schemas.DeletedOrder, at: datetime) -> Doubt | None:
    fulfilment.delete_reported_order(
        message.shop, order.id, at=message.received_at, deleted_at=order.updated_at
    )
    return Doubt(order.id) if order.updated_at is None else None


def _apply_account(message: Message, account: customers.Account, at: datetime) -> None:
    if account.updated_at is None:
        raise BadInput("data.updated_at: missing")
    report = customers.account_report(account)
    fulfilment.record_account(message.shop, report, reported_at=account.updated_at)


def _apply_refund(message: Message, refund: schemas.RefundMessage, at: datetime) -> None:
    fulfilment.record_refund(message.shop, refund.order_id, reports.refund_report(refund), at=at)


def _apply_product(message: Message, product: schemas.Product, at: datetime) -> None:
    fulfilment.record_product(message.shop, reports.catalog_report(product))


def _apply_removal(message: Message, product: schemas.Identified, at: datetime) -> None:
    fulfilment.remove_product(message.shop, product.id, at=at)


def _apply_erasure(message: Message, erasure: schemas.Erasure, at: datetime) -> None:
    person = reports.person_report(erasure)
    is_somebody = person.platform_id is not None or person.email or person.orders
    # An earlier erasure may have taken them out of this message, too.
    if not is_somebody and message.person:
        raise BadInput("data.customer: expected an id or a mail address")
    fulfilment.erase_person(message.shop, person, at=at)


ORDER = Topic(_apply_order, schemas.Order, order="id")
TOPICS = {
    "order.created": ORDER,
    "order.updated": ORDER,
    "order.paid": ORDER,
    "order.cancelled": ORDER,
    "order.deleted": Topic(_apply_deletion, schemas.DeletedOrder, order="id"),
    "refund.created": Topic(_apply_refund, schemas.RefundMessage, order="order_id"),
    "product.updated": Topic(_apply_product, schemas.Product),
    "product.deleted": Topic(_apply_removal, schemas.Identified),
    "customer.updated": Topic(_apply_account, customers.Account, customer="id"),
    "customer.erased": Topic(_apply_erasure, schemas.Erasure),
}
