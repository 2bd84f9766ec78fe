"""Sums of money and currencies, as people and programs of many countries write them."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from storefront.platforms.values import LONGEST_NUMBER, Unreadable, is_short, text

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# One sign between the groups, and another before the hundredths. The last group has three digits.
_GROUPED = re.compile(
    r"(-?[1-9][0-9]{0,2})"
    r"(?P<sign>[., '\u2019\u00a0\u202f])((?:[0-9]{2,3}(?P=sign))*[0-9]{3})"
    r"(?:(?!(?P=sign))[.,]([0-9]+))?"
)
_DECIMAL_COMMA = re.compile(r"(-?[0-9]+),([0-9]+)")
_CURRENCY = re.compile(r"[A-Z]{3}")


def amount(value: Any) -> Decimal | None:
    """Return a sum of money, in hundredths; also one with signs between its digits.

    A point alone is a decimal one. A comma alone before three digits stands between thousands.
    """
    if value is None:
        return None
    written = _as_python_writes_it(value)
    try:
        read = None if written is None else Decimal(written).quantize(Decimal("0.01"))
        if read is not None and read.is_finite() and abs(read) < Decimal(10) ** 18:
            return read
    except InvalidOperation:
        pass
    raise Unreadable('expected an amount like "409.94"')


def currency(value: Any) -> str | None:
    """Return the three letters of a currency."""
    written = (text(value) or "").strip().upper()
    if written and not _CURRENCY.fullmatch(written):
        raise Unreadable('expected three letters like "EUR"')
    return written or None


def _as_python_writes_it(value: Any) -> str | None:
    if isinstance(value, float) or is_short(value):
        return str(value)
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return None
    written = value.strip()
    if _PLAIN.fullmatch(written):
        return written
    if grouped := _GROUPED.fullmatch(written):
        first, sign, others, hundredths = grouped.groups()
        return f"{first}{others.replace(sign, '')}.{hundredths or 0}"
    with_comma = _DECIMAL_COMMA.fullmatch(written)
    return ".".join(with_comma.groups()) if with_comma else None
