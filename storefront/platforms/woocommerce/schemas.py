"""WooCommerce's payloads: all that is read and stored of them.

Source: WooCommerce's REST API v3, resources Orders, Order refunds, Products and Product variations;
a webhook sends the same objects. Versions 1 and 2 leave some fields out.
"""

import html
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from downloads.errors import BadInput
from storefront.platforms import fields, values
from storefront.platforms.fields import OBJECT, REQUIRED_ROWS, ROWS
from storefront.platforms.notes import Notes
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

# A field in UTC carries no zone. The shop's own time does neither, and is read as if it were.
Moment = fields.UtcTime
# As people read it: WordPress stores its signs as HTML.
HtmlText = Annotated[fields.Text, AfterValidator(lambda name: name and html.unescape(name))]


class Identified(Payload):
    id: fields.Number

    @model_validator(mode="before")
    @classmethod
    def _name_an_error(cls, row: Any, info: ValidationInfo) -> Any:
        # So it is when the webhook's own user may not see the order, or it is gone by then.
        if isinstance(row, dict) and row.get("id") is None and "code" in row:
            sent = row.get("message")
            words = values.clean(sent[: values.MAX_TEXT]) if isinstance(sent, str) else ""
            notes: Notes = info.context  # type: ignore[assignment]
            raise BadInput(f'{notes.path_of("id")}: missing; the shop sent "{words}"')
        return row


class DeletedOrder(Identified):
    # Put beside it by us: WooCommerce does not say when.
    received_at: Annotated[fields.Time, Field(exclude=True)] = None


class Created(Identified):
    date_created_gmt: Moment = None
    date_created: Annotated[Moment, InPlaceOf("date_created_gmt")] = None

    @property
    def created_at(self) -> datetime | None:
        return self.date_created_gmt or self.date_created


class Modified(Created):
    """An error that the shop sends in an object's place has `code` and `message`."""

    date_modified_gmt: Moment = None
    date_modified: Annotated[Moment, InPlaceOf("date_modified_gmt")] = None
    code: fields.Anything = None
    message: fields.Anything = None

    @property
    def changed_at(self) -> datetime | None:
        return self.date_modified_gmt or self.date_modified or self.created_at

    def modified_at(self, path: str) -> datetime:
        """Return when the shop last changed it.

        Raises:
            BadInput: it does not say.
        """
        if self.changed_at is None:
            raise BadInput(f"{path}.date_modified_gmt: missing")
        return self.changed_at


class Sold(Payload):
    """By which numbers a line names what was sold."""

    product_id: fields.OptionalKey = None
    variation_id: fields.OptionalKey = None

    @property
    def sold_id(self) -> int | None:
        return self.variation_id or self.product_id


class LineItem(Sold):
    name: HtmlText = None
    parent_name: HtmlText = None
    id: fields.OptionalKey = None
    quantity: fields.Quantity = None
    sku: fields.ShortText = None


class Billing(Payload):
    email: fields.Address = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class Order(Modified):
    """It lists its refunds by amount alone. A stored message has the key's hash in its place."""

    IS_LENIENT = True

    status: fields.Word = None
    payment_method: fields.Word = None
    parent_id: fields.OptionalKey = None
    line_items: Annotated[list[LineItem], REQUIRED_ROWS]
    number: fields.ReceiptNumber = None
    date_paid_gmt: Moment = None
    date_paid: Annotated[Moment, InPlaceOf("date_paid_gmt")] = None
    token_sha256: fields.Hash = None
    order_key: Annotated[fields.Anything, InPlaceOf("token_sha256"), Field(exclude=True)] = None
    total: fields.Amount = None
    currency: fields.Currency = None
    billing: Annotated[Billing | None, OBJECT, PERSONAL] = None
    customer_id: Annotated[fields.OptionalKey, PERSONAL] = None

    @property
    def paid_at(self) -> datetime | None:
        return self.date_paid_gmt or self.date_paid

    def modified_at(self, path: str) -> datetime:
        return self.changed_at or self.paid_at or super().modified_at(path)


class Tag(Payload):
    name: HtmlText = None


class Attribute(Payload):
    option: HtmlText = None


class Item(Modified):
    """What a product and a variation have in common; `type` and `parent_id` tell which it is."""

    IS_LENIENT = True

    type: fields.Text = None
    parent_id: fields.OptionalKey = None
    name: HtmlText = None
    sku: fields.ShortText = None


class Variation(Item):
    attributes: Annotated[list[Attribute] | None, ROWS] = None


class Product(Item):
    variations: fields.Numbers = []
    tags: Annotated[list[Tag] | None, ROWS] = None
    categories: Annotated[list[Tag] | None, ROWS] = None


class AnyProduct(Variation, Product):
    """What is stored of either."""


class Refunded(Payload):
    """An order's refunds, by number."""

    refunds: Annotated[list[Identified] | None, ROWS] = None


class SoldLine(Sold):
    id: fields.OptionalNumber = None


class Basket(Payload):
    """An order's lines, by what was sold."""

    IS_LENIENT = True

    line_items: Annotated[list[SoldLine] | None, ROWS] = None


class Meta(Payload):
    key: fields.Anything = None
    value: fields.Anything = None


class RefundLine(Sold):
    # A refund is written as an order of less than nothing.
    quantity: fields.RequiredQuantityBack
    meta_data: Annotated[list[Meta] | None, ROWS] = None


class RefundedItem(Payload):
    value: fields.OptionalNumber = None


class Refund(Created):
    date_created_gmt: fields.AnyTime = None
    date_created: Annotated[fields.AnyTime, InPlaceOf("date_created_gmt")] = None
    line_items: Annotated[list[RefundLine] | None, ROWS] = None
