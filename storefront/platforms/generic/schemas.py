"""The payloads of a shop of one's own: all that is read and stored of them.

The format is ours, and documented in `storefront/docs/webhooks.md` under “A shop of your own”.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from downloads.models import Order as OurOrder
from storefront.platforms import fields
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

PAYMENTS = {payment.value: payment for payment in OurOrder.ReportedPayment}
_CURRENCY = re.compile(r"[A-Z]{3}")


def _require_currency(written: str | None) -> str | None:
    if written is not None and not _CURRENCY.fullmatch(written):
        raise fields.wrong('expected three letters like "EUR"')
    return written


class Timestamp(Payload):
    timestamp: fields.Time = None


class Identified(Payload):
    id: fields.Number


class Customer(Payload):
    id: fields.Number | None = None
    email: fields.Text = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class Mentioned(Payload):
    """What an order's line says of its product. Alone it is its own variant."""

    id: fields.Number | None = None
    variant_id: fields.Number | None = None
    name: fields.RequiredText
    variant_name: fields.Text = None
    sku: fields.ShortText = None
    vendor: fields.ShortText = None
    tags: fields.Anything = None

    @property
    def variant(self) -> int | None:
        return self.id if self.variant_id is None else self.variant_id

    @model_validator(mode="after")
    def _read_tags(self) -> Self:
        # What has no number is known by its words, and its tags are none of them.
        is_read = self.variant is not None and self.tags is not None
        self.tags = tuple(fields.words(self.tags, "tags")) if is_read else None
        return self


class Line(Payload):
    product: Mentioned
    quantity: fields.Quantity
    id: fields.Number
    kept: fields.Anything = None

    @model_validator(mode="after")
    def _bound_what_is_kept(self) -> Self:
        if self.kept is not None:
            fields.whole(self.kept, "kept", at_most=self.quantity)
        return self


class RefundLine(Payload):
    line_id: fields.Number
    quantity: fields.Quantity


class OfOrder(Payload):
    order_id: fields.Number


class Refund(Payload):
    lines: list[RefundLine] | None = None
    id: fields.Number
    refunded_at: fields.RequiredTime


class RefundMessage(Refund, OfOrder):
    """A refund by itself, which says of which order it is."""


class Order(Payload):
    """A stored message has the hash in the place of the order-status token."""

    updated_at: fields.Time = None
    customer: Annotated[Customer | None, PERSONAL] = None
    lines: list[Line]
    id: fields.Number
    number: fields.Number
    payment: Annotated[str, fields.one_of(PAYMENTS)]
    placed_at: fields.RequiredTime
    token_sha256: Any = None
    cancelled_at: fields.Time = None
    total: fields.Amount = None
    currency: Annotated[fields.Text, AfterValidator(_require_currency)] = None
    refunds: list[Refund] | None = None


class Variant(Payload):
    id: fields.Number | None = None
    name: fields.Text = None
    sku: fields.ShortText = None


class Product(Payload):
    updated_at: fields.Time = None
    id: fields.Number
    name: fields.RequiredText
    vendor: fields.ShortText = None
    tags: fields.Words = []
    variants: list[Variant] | None = None
    sku: Annotated[fields.ShortText, InPlaceOf("variants")] = None


class Erasure(Payload):
    customer: Annotated[Customer | None, PERSONAL] = None
    orders: fields.Numbers = []
