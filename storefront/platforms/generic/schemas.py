"""The payloads of a shop of one's own: all that is read and stored of them.

The format is ours, and documented in `storefront/docs/webhooks.md` under “A shop of your own”.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from downloads.models import Order as OurOrder
from storefront.platforms import fields
from storefront.platforms.fields import OBJECT, REQUIRED_ROWS, ROWS
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

PAYMENTS = {payment.value: payment for payment in OurOrder.ReportedPayment}


class Timestamp(Payload):
    timestamp: fields.Time = None


class Identified(Payload):
    id: fields.Number


class DeletedOrder(Identified):
    """`updated_at` is when it was deleted."""

    updated_at: fields.Time = None


class Customer(Payload):
    id: fields.OptionalNumber = None
    email: fields.Address = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class Mentioned(Payload):
    """What an order's line says of its product. Alone it is its own variant."""

    id: fields.OptionalNumber = None
    variant_id: fields.OptionalNumber = None
    name: fields.Text = None
    variant_name: fields.Text = None
    sku: fields.ShortText = None
    vendor: fields.ShortText = None
    tags: fields.OptionalWords = None

    @property
    def variant(self) -> int | None:
        # Another variant's number that cannot be read is not the product's own.
        is_alone = self.variant_id is None and not self.is_unread("variant_id")
        return self.id if is_alone else self.variant_id


class Line(Payload):
    product: Annotated[Mentioned | None, OBJECT] = None
    quantity: fields.Quantity = None
    id: fields.OptionalNumber = None
    kept: fields.Quantity = None


class RefundLine(Payload):
    line_id: fields.OptionalNumber = None
    quantity: fields.QuantityBack = None


class OfOrder(Payload):
    order_id: fields.Number


class Refund(Payload):
    lines: Annotated[Sequence[RefundLine] | None, ROWS] = None
    id: fields.OptionalNumber = None
    refunded_at: fields.Time = None


class NamedRefundLine(RefundLine):
    line_id: fields.Number
    quantity: fields.RequiredQuantityBack


class RefundMessage(Refund, OfOrder):
    """A refund by itself, which says of which order it is, and all of what went back."""

    lines: Annotated[Sequence[NamedRefundLine] | None, ROWS] = None
    id: fields.Number
    refunded_at: fields.AnyTime = None


class Timed(Payload):
    updated_at: fields.Time = None
    # Put beside it by us: where its own time cannot be read, a thing is as it was when the message
    # was written.
    sent_at: Annotated[fields.Time, Field(exclude=True)] = None

    @property
    def stood_at(self) -> datetime | None:
        """When it stood so."""
        return self.updated_at or self.sent_at


class Order(Timed):
    """A stored message has the hash in the place of the order-status token."""

    IS_LENIENT = True

    email: Annotated[fields.Address, PERSONAL] = None
    customer: Annotated[Customer | None, OBJECT, PERSONAL] = None
    lines: Annotated[list[Line], REQUIRED_ROWS]
    id: fields.Number
    number: fields.ReceiptNumber = None
    payment: Annotated[str | None, fields.one_of(PAYMENTS)] = None
    placed_at: fields.Time = None
    token_sha256: fields.Hash = None
    cancelled_at: fields.Time = None
    total: fields.Amount = None
    currency: fields.Currency = None
    test: fields.YesOrNo = False
    refunds: Annotated[list[Refund] | None, ROWS] = None


class Variant(Payload):
    id: fields.OptionalNumber = None
    name: fields.Text = None
    sku: fields.ShortText = None


class Product(Timed):
    IS_LENIENT = True

    id: fields.Number
    name: fields.RequiredText
    vendor: fields.ShortText = None
    type: fields.ShortText = None
    tags: fields.Words = []
    variants: Annotated[list[Variant] | None, ROWS] = None
    sku: Annotated[fields.ShortText, InPlaceOf("variants")] = None


class Erasure(Payload):
    customer: Annotated[Customer | None, OBJECT, PERSONAL] = None
    orders: fields.Numbers = []
