"""WooCommerce's payloads: all that is read and stored of them.

Source: WooCommerce's REST API v3, resources Orders, Order refunds, Products and Product variations;
a webhook sends the same objects. Versions 1 and 2 leave some fields out.
"""

import html
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from downloads.errors import BadInput
from storefront.platforms import fields
from storefront.platforms.schemas import PERSONAL, InPlaceOf, Payload

_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)


def _moment(value: Any) -> datetime | None:
    # A field in UTC carries no zone. The shop's own time does neither, and is read as if it were.
    written = fields.text(value)
    is_bare = written is not None and _WITHOUT_ZONE.fullmatch(written)
    return fields.time(f"{written}Z" if is_bare else written)


def _printed_number(value: Any) -> int | None:
    # Plugins put letters into it.
    if isinstance(value, int):
        return fields.whole(value)
    number = fields.from_digits(fields.text(value))
    return number if isinstance(number, int) and number <= fields.MAX_INTEGER else None


def _without_sign(value: Any) -> Any:
    return abs(value) if type(value) is int else value


Moment = Annotated[datetime | None, PlainValidator(_moment)]
# As people read it: WordPress stores its signs as HTML.
HtmlText = Annotated[fields.Text, AfterValidator(lambda name: name and html.unescape(name))]
# Nought stands for none.
OptionalNumber = Annotated[fields.Number | None, AfterValidator(lambda number: number or None)]


class Identified(Payload):
    id: fields.Number

    @model_validator(mode="before")
    @classmethod
    def _name_an_error(cls, row: Any) -> Any:
        # So it is when the webhook's own user may not see the order, or it is gone by then.
        if isinstance(row, dict) and row.get("id") is None and "code" in row:
            words = fields.text(row.get("message"), "message") or ""
            raise fields.wrong(f'missing; the shop sent "{words}"', "id")
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
    code: Any = None
    message: Any = None

    def modified_at(self, path: str) -> datetime:
        """Return when the shop last changed it.

        Raises:
            BadInput: it does not say.
        """
        at = self.date_modified_gmt or self.date_modified or self.created_at
        if at is None:
            raise BadInput(f"{path}.date_modified_gmt: missing")
        return at


class Sold(Payload):
    """By which numbers a line names what was sold."""

    product_id: OptionalNumber = None
    variation_id: OptionalNumber = None


class LineItem(Sold):
    name: HtmlText = None
    parent_name: HtmlText = None
    id: fields.Number
    quantity: fields.Quantity
    sku: fields.ShortText = None


class Billing(Payload):
    email: fields.Text = None
    first_name: fields.PersonName = None
    last_name: fields.PersonName = None


class Order(Modified):
    """It lists its refunds by amount alone. A stored message has the key's hash in its place."""

    status: fields.Text = None
    line_items: list[LineItem]
    number: Annotated[int | None, PlainValidator(_printed_number)] = None
    date_paid_gmt: Moment = None
    date_paid: Annotated[Moment, InPlaceOf("date_paid_gmt")] = None
    token_sha256: fields.Hash = None
    order_key: Annotated[fields.Anything, InPlaceOf("token_sha256"), Field(exclude=True)] = None
    total: fields.Amount = None
    currency: fields.Text = None
    billing: Annotated[Billing | None, PERSONAL] = None
    customer_id: Annotated[OptionalNumber, PERSONAL] = None


class Tag(Payload):
    name: HtmlText = None


class Attribute(Payload):
    option: HtmlText = None


class Item(Modified):
    """What a product and a variation have in common; `type` and `parent_id` tell which it is."""

    type: fields.Text = None
    parent_id: OptionalNumber = None
    name: HtmlText = None
    sku: fields.ShortText = None


class Variation(Item):
    attributes: list[Attribute] | None = None


class Product(Item):
    variations: fields.Numbers = []
    tags: list[Tag] | None = None


class AnyProduct(Variation, Product):
    """What is stored of either."""


class Refunded(Payload):
    """An order's refunds, by number."""

    refunds: list[Identified] | None = None


class SoldLine(Sold):
    id: fields.Number


class Basket(Payload):
    """An order's lines, by what was sold."""

    line_items: list[SoldLine] | None = None


class Meta(Payload):
    key: fields.Anything = None
    value: Any = None


class RefundLine(Sold):
    # A refund is written as an order of less than nothing.
    quantity: Annotated[fields.Quantity, BeforeValidator(_without_sign)]
    meta_data: list[Meta] | None = None


class RefundedItem(Payload):
    value: fields.Numeral | None = None


class Refund(Created):
    line_items: list[RefundLine] | None = None
