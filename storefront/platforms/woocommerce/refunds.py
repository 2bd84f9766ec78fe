"""WooCommerce's refunds → our reports.

Source: WooCommerce's REST API v3, resource Order refunds. No webhook tells of them in full: an
order lists the amounts alone.
"""

from typing import Any

from downloads.errors import BadInput
from downloads.incoming import RefundReport
from storefront.platforms.payloads import DIGITS, Reader
from storefront.platforms.woocommerce.fields import LONG_AGO, MAX_QUANTITY, moment, number_of

REFUNDED_LINE = "_refunded_item_id"


def refund_numbers(order: Any) -> list[int]:
    """Return the numbers of an order's refunds; what they gave back they say themselves.

    Raises:
        BadInput: a field is missing or not of its kind; the message names it.
    """
    return [row.number("id") for row in Reader(order, "order").rows("refunds", required=False)]


def read_refund(payload: Any, order: Any) -> RefundReport:
    """Return what a refund of the REST API says. An amount alone refunds no units.

    `order` is the order it is about, as the REST API prints it: a refund that does not say which
    line went back is matched by what was bought.

    Raises:
        BadInput: a field is missing or not of its kind, or a line cannot be told; the message
            names it.
    """
    refund = Reader(payload, "refund")
    units: dict[int, int] = {}
    for line in refund.rows("line_items", required=False):
        if back := _units_of(line):
            number = _line_named_by(line) or _line_alike(line, Reader(order, "order"))
            units[number] = min(units.get(number, 0) + back, MAX_QUANTITY)
    return RefundReport(
        platform_id=number_of(refund),
        refunded_at=moment(refund, "date_created") or LONG_AGO,
        units=units,
    )


def _units_of(line: Reader) -> int:
    # A refund is written as an order of less than nothing.
    units = line.value("quantity")
    if type(units) is int:
        line = Reader(line.payload | {"quantity": abs(units)}, line.path)
    return line.number("quantity", at_most=MAX_QUANTITY)


def _line_named_by(line: Reader) -> int | None:
    for row in line.rows("meta_data", required=False):
        if row.value("key") == REFUNDED_LINE:
            value = row.value("value")
            if isinstance(value, str) and DIGITS.fullmatch(value):
                row = Reader(row.payload | {"value": int(value)}, row.path)
            return row.optional_number("value") or None
    return None


def _line_alike(line: Reader, order: Reader) -> int:
    alike = [
        row.number("id")
        for row in order.rows("line_items", required=False)
        if _bought(row) == _bought(line)
    ]
    if len(alike) != 1:
        raise BadInput(f"{line.path}.meta_data: does not say which line of the order went back")
    return alike[0]


def _bought(line: Reader) -> tuple[int | None, int | None]:
    return line.optional_number("product_id"), line.optional_number("variation_id")
