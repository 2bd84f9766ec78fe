"""Cursor pagination of a connection (`first`, `after`, `last`, `before`)."""

from base64 import b64decode, urlsafe_b64encode

from downloads import lookups
from downloads.errors import BadCursor, PageSizeRefused
from downloads.models import Grant
from storefront.formats import whole_number

_KIND = "grant:"


def cursor_of(grant: Grant) -> str:
    """Encode a grant's number as a cursor."""
    return urlsafe_b64encode(f"{_KIND}{grant.pk}".encode()).decode()


def read_cursor(cursor: str | None) -> int | None:
    """Decode a cursor into the grant's number; None for none.

    Raises:
        BadCursor: not one of ours.
    """
    if cursor is None:
        return None
    try:
        text = b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        text = ""
    number = whole_number(text.removeprefix(_KIND))
    if number is None or not text.startswith(_KIND):
        raise BadCursor("Invalid cursor. Pass a cursor of an earlier answer unchanged")
    return number


def page_size(*, first: int | None, last: int | None) -> int:
    """Return how many rows are asked for from either end; 10 where neither is named.

    Raises:
        BadCursor: out of bounds, or both at once.
    """
    for name, size in (("first", first), ("last", last)):
        try:
            lookups.require_size(lookups.DEFAULT_PAGE if size is None else size)
        except PageSizeRefused as error:
            raise BadCursor(f'"{name}" must be between 1 and {error.most}') from None
    if first is not None and last is not None:
        raise BadCursor('Use "first" or "last", not both')
    return first or last or lookups.DEFAULT_PAGE
