"""Field types of inbound payloads: what each takes, and the words in which it refuses the rest."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any

from django.utils.dateparse import parse_datetime
from pydantic import AfterValidator, BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from downloads.json_names import is_marked

MAX_INTEGER = 2**63 - 1
MAX_QUANTITY = 1_000_000
MAX_TEXT = 500
MAX_WORDS = 20_000
LONG_AGO = datetime.fromtimestamp(0, UTC)
# A number in a text: Python reads none that is much longer than any of ours.
_DIGITS = re.compile(r"[0-9]{1,400}")


def wrong(problem: str, *place: str) -> PydanticCustomError:
    """Return a validator's error; `place` is a field inside the object that it validates."""
    return PydanticCustomError("wrong", "wrong", {"problem": problem, "place": place})


def kind_of(value: Any) -> str:
    """Name the type of a JSON value, for an error message."""
    return "nothing" if value is None else type(value).__name__


def whole(value: Any, *place: str, at_most: int = MAX_INTEGER) -> int:
    """Return a whole number from 0 to `at_most`."""
    if value is None:
        raise wrong("missing", *place)
    # True is an int to Python.
    if type(value) is not int or not 0 <= value <= at_most:
        raise wrong(f"expected a whole number from 0 to {at_most}", *place)
    return value


def text(value: Any, *place: str, limit: int = MAX_TEXT) -> str | None:
    """Return a text cut to `limit` characters; None for an empty one."""
    if value is not None and not isinstance(value, str):
        raise wrong(f"expected a text, got {kind_of(value)}", *place)
    return _clean(value or "")[:limit] or None


def time(value: Any) -> datetime | None:
    """Return a time in UTC. It must say its zone."""
    if (written := text(value)) is None:
        return None
    try:
        read = parse_datetime(written)
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise wrong("expected a time like 2025-06-15T10:30:00+02:00")


def _day(value: Any) -> datetime | None:
    written = text(value)
    is_day = written is not None and len(written) == len("2025-06-15")
    return time(f"{written}T00:00:00Z" if is_day else written)


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
        if amount.is_finite() and abs(amount) < Decimal(10) ** 18:
            return amount
    except InvalidOperation:
        pass
    raise wrong('expected an amount like "409.94"')


def words(value: Any, *place: str) -> list[str]:
    """Return the words of a list, or of a text with commas between; none twice."""
    rows = value
    if not isinstance(value, list):
        rows = (text(value, *place, limit=MAX_WORDS) or "").split(",")
    if not all(isinstance(row, str) for row in rows):
        raise wrong("expected a list of texts", *place)
    return list(dict.fromkeys(filter(None, (_clean(row).strip() for row in rows))))


def _numbers(value: Any) -> list[int]:
    rows = value or []
    is_list = isinstance(rows, list)
    if not is_list or not all(type(row) is int and 0 <= row <= MAX_INTEGER for row in rows):
        raise wrong("expected a list of whole numbers")
    return rows


def _unmarked(value: Any) -> Any:
    if is_marked(value):
        raise wrong("stands twice")
    return value


def _present(value: Any) -> Any:
    if value is None:
        raise wrong("missing")
    return value


def from_digits(value: Any) -> Any:
    """Return the number that a text of digits alone writes; whatever else as it is."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def one_of(meanings: Mapping[str, Any]) -> PlainValidator:
    """Return a validator that turns one of these words into what it means."""

    def mean(value: Any) -> Any:
        word = _present(text(value))
        if word not in meanings:
            raise wrong(f"expected one of {', '.join(meanings)}")
        return meanings[word]

    return PlainValidator(mean)


def _clean(value: str) -> str:
    # No database stores half a surrogate pair, PostgreSQL no NUL.
    return value.encode(errors="replace").decode().replace("\0", "")


Anything = Annotated[Any, AfterValidator(_unmarked)]
Number = Annotated[int, PlainValidator(whole)]
Numeral = Annotated[Number, BeforeValidator(from_digits)]
Quantity = Annotated[int, PlainValidator(partial(whole, at_most=MAX_QUANTITY))]
Numbers = Annotated[list[int], PlainValidator(_numbers)]
Text = Annotated[str | None, PlainValidator(text)]
ShortText = Annotated[str | None, PlainValidator(partial(text, limit=255))]
PersonName = Annotated[str | None, PlainValidator(partial(text, limit=200))]
RequiredText = Annotated[str, PlainValidator(text), AfterValidator(_present)]
Time = Annotated[datetime | None, PlainValidator(time)]
RequiredTime = Annotated[datetime, PlainValidator(time), AfterValidator(_present)]
# A time, or the beginning of a day where only that is said.
Day = Annotated[datetime | None, PlainValidator(_day)]
Amount = Annotated[Decimal | None, PlainValidator(_amount)]
Words = Annotated[list[str], PlainValidator(words)]
Hash = Annotated[str | None, PlainValidator(partial(text, limit=64))]


def number_in(row: Any, name: str) -> int | None:
    """Return the platform's number of something, of an object not validated; null for none."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if type(value) is int and 0 < value <= MAX_INTEGER else None


def units_by_line(rows: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Add up the units that went back of each line."""
    units: dict[int, int] = {}
    for number, back in rows:
        units[number] = min(units.get(number, 0) + back, MAX_QUANTITY)
    return units
