"""The topics of a shop of one's own: what of each message is stored, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Message
from storefront.platforms.generic.orders import read_order, read_refund
from storefront.platforms.generic.people import read_person
from storefront.platforms.generic.products import read_product
from storefront.platforms.payloads import Fields, Reader


def _apply_order(message: Message, order: Reader, said_at: datetime | None, at: datetime) -> None:
    report = read_order(order, said_at=said_at)
    if message.topic == "order.cancelled" and report.cancelled_at is None:
        raise BadInput("data.cancelled_at: missing")
    fulfilment.record_order(message.shop, report, at=at)


def _apply_refund(message: Message, refund: Reader, said_at: datetime | None, at: datetime) -> None:
    number = refund.number("order_id")
    fulfilment.record_refund(message.shop, number, read_refund(refund), at=at)


def _apply_product(
    message: Message, product: Reader, said_at: datetime | None, at: datetime
) -> None:
    fulfilment.record_product(message.shop, read_product(product, said_at=said_at))


def _apply_removal(
    message: Message, product: Reader, said_at: datetime | None, at: datetime
) -> None:
    fulfilment.remove_product(message.shop, product.number("id"), at=at)


def _apply_erasure(
    message: Message, content: Reader, said_at: datetime | None, at: datetime
) -> None:
    person = read_person(content)
    is_somebody = person.platform_id is not None or person.email or person.orders
    # An earlier erasure may have taken them out of this message, too.
    if not is_somebody and message.person:
        raise BadInput("data.customer: expected an id or a mail address")
    fulfilment.erase_person(message.shop, person, at=at)


@dataclass(frozen=True)
class Topic:
    """What a message does, and which fields of its `data` that takes; `person`: personal ones."""

    apply: Callable[[Message, Reader, datetime | None, datetime], None]
    fields: Fields
    person: Fields = field(default_factory=dict)


def _fields(names: str, **inner: Fields) -> Fields:
    return dict.fromkeys(names.split()) | inner


REFUND = _fields("id order_id refunded_at", lines=_fields("line_id quantity"))
ORDER = _fields(
    "id number payment placed_at updated_at cancelled_at total currency",
    lines=_fields(
        "id quantity kept",
        product=_fields("id variant_id name variant_name sku vendor tags"),
    ),
    refunds=REFUND,
)
PRODUCT = _fields("id name sku vendor tags updated_at", variants=_fields("id name sku"))
BUYER = _fields("", customer=_fields("id email first_name last_name"))
TOPICS = {
    **dict.fromkeys(
        ("order.created", "order.updated", "order.paid", "order.cancelled"),
        Topic(_apply_order, ORDER, BUYER),
    ),
    "refund.created": Topic(_apply_refund, REFUND),
    "product.updated": Topic(_apply_product, PRODUCT),
    "product.deleted": Topic(_apply_removal, _fields("id")),
    "customer.erased": Topic(
        _apply_erasure, _fields("orders"), _fields("", customer=_fields("id email"))
    ),
}
