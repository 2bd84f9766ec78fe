"""The topics of a shop of one's own: what of each message is stored, and what it does.

The format is ours, and documented in `storefront/docs/webhooks.md` under “A shop of your own”.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import Said
from downloads.json_names import is_marked, marked_or
from downloads.models import Message
from downloads.tokens import MIN_LENGTH, hash_token
from storefront.platforms.base import Envelope
from storefront.platforms.generic.orders import UNFIT, read_order, read_refund
from storefront.platforms.generic.people import read_person
from storefront.platforms.generic.products import read_product
from storefront.platforms.payloads import Fields, Reader, keep

NAME = "generic"
TITLE = "A shop of your own"
WHERE_TO_SET_UP = (
    "For a shop of your own leave the secret empty: one is made and shown once. Your shop signs "
    "its messages with it, as Standard Webhooks says."
)
UNCLEAR = "unclear"


def hear(envelope: Envelope, payload: dict[str, Any]) -> Said:
    """Return what is worth storing: only what `apply` reads, the order-status token as its hash.

    A message that does not say its type has an empty topic. One that says it twice is stored as
    unclear and set aside.
    """
    name = payload.get("type")
    if is_marked(name):
        return Said(NAME, UNCLEAR, envelope.delivery_id, body=json.dumps({"type": name}))
    said = Said(
        source=NAME, topic=name if isinstance(name, str) else "", delivery_id=envelope.delivery_id
    )
    topic = TOPICS.get(said.topic)
    if topic is None:
        return replace(said, is_known=False)
    body = keep(payload, {"timestamp": None, "data": topic.fields})
    content = payload.get("data")
    person: dict[str, Any] = {}
    if isinstance(content, dict) and not is_marked(content):
        person = keep(content, topic.person)
        if topic.apply is _apply_order:
            body["data"]["token_sha256"] = marked_or(content.get("token"), _hash_of_token(content))
    customer = person.get("customer")
    number = customer.get("id") if isinstance(customer, dict) else None
    # True is an int to Python.
    is_number = type(number) is int and 0 < number < 2**63
    return replace(
        said,
        body=json.dumps(body),
        person=json.dumps(person),
        about_customer=number if is_number else None,
    )


def apply(message: Message, *, at: datetime) -> None:
    """Do what a stored message says, through the write door.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    payload = json.loads(message.body)
    content = Reader(payload.get("data"), "data")
    if message.person:
        content.payload |= json.loads(message.person)
    elif message.about_customer:
        content.payload["customer"] = {"id": message.about_customer}  # somebody erased since
    said_at = content.time("updated_at") or Reader(payload, "message").time("timestamp")
    TOPICS[message.topic].apply(message, content, said_at, at)


def _hash_of_token(content: dict[str, Any]) -> str | None:
    token = content.get("token")
    if token is None or token == "":
        return None
    is_fit = isinstance(token, str) and len(token) >= MIN_LENGTH
    return hash_token(token) if is_fit else UNFIT


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
