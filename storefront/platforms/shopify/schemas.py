"""Shopify's payloads: all that is read and stored of them.

Source: Shopify's Admin API, resources Order, Refund, Dispute, Product and Shop, and its mandatory
webhooks. Older versions leave out `current_quantity` and `refunds`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from storefront.platforms import fields
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

# A product without variants has one that is called so.
VariantName = Annotated[
    fields.Text, AfterValidator(lambda name: None if name == "Default Title" else name)
]


class Identified(Payload):
    id: fields.Number


class OfOrder(Payload):
    order_id: fields.Number


class Customer(Payload):
    id: fields.Number | None = None
    email: fields.Text = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class LineItem(Payload):
    id: fields.Number
    quantity: fields.Quantity
    current_quantity: fields.Quantity | None = None
    title: fields.Text = None
    name: Annotated[fields.Text, InPlaceOf("title")] = None
    product_id: fields.Number | None = None
    variant_id: fields.Number | None = None
    variant_title: VariantName = None
    sku: fields.ShortText = None
    vendor: fields.ShortText = None


class RefundLineItem(Payload):
    line_item_id: fields.Number
    quantity: fields.Quantity


class Refund(Payload):
    refund_line_items: list[RefundLineItem] | None = None
    id: fields.Number
    created_at: fields.Time = None


class RefundMessage(Refund, OfOrder):
    """A refund by itself, which says of which order it is."""


class Order(Payload):
    """A stored message has the token's hash in its place."""

    order_edit: fields.Anything = None
    processed_at: fields.Time = None
    created_at: fields.Time = None
    line_items: list[LineItem]
    id: fields.Number
    order_number: fields.Number
    financial_status: fields.Text = None
    updated_at: fields.Time = None
    token_sha256: fields.Hash = None
    token: Annotated[fields.Anything, InPlaceOf("token_sha256"), Field(exclude=True)] = None
    cancelled_at: fields.Time = None
    current_total_price: fields.Amount = None
    total_price: fields.Amount = None
    currency: fields.Text = None
    email: Annotated[fields.Text, PERSONAL] = None
    customer: Annotated[Customer | None, PERSONAL] = None
    refunds: list[Refund] | None = None


class DisputeStage(Payload):
    order_id: fields.Number | None = None
    type: fields.Text = None
    status: fields.Text = None


class Dispute(DisputeStage):
    id: fields.Number
    initiated_at: fields.Time = None
    finalized_on: fields.Day = None


class Risk(Payload):
    order_id: fields.Numeral
    risk_level: fields.Text = None
    created_at: fields.Time = None
    provider_id: fields.Number | None = None
    provider_title: Annotated[fields.Text, InPlaceOf("provider_id")] = None


class Variant(Payload):
    id: fields.Number
    title: VariantName = None
    sku: fields.ShortText = None


class Product(Payload):
    id: fields.Number
    title: fields.Text = None
    vendor: fields.ShortText = None
    tags: fields.Words = []
    created_at: fields.Time = None
    updated_at: fields.Time = None
    variants: list[Variant]


class Shop(Payload):
    name: fields.PersonName = None
    updated_at: fields.Time = None


class PrivacyRequest(Payload):
    """What the law lets a buyer ask for; `orders_…` are the orders it is about."""

    customer: Annotated[Customer | None, PERSONAL] = None
    orders_requested: fields.Numbers = []
    orders_to_redact: fields.Numbers = []
    data_request: Identified | None = None
