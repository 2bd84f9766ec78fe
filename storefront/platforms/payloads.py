"""Read what another system sends: one JSON object, field by field."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime

from downloads.errors import BadInput, SaidTwice
from downloads.json_names import RepeatedName, is_marked, parse_marking, parse_once

MAX_INTEGER = 2**63 - 1
# A number in a text: Python reads none that is much longer than any of ours.
DIGITS = re.compile(r"[0-9]{1,400}")
MAX_TEXT = 500
MAX_WORDS = 20_000

# The names of an object's fields, each with those of the objects inside it; null: no object.
Fields = Mapping[str, "Fields | None"]


def parse_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that these bytes are.

    Raises:
        BadInput: not UTF-8, not JSON, nested too deeply, a number too long, a name that stands
            twice, or no object.
    """
    return _parsed(content, parse_once)


def parse_message(content: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON object that these bytes are, with a mark for each value whose name stands
    twice (`downloads.json_names`), and those names.

    Raises:
        BadInput: as `parse_object` does, but for such a name: a platform that is refused goes
            silent.
    """
    repeated: list[str] = []

    def parse(text: str) -> Any:
        document, names = parse_marking(text)
        repeated.extend(names)
        return document

    return _parsed(content, parse), repeated


def _parsed(content: bytes, parse: Callable[[str], Any]) -> dict[str, Any]:
    try:
        document = parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadInput("The body is not UTF-8 text.") from None
    except RepeatedName as error:
        raise BadInput(str(error)) from None
    except json.JSONDecodeError as error:
        raise BadInput(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except (RecursionError, ValueError):
        raise BadInput(
            "The body is nested too deeply, or has a number that is too long or none."
        ) from None
    if not isinstance(document, dict):
        raise BadInput(f"Expected a JSON object, got {_kind(document)}.")
    return document


def keep(payload: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """Return a copy of an object with these fields alone, those of inner objects likewise.

    Where something stands that should not (an object for a text), an empty one is kept, so that
    it is still named as wrong when it is read.
    """
    return {
        name: _keep_value(payload[name], inner) for name, inner in fields.items() if name in payload
    }


def _keep_value(value: Any, fields: Fields | None) -> Any:
    if is_marked(value):
        return value
    if isinstance(value, list):
        return [[] if isinstance(row, list) else _keep_value(row, fields) for row in value]
    return keep(value, fields or {}) if isinstance(value, dict) else value


class Reader:
    """One JSON object, read field by field; a wrong field is named by its path."""

    def __init__(self, payload: Any, path: str) -> None:
        if not isinstance(payload, dict):
            raise BadInput(f"{path}: expected an object, got {_kind(payload)}")
        self.payload = payload
        self.path = path

    def number(self, name: str, *, at_most: int = MAX_INTEGER) -> int:
        number = self.optional_number(name, at_most=at_most)
        if number is None:
            raise self._bad(name, "missing")
        return number

    def optional_number(self, name: str, *, at_most: int = MAX_INTEGER) -> int | None:
        value = self.value(name)
        if value is None:
            return None
        # True is an int to Python.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= at_most:
            raise self._bad(name, f"expected a whole number from 0 to {at_most}")
        return value

    def text(self, name: str, *, limit: int = MAX_TEXT) -> str | None:
        """Return a text cut to `limit` characters; None for an empty one."""
        value = self.value(name)
        if value is not None and not isinstance(value, str):
            raise self._bad(name, f"expected a text, got {_kind(value)}")
        return _clean(value or "")[:limit] or None

    def time(self, name: str, default: datetime | None = None) -> datetime | None:
        text = self.text(name)
        if text is None:
            return default
        try:
            time = parse_datetime(text)
            if time is not None and time.tzinfo is not None:
                return time.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self._bad(name, "expected a time like 2025-06-15T10:30:00+02:00")

    def day(self, name: str) -> datetime | None:
        """Return a time, or the beginning of a day where only that is said."""
        text = self.text(name)
        if text is not None and len(text) == len("2025-06-15"):
            return Reader({name: f"{text}T00:00:00Z"}, self.path).time(name)
        return self.time(name)

    def amount(self, name: str, default: Decimal | None = None) -> Decimal | None:
        value = self.value(name)
        if value is None:
            return default
        try:
            amount = Decimal(str(value)).quantize(Decimal("0.01"))
        except InvalidOperation:
            raise self._bad(name, 'expected an amount like "409.94"') from None
        if not amount.is_finite() or abs(amount) >= Decimal(10) ** 18:
            raise self._bad(name, 'expected an amount like "409.94"')
        return amount

    def words(self, name: str) -> list[str]:
        """Return the words of a list, or of a text with commas between; none twice."""
        value = self.value(name)
        rows = (
            value
            if isinstance(value, list)
            else (self.text(name, limit=MAX_WORDS) or "").split(",")
        )
        if not all(isinstance(row, str) for row in rows):
            raise self._bad(name, "expected a list of texts")
        return list(dict.fromkeys(filter(None, (_clean(row).strip() for row in rows))))

    def numbers(self, name: str) -> list[int]:
        """Return the whole numbers of a list; none where the field is missing."""
        value = self.value(name) or []
        is_list = isinstance(value, list)
        if not is_list or not all(type(row) is int and 0 <= row <= MAX_INTEGER for row in value):
            raise self._bad(name, "expected a list of whole numbers")
        return value

    def part(self, name: str) -> "Reader | None":
        value = self.value(name)
        return None if value is None else Reader(value, f"{self.path}.{name}")

    def rows(self, name: str, *, required: bool = True) -> "list[Reader]":
        value = self.value(name)
        if value is None and not required:
            return []
        if not isinstance(value, list):
            raise self._bad(name, f"expected a list, got {_kind(value)}")
        return [Reader(row, f"{self.path}.{name}[{i}]") for i, row in enumerate(value)]

    def value(self, name: str) -> Any:
        """Return what stands under a name, of whatever kind; None for nothing.

        Raises:
            SaidTwice: the name stands twice.
        """
        value = self.payload.get(name)
        if is_marked(value):
            raise SaidTwice(f"{self.path}.{name}")
        return value

    def _bad(self, name: str, problem: str) -> BadInput:
        return BadInput(f"{self.path}.{name}: {problem}")


def is_number(value: Any) -> bool:
    """Say whether this is a whole number that can be the platform's number of something."""
    # True is an int to Python.
    return type(value) is int and 0 < value <= MAX_INTEGER


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


def _clean(text: str) -> str:
    # No database stores half a surrogate pair, PostgreSQL no NUL.
    return text.encode(errors="replace").decode().replace("\0", "")
