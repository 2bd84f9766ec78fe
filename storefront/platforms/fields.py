"""Field types of inbound payloads. What cannot be read of one is noted, and nothing is known then.

`Number` alone must be there and be one: it says what a payload is about.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from django.conf import settings
from pydantic import PlainValidator, ValidationError, ValidationInfo, WrapValidator
from pydantic_core import ErrorDetails

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import is_marked
from storefront.platforms import amounts, values
from storefront.platforms.notes import Notes
from storefront.platforms.values import ReadOtherwise, Unreadable, kind_of

# No shop's list is as long, and to read one takes time.
MOST_ROWS = 5_000


def field(read: Callable[[Any], Any], *, unread: Callable[[], Any] | None = None) -> PlainValidator:
    """Return a validator that reads a value, or notes it and takes what `unread` returns."""

    def validate(value: Any, info: ValidationInfo) -> Any:
        notes, name = _notes_of(info)
        taken = None
        if not notes.is_needless(name, info.data):
            taken = notes.value(name, value, read)
        return unread() if taken is None and unread is not None else taken

    return PlainValidator(validate)


def required(read: Callable[[Any], Any]) -> PlainValidator:
    """Return a validator that refuses what is missing or cannot be read."""

    def validate(value: Any, info: ValidationInfo) -> Any:
        notes, name = _notes_of(info)
        path = notes.path_of(name)
        if is_marked(value):
            raise DuplicateField(path)
        try:
            taken = read(value)
        except ReadOtherwise as odd:
            notes.add(f".{name}", odd.remark)
            return odd.taken
        except Unreadable as error:
            raise BadInput(f"{path}: {error.problem}") from None
        if taken is None:
            raise BadInput(f"{path}: missing")
        return taken

    return PlainValidator(validate)


def one_of(meanings: Mapping[str, Any]) -> PlainValidator:
    """Return a validator that turns one of these words into what it means."""

    def mean(value: Any) -> Any:
        word = (values.text(value) or "").strip().lower()
        if word and word not in meanings:
            raise Unreadable(f"expected one of {', '.join(meanings)}")
        return meanings.get(word)

    return field(mean)


def _read_object(value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
    notes, name = _notes_of(info)
    if is_marked(value):
        raise DuplicateField(notes.path_of(name))
    # PHP prints what is empty as a list.
    if not value and not isinstance(value, bool | int | float):
        return None
    if not isinstance(value, dict):
        notes.refuse(name, value, f"expected an object, got {kind_of(value)}")
        return None
    with notes.at(f".{name}"):
        return _handled(handler, value, notes)


def _read_rows(value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
    notes, name = _notes_of(info)
    if is_marked(value):
        raise DuplicateField(notes.path_of(name))
    if value is None or value == "":
        return None
    rows = _rows_in(value)
    if rows is None:
        notes.refuse(name, value, f"expected a list, got {kind_of(value)}")
        return None
    most = max(MOST_ROWS, 2 * settings.ORDER_MAX_LINES, 2 * settings.PRODUCT_MAX_VARIANTS)
    if len(rows) > most:
        raise BadInput(f"{notes.path_of(name)}: has {len(rows):,} rows, of {most:,} at most")
    read = []
    for place, row in enumerate(rows):
        if isinstance(row, dict):
            with notes.at(f".{name}[{place}]"):
                read += _handled(handler, [row], notes)
        else:
            notes.refuse(f"{name}[{place}]", row, f"expected an object, got {kind_of(row)}")
    return read


def _read_required_rows(value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
    notes, name = _notes_of(info)
    if not is_marked(value) and (not value or _rows_in(value) is None) and value != []:
        raise BadInput(f"{notes.path_of(name)}: expected a list, got {kind_of(value)}")
    read = _read_rows(value, handler, info)
    sent = _rows_in(value) or []
    if value and not read:
        first = (sent or [None])[0]
        raise BadInput(f"{notes.path_of(name)}[0]: expected an object, got {kind_of(first)}")
    places = [place for place, row in enumerate(sent) if isinstance(row, dict)]
    rows = []
    for place, row in zip(places, read, strict=True):
        if any(getattr(row, each) is not None for each in type(row).model_fields):
            rows.append(row)
        else:
            # Which one it was to be is not told.
            notes.refuse(f"{name}[{place}]", sent[place], "says nothing")
    return rows


def _rows_in(value: Any) -> list[Any] | None:
    """Return the rows of a list, of an object with numbered ones, or of one without a list."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    # PHP prints a list with gaps as an object.
    is_numbered = all(name.isdecimal() and isinstance(row, dict) for name, row in value.items())
    if is_numbered and value:
        return list(value.values())
    return [value] if "id" in value else None


def _handled(handler: Callable[[Any], Any], value: Any, notes: Notes) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        raise missing(error.errors(include_url=False)[0], notes.path) from None


def missing(error: ErrorDetails, path: str) -> BadInput:
    """Return the error for a field that must be there and is not."""
    steps = [step for step in error["loc"] if isinstance(step, str)]
    return BadInput(f"{'.'.join([path, *steps])}: missing")


def _notes_of(info: ValidationInfo) -> tuple[Notes, str]:
    return info.context, info.field_name or ""  # type: ignore[return-value]


Number = Annotated[int, required(values.whole)]
OptionalNumber = Annotated[int | None, field(values.whole)]
# Nought stands for none.
OptionalKey = Annotated[int | None, field(lambda value: values.whole(value) or None)]
Quantity = Annotated[int | None, field(values.units)]
QuantityBack = Annotated[int | None, field(values.units_back)]
RequiredQuantityBack = Annotated[int, required(values.units_back)]
Numbers = Annotated[list[int], field(values.numbers, unread=list)]
Text = Annotated[str | None, field(values.text)]
ShortText = Annotated[str | None, field(partial(values.text, limit=255))]
Word = Annotated[str | None, field(values.word)]
PersonName = Annotated[str | None, field(partial(values.text, limit=200))]
Address = Annotated[str | None, field(values.address)]
ReceiptNumber = Annotated[str | None, field(values.receipt_text)]
RequiredText = Annotated[str, required(values.text)]
Time = Annotated[datetime | None, field(values.time)]
# One that decides nothing.
AnyTime = Annotated[datetime | None, field(values.any_time)]
UtcTime = Annotated[datetime | None, field(values.utc_time)]
Amount = Annotated[Decimal | None, field(amounts.amount)]
Currency = Annotated[str | None, field(amounts.currency)]
Words = Annotated[list[str], field(values.words, unread=list)]
OptionalWords = Annotated[list[str] | None, field(values.words)]
YesOrNo = Annotated[bool, field(values.yes_or_no, unread=bool)]
Hash = Annotated[str | None, field(partial(values.text, limit=64))]
# What may be anything but a field that stands twice.
Anything = Annotated[Any, field(lambda value: value)]
# An object inside: `Annotated[Customer | None, OBJECT]`.
OBJECT = WrapValidator(_read_object)
# A list of objects: `Annotated[list[Line], ROWS]`, null where none is sent.
ROWS = WrapValidator(_read_rows)
# A list without which nothing is said.
REQUIRED_ROWS = WrapValidator(_read_required_rows)


def units_by_line(rows: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Add up the units that went back of each line."""
    units: dict[int, int] = {}
    for number, back in rows:
        units[number] = min(units.get(number, 0) + back, values.MAX_QUANTITY)
    return units


def number_in(row: Any, name: str) -> int | None:
    """Return the platform's number of something, of an object not validated; null for none."""
    try:
        return values.whole(row.get(name) if isinstance(row, dict) else None) or None
    except Unreadable:
        return None
