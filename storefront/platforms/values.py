"""Values of JSON as shops print them → ours: numbers written as text, sums with separators, times.

Each reader returns None for what is empty, and raises `Unreadable` for what says nothing. Each
looks at no more of a text than ours may have.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

MAX_INTEGER = 2**63 - 1
# Beyond it a number with a point, and JavaScript, no longer tells one from the next.
MAX_EXACT = 2**53
MAX_QUANTITY = 1_000_000
MAX_TEXT = 500
MAX_WORDS = 20_000
MAX_RECEIPT = 50
LONG_AGO = datetime.fromtimestamp(0, UTC)
LONGEST_NUMBER = 60
_WHOLE = re.compile(r"[0-9]+(?:\.0+)?")
_FRACTION = re.compile(r"[0-9]+(?:\.[0-9]+)?")
KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    type(None): "nothing",
}
YES = (True, 1, "1", "true", "yes")
NO = (False, 0, "0", "false", "no")


class Unreadable(Exception):
    """A value that says nothing; `problem` is what was expected of it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class ReadOtherwise(Exception):
    """A value that is taken for another one, `taken`; `remark` says how, after what was sent."""

    def __init__(self, taken: Any, remark: str) -> None:
        super().__init__(remark)
        self.taken, self.remark = taken, remark


def kind_of(value: Any) -> str:
    """Say what a JSON value is, in words for a shopkeeper."""
    return KINDS.get(type(value), "a number")


def clean(value: str) -> str:
    """Return a text without what no database stores: half a surrogate pair, and NUL."""
    return value.encode(errors="replace").decode().replace("\0", "")


def whole(value: Any, *, at_most: int = MAX_INTEGER) -> int | None:
    """Return a whole number from 0 to `at_most`, also one written in digits, or as `10.0`."""
    if is_empty(value):
        return None
    number: Any = value
    if isinstance(value, str):
        number = _matched(_WHOLE, value)
        number = None if number is None else int(number.partition(".")[0])
    elif isinstance(value, float):
        number = int(value) if value.is_integer() and abs(value) <= MAX_EXACT else None
    # True is an int to Python.
    if type(number) is int and 0 <= number <= at_most:
        return number
    raise Unreadable(f"expected a whole number from 0 to {at_most}")


def units(value: Any) -> int | None:
    """Return a number of units: whole ones, of a fraction at least one."""
    if is_empty(value):
        return None
    amount = Decimal(-1)
    if isinstance(value, str):
        amount = Decimal(_matched(_FRACTION, value) or -1)
    elif isinstance(value, int | float) and type(value) is not bool and value <= MAX_QUANTITY:
        amount = Decimal(value)
    if not 0 <= amount <= MAX_QUANTITY:
        raise Unreadable(f"expected a whole number from 0 to {MAX_QUANTITY}")
    read = max(1, int(amount)) if amount else 0
    if read != amount:
        raise ReadOtherwise(read, f"was read as {read}")
    return read


def units_back(value: Any) -> int | None:
    """Return a number of units that came back, which some write as less than nothing."""
    if isinstance(value, str):
        value = value.strip().removeprefix("-")
    elif isinstance(value, int | float) and type(value) is not bool:
        value = abs(value)
    return units(value)


def text(value: Any, *, limit: int = MAX_TEXT) -> str | None:
    """Return a text cut to `limit` characters, also of a number; None for an empty one."""
    if value is None:
        return None
    if (isinstance(value, float) and value - value == 0) or is_short(value):
        value = str(value)
    if not isinstance(value, str):
        raise Unreadable(f"expected a text, got {kind_of(value)}")
    return clean(value[: 2 * limit])[:limit] or None


def word(value: Any) -> str | None:
    """Return a platform's own word for something, as a note can show it."""
    return "".join(filter(str.isprintable, text(value, limit=100) or "")).strip() or None


def address(value: Any) -> str | None:
    """Return a text that is to be a mail address, not one sign of it changed."""
    written = text(value)
    # Without a sign that is left out it would be another one's.
    if isinstance(value, str) and clean(value[:MAX_TEXT]) != value[:MAX_TEXT]:
        raise Unreadable("expected a mail address")
    return written


