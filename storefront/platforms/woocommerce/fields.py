"""What WooCommerce's objects have in common, and how it writes some of their fields."""

import html
import re
from datetime import UTC, datetime
from typing import Any

from downloads.errors import BadInput
from storefront.platforms.payloads import Reader

MAX_QUANTITY = 1_000_000
LONG_AGO = datetime.fromtimestamp(0, UTC)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)


def rows_in(document: Any, names: str, *, marked_by: str) -> list[Any]:
    """Return the objects of a page of the REST API, or a bare one, known by `marked_by`.

    Raises:
        BadInput: neither of the two.
    """
    if isinstance(document, list):
        return document
    if isinstance(document, dict) and marked_by in document:
        return [document]
    raise BadInput(f"Expected a list of {names} as the REST API prints them.")


def moment(row: Reader, name: str) -> datetime | None:
    """Return a time, from the field in UTC where there is one.

    Neither carries a zone. The other is the shop's own time, and read as if it were UTC.
    """
    for field in (f"{name}_gmt", name):
        text = row.text(field)
        if text is not None:
            zone = "Z" if _WITHOUT_ZONE.fullmatch(text) else ""
            return Reader({field: f"{text}{zone}"}, row.path).time(field)
    return None


def reported_at(row: Reader) -> datetime:
    """Return when the shop last changed an object.

    Raises:
        BadInput: it does not say.
    """
    at = moment(row, "date_modified") or moment(row, "date_created")
    if at is None:
        raise BadInput(f"{row.path}.date_modified_gmt: missing")
    return at


def number_of(row: Reader) -> int:
    """Return an object's number.

    Raises:
        BadInput: there is none; where the shop sent an error in the object's place, with its words.
    """
    # So it is when the webhook's own user may not see the order, or it is gone by then.
    if row.value("id") is None and "code" in row.payload:
        raise BadInput(f'{row.path}.id: missing; the shop sent "{row.text("message") or ""}"')
    return row.number("id")


def name_in(row: Reader, name: str) -> str | None:
    """Return a name as people read it: WordPress stores its signs as HTML."""
    text = row.text(name)
    return None if text is None else html.unescape(text)


def number_or_none(row: Reader, name: str) -> int | None:
    """Return a number, or None for nought, which stands for none."""
    return row.optional_number(name) or None
