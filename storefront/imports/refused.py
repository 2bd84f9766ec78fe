"""The file of refused rows: a spreadsheet of what stood there and why it was refused.

Behind the columns of ours it has those of the file itself: mended, it can be imported as it is.
"""

from collections.abc import Iterator, Sequence

from downloads.spreadsheets import csv_line
from storefront.imports.base import Found

OURS = ("line", "order", "reason")
# No spreadsheet holds more in a cell.
MOST_CELL = 32_000


def header_line(header: Sequence[str]) -> str:
    """Return the first line of the file."""
    return csv_line((*OURS, *map(_cut, header)))


def lines_of(found: Found, problem: str) -> Iterator[str]:
    """Yield a line for each row of a refused order; one at least."""
    for number, row in enumerate(found.rows() or [()]):
        first = (str(found.line), found.name, problem) if number == 0 else ("", found.name, "")
        yield csv_line((*first, *map(_cut, row)))


def _cut(cell: str) -> str:
    # A table holds no NUL, and no encoding half a character.
    text = cell.encode(errors="replace").decode().replace("\0", "")
    return f"{text[:MOST_CELL]}…" if len(text) > MOST_CELL else text
