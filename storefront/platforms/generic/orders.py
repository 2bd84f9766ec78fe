"""Orders and refunds as a shop of one's own writes them → our reports."""

import re
from datetime import datetime

from downloads.errors import BadInput
from downloads.incoming import LineReport, OrderReport, ProductReport, RefundReport
from downloads.models import Order
from downloads.tokens import MIN_LENGTH
from storefront.platforms.generic.fields import (
    one_of,
    require_distinct,
    required_time,
)
from storefront.platforms.generic.people import read_customer
from storefront.platforms.generic.products import read_mentioned
from storefront.platforms.payloads import Reader

MAX_QUANTITY = 1_000_000
PAYMENTS = {payment.value: payment for payment in Order.ReportedPayment}
# Stands in the place of a token's hash where it cannot be one.
UNFIT = "unfit"
_CURRENCY = re.compile(r"[A-Z]{3}")


def read_order(order: Reader, *, said_at: datetime | None) -> OrderReport:
    """Return what a stored order says, as it stood at `said_at`.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    if said_at is None:
        raise BadInput("data.updated_at: missing")
    customer = order.part("customer")
    lines = tuple(_read_line(line) for line in order.rows("lines"))
    require_distinct("data.lines", [line.platform_id for line in lines])
    _require_own_variants([line.product for line in lines])
    return OrderReport(
        platform_id=order.number("id"),
        number=order.number("number"),
        payment=one_of(order, "payment", PAYMENTS),
        placed_at=required_time(order, "placed_at"),
        reported_at=said_at,
        token_hash=_token_hash_of(order),
        cancelled_at=order.time("cancelled_at"),
        grand_total=order.amount("total"),
        currency=_currency_of(order),
        customer=None if customer is None else read_customer(customer),
        lines=lines,
        refunds=tuple(read_refund(refund) for refund in order.rows("refunds", required=False)),
    )


def read_refund(refund: Reader) -> RefundReport:
    """Return what a refund says. One without lines is of money alone.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    units: dict[int, int] = {}
    for line in refund.rows("lines", required=False):
        number = line.number("line_id")
        back = units.get(number, 0) + line.number("quantity", at_most=MAX_QUANTITY)
        units[number] = min(back, MAX_QUANTITY)
    return RefundReport(
        platform_id=refund.number("id"),
        refunded_at=required_time(refund, "refunded_at"),
        units=units,
    )


def _read_line(line: Reader) -> LineReport:
    product = line.part("product")
    if product is None:
        raise BadInput(f"{line.path}.product: missing")
    quantity = line.number("quantity", at_most=MAX_QUANTITY)
    return LineReport(
        platform_id=line.number("id"),
        quantity=quantity,
        current_quantity=line.optional_number("kept", at_most=quantity),
        product=read_mentioned(product),
    )


def _require_own_variants(products: list[ProductReport]) -> None:
    # Where a product without variants has the number of another one's variant, its buyers would
    # be given that one's files.
    known: dict[int, int] = {}
    for product in products:
        variant, number = product.variant_id, product.product_id
        if variant is None or number is None:
            continue
        if known.setdefault(variant, number) != number:
            raise BadInput(
                f"data.lines: the products {known[variant]} and {number} both have a variant "
                f"{variant}. A product without variant_id is its own variant."
            )


def _token_hash_of(order: Reader) -> str | None:
    token_hash: str | None = order.payload["token_sha256"]
    if token_hash == UNFIT:
        raise BadInput(f"data.token: expected a text of at least {MIN_LENGTH} characters")
    return token_hash


def _currency_of(order: Reader) -> str:
    currency = order.text("currency") or ""
    if currency and not _CURRENCY.fullmatch(currency):
        raise BadInput('data.currency: expected three letters like "EUR"')
    return currency