def time(value: Any) -> datetime | None:
    """Return a time in UTC. One that says no zone is read as if it were."""
    read = _time(value)
    if read is None or read.tzinfo is not None:
        return read
    raise ReadOtherwise(read.replace(tzinfo=UTC), "says no zone, and was read as UTC")


def utc_time(value: Any) -> datetime | None:
    """Return a time in UTC, which it need not say."""
    read = _time(value)
    return read if read is None or read.tzinfo is not None else read.replace(tzinfo=UTC)


def any_time(value: Any) -> datetime | None:
    """Return a time in UTC, null for what cannot be read."""
    try:
        return utc_time(value)
    except Unreadable:
        return None


def _time(value: Any) -> datetime | None:
    wrong = Unreadable("expected a time like 2025-06-15T10:30:00+02:00")
    if isinstance(value, bool | int | float):
        raise wrong
    if (written := text(value)) is None:
        return None
    try:
        read = parse_datetime(written[:LONGEST_NUMBER].strip())
        if read is not None and read.tzinfo is not None:
            read = read.astimezone(UTC)
    except (ValueError, OverflowError):
        read = None
    # What was written where there was none: year 0 of MySQL, year 1 of Go.
    if read is None or read.year < LONG_AGO.year:
        raise wrong
    return read


def yes_or_no(value: Any) -> bool:
    """Return whether something is so; nothing is no."""
    if is_empty(value):
        return False
    known = value.strip().lower() if isinstance(value, str) and len(value) < MAX_RECEIPT else value
    for answer, forms in ((True, YES), (False, NO)):
        if isinstance(known, str | int | bool) and known in forms:
            return answer
    raise Unreadable("expected true or false")


def words(value: Any) -> list[str]:
    """Return the words of a list, or of a text with commas between; none twice."""
    rows = [] if value is None or value == {} else value
    if not isinstance(rows, list):
        rows = (text(rows, limit=MAX_WORDS) or "").split(",")
    if not all(isinstance(row, str) or is_short(row) for row in rows):
        raise Unreadable("expected a list of texts")
    read = (clean(str(row)[:MAX_TEXT]).strip() for row in rows[:MAX_WORDS])
    return list(dict.fromkeys(filter(None, read)))


def numbers(value: Any) -> list[int]:
    """Return a list of whole numbers, all of them."""
    rows = value or []
    if not isinstance(rows, list):
        raise Unreadable("expected a list of whole numbers")
    try:
        read = [whole(row) for row in rows]
    except Unreadable:
        read = [None]
    if None in read:
        raise Unreadable("expected a list of whole numbers")
    return [number for number in read if number is not None]


def receipt_text(value: Any) -> str | None:
    """Return an order's number as the receipt has it, a number or a text."""
    if isinstance(value, int | float):
        return str(whole(value))
    shown = "".join(filter(str.isprintable, text(value) or "")).strip()
    if len(shown) > MAX_RECEIPT:
        raise Unreadable(f"expected a text of at most {MAX_RECEIPT} characters")
    return shown or None


def number_of(receipt: str | None) -> int | None:
    """Return an order's number as a whole one: that which it is, else its digits joined."""
    digits = "".join(re.findall(r"[0-9]+", receipt or ""))
    bound = MAX_INTEGER if digits == receipt else MAX_EXACT
    return int(digits) if digits and int(digits) <= bound else None


def is_empty(value: Any) -> bool:
    """Say whether nothing is said: null, or a text of nothing but spaces."""
    return value is None or (isinstance(value, str) and not value[:LONGEST_NUMBER].strip())


def is_short(value: Any) -> bool:
    """Say whether it is a whole number that Python writes out at once."""
    return type(value) is int and abs(value) < 10**LONGEST_NUMBER


def _matched(pattern: re.Pattern[str], value: str) -> str | None:
    written = value.strip() if len(value) <= LONGEST_NUMBER else ""
    return written if pattern.fullmatch(written) else None
