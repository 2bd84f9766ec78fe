"""Cells of tables: numbers, times and words as spreadsheets and shops write them.

What cannot be read becomes unknown, with a sentence for the merchant in `notes`.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from downloads.models.reported import RECEIPT_NUMBER_LENGTH

MAX_INTEGER = 2**63 - 1
MAX_QUANTITY = 1_000_000
MAX_TEXT = 500
YES = frozenset({"yes", "y", "true", "1", "x", "paid", "completed", "complete"})
NO = frozenset({"no", "n", "false", "0", "unpaid", "pending"})
EPOCH_OF_SHEETS = datetime(1899, 12, 30, tzinfo=UTC)
# What a spreadsheet shows as a day of these years is a plain number in the file.
DAYS_OF_SHEETS = range(25_000, 80_000)
SHOWN = 60
_MOMENT = re.compile(
    r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)"
    r"(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r" ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_WHOLE = re.compile(r"(\d{1,19})(?:\.0{1,3})?", re.ASCII)
_ESCAPED = re.compile(r"'(?=[=+\-@\t\r\n|%])")
_GROUPED = re.compile(r"(\d{1,3})(?:[,.' \u00a0]\d{3})+")


class Notes(list[str]):
    """Sentences for the merchant on what of an order could not be read."""

    def unread(self, what: str, value: str) -> None:
        """Note a value that could not be read."""
        self.append(f"{what} could not be read: {shown(value)}")


def shown(value: str) -> str:
    """Return a cell as a message can show it: short, on one line, between quotation marks."""
    text = "".join(sign if sign.isprintable() else " " for sign in value[: SHOWN + 1])
    return f"“{text[:SHOWN]}…”" if len(text) > SHOWN else f"“{text}”"


def cell(value: str) -> str:
    """Return a cell's text without what spreadsheets need around it."""
    return _ESCAPED.sub("", value.replace("\0", "").strip(), count=1)


def words(value: str, *, limit: int = MAX_TEXT) -> str | None:
    """Return a text cut to `limit` characters; null for an empty one."""
    return value[:limit] or None


def moment(value: str) -> datetime | None:
    """Return a time, in UTC where no zone is said; null where it is none, or before 1970."""
    if number := _decimal(value):
        is_day = number.is_finite() and int(number) in DAYS_OF_SHEETS
        return EPOCH_OF_SHEETS + timedelta(days=float(number)) if is_day else None
    found = _MOMENT.fullmatch(value)
    if found is None:
        return None
    *parts, zone = found.groups()
    try:
        at = datetime(*(int(part or 0) for part in parts), tzinfo=UTC)  # type: ignore[arg-type, misc]
        at -= _offset(zone or "Z")
    except (ValueError, OverflowError):
        return None
    return at if at.year >= 1970 else None


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def time(value: str, what: str, notes: Notes) -> datetime | None:
    """Return a time; null, and noted, where it cannot be read."""
    at = moment(value)
    if value and at is None:
        notes.unread(what, value)
    return at


def units(value: str, what: str, notes: Notes) -> int | None:
    """Return how many; null, and noted, where that cannot be read. Of a part one is whole."""
    number = _decimal(value)
    if number is not None and number.is_finite() and 0 <= number <= MAX_QUANTITY:
        return max(int(number), 1) if number > 0 else 0
    if value:
        notes.unread(what, value)
    return None


def amount(value: str, what: str, notes: Notes) -> Decimal | None:
    """Return an amount of money with two places; null, and noted, where it cannot be read."""
    text = re.sub(r"[^\d.,'\-+eE]", "", value)
    number = _decimal(_plain(text))
    if number is not None and number.is_finite() and 0 <= number < Decimal(10) ** 15:
        return number.quantize(Decimal("0.01"))
    if value:
        notes.unread(what, value)
    return None


def whole(value: str) -> int | None:
    """Return a platform's number, greater than nought; null where it is none."""
    # Not 3.9E+12: a spreadsheet has rounded it, to another order's perhaps.
    # An apostrophe makes spreadsheets keep all its digits.
    found = _WHOLE.fullmatch(value.removeprefix("'"))
    number = int(found[1]) if found else 0
    return number if 0 < number <= MAX_INTEGER else None


def yes_or_no(value: str) -> bool | None:
    """Return what a word for yes or no says; null where it is neither."""
    word = value.casefold()
    return True if word in YES else False if word in NO else None


def numbers_of(name: str, *, otherwise: int) -> tuple[int, str]:
    """Return an order's number, and the text on its receipt, empty where that is the number.

    The number of a text is that of its digits; of one without any, `otherwise`.
    """
    name = name[:RECEIPT_NUMBER_LENGTH]
    digits = re.sub(r"[^0-9]", "", name)[:18]
    number = int(digits) if digits else otherwise
    return number, "" if name.removeprefix("#") in ("", str(number)) else name


def synthetic(*parts: object) -> int:
    """Return a number less than nought made of texts, the same ones each time."""
    text = "\x1f".join(map(str, parts))
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return -1 - int.from_bytes(digest[:8]) % 2**62


def _decimal(text: str) -> Decimal | None:
    if not text or len(text) > SHOWN:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _plain(text: str) -> str:
    """Return a number with the signs that some countries write between its digits left out."""
    text = text.replace("'", "")
    whole_part, sign, cents = text[:-3], text[-3:-2], text[-2:]
    if sign in (".", ",") and cents.isdigit():
        return re.sub(r"[.,]", "", whole_part) + "." + cents
    grouped = _GROUPED.fullmatch(text)
    return re.sub(r"[.,]", "", text) if grouped else text.replace(",", ".")
