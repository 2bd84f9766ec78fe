"""Shopify's payloads: all that is read and stored of them.

Source: Shopify's Admin API, resources Order, Refund, Dispute, Product and Shop, and its mandatory
webhooks. Older versions leave out `current_quantity` and `refunds`.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from storefront.platforms import fields
from storefront.platforms.fields import OBJECT, REQUIRED_ROWS, ROWS
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

# A product without variants has one that is called so.
VariantName = Annotated[
    fields.Text, AfterValidator(lambda name: None if name == "Default Title" else name)
]


class Identified(Payload):
    id: fields.Number


class DeletedOrder(Identified):
    # Put beside it by us: Shopify does not say when.
    received_at: Annotated[fields.Time, Field(exclude=True)] = None


class OfOrder(Payload):
    order_id: fields.Number


class Customer(Payload):
    id: fields.OptionalNumber = None
    email: fields.Address = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class LineItem(Payload):
    id: fields.OptionalKey = None
    quantity: fields.Quantity = None
    current_quantity: fields.Quantity = None
    title: fields.Text = None
    name: Annotated[fields.Text, InPlaceOf("title")] = None
    product_id: fields.OptionalKey = None
    variant_id: fields.OptionalKey = None
    variant_title: VariantName = None
    sku: fields.ShortText = None
    vendor: fields.ShortText = None


class RefundLineItem(Payload):
    line_item_id: fields.OptionalKey = None
    quantity: fields.QuantityBack = None


class Refund(Payload):
    refund_line_items: Annotated[Sequence[RefundLineItem] | None, ROWS] = None
    id: fields.OptionalKey = None
    created_at: fields.Time = None


class NamedRefundLineItem(RefundLineItem):
    line_item_id: fields.Number
    quantity: fields.RequiredQuantityBack


class RefundMessage(Refund, OfOrder):
    """A refund by itself, which says of which order it is, and all of what went back."""

    refund_line_items: Annotated[Sequence[NamedRefundLineItem] | None, ROWS] = None
    id: fields.Number
    created_at: fields.AnyTime = None


class Order(Payload):
    """A stored message has the token's hash in its place."""

    IS_LENIENT = True

    order_edit: fields.Anything = None
    processed_at: fields.Time = None
    created_at: fields.Time = None
    line_items: Annotated[list[LineItem], REQUIRED_ROWS]
    id: fields.Number
    order_number: fields.ReceiptNumber = None
    name: fields.ReceiptNumber = None
    financial_status: fields.Word = None
    updated_at: fields.Time = None
    token_sha256: fields.Hash = None
    token: Annotated[fields.Anything, InPlaceOf("token_sha256"), Field(exclude=True)] = None
    cancelled_at: fields.Time = None
    current_total_price: fields.Amount = None
    total_price: fields.Amount = None
    currency: fields.Currency = None
    test: fields.YesOrNo = False
    email: Annotated[fields.Address, PERSONAL] = None
    contact_email: Annotated[fields.Address, PERSONAL] = None
    customer: Annotated[Customer | None, OBJECT, PERSONAL] = None
    refunds: Annotated[list[Refund] | None, ROWS] = None


class DisputeStage(Payload):
    order_id: fields.OptionalNumber = None
    type: fields.Text = None
    status: fields.Text = None


class Dispute(DisputeStage):
    IS_LENIENT = True

    id: fields.Number
    initiated_at: fields.Time = None
    finalized_on: fields.Time = None


class Risk(Payload):
    order_id: fields.Number
    risk_level: fields.Text = None
    created_at: fields.Time = None
    provider_id: fields.OptionalNumber = None
    provider_title: Annotated[fields.Text, InPlaceOf("provider_id")] = None


class Variant(Payload):
    id: fields.Number
    title: VariantName = None
    sku: fields.ShortText = None


class Product(Payload):
    IS_LENIENT = True

    id: fields.Number
    title: fields.Text = None
    vendor: fields.ShortText = None
    product_type: fields.ShortText = None
    tags: fields.Words = []
    created_at: fields.Time = None
    updated_at: fields.Time = None
    variants: Annotated[list[Variant], REQUIRED_ROWS]


class Shop(Payload):
    IS_LENIENT = True

    name: fields.PersonName = None
    updated_at: fields.Time = None


class PrivacyRequest(Payload):
    """What the law lets a buyer ask for; `orders_…` are the orders it is about."""

    customer: Annotated[Customer | None, OBJECT, PERSONAL] = None
    orders_requested: fields.Numbers = []
    orders_to_redact: fields.Numbers = []
    data_request: Annotated[Identified | None, OBJECT] = None
