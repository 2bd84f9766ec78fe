"""The formats that orders are imported from, and which of them a file is."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, NamedTuple

from downloads.errors import BadInput
from downloads.incoming import OrderReport
from storefront.imports import bagisto, edd, gumroad, plain, shopify_csv, woocommerce_tables
from storefront.imports.base import Found, NotRecognised, Opened, Row, TableFormat, named
from storefront.imports.cells import cell, shown
from storefront.imports.documents import open_document
from storefront.imports.groups import MOST_ROWS, Groups, Kept
from storefront.imports.tables import (
    MOST_LINE,
    SEPARATORS,
    Record,
    cells_of,
    first_line,
    is_separator,
    records,
)
from storefront.imports.text import HEAD_BYTES, WINDOWS, Surveyed, bounded_lines, survey

TABLES = (
    shopify_csv.ORDERS,
    woocommerce_tables.PERMISSIONS,
    edd.ORDERS,
    edd.SALES,
    gumroad.SALES,
    bagisto.LINKS,
    plain.ORDERS,
    bagisto.GRID,
    woocommerce_tables.ANALYTICS,
)
# So much of its marks a file must have to be one; so much, to be named in an error.
IS_ONE, LOOKS_LIKE = 0.6, 0.4
NAMED_COLUMNS = 12
READ_AS_WINDOWS = "The file is not UTF-8; it was read as Windows-1252. Look at a name with accents."
UNKNOWN = (
    "This is no format that is known here. Its first line has the columns {}. What can be imported "
    "stands in the docs under Importing orders; the template has the columns of our own format."
)


def open_orders(file: IO[bytes]) -> Opened:
    """Recognise a file by itself: JSON by its first sign, a table by its columns.

    Raises:
        NotRecognised: it names what the file looks like and what is missing.
    """
    surveyed = survey(file)
    return _open_table(file, surveyed) if _is_table(file) else open_document(file, surveyed)


def check_file(file: IO[bytes], *, at_most: int) -> None:
    """Refuse what `open_orders` would, as far as that is told at once: a document by its size.

    Raises:
        NotRecognised: it names what the file looks like and what is missing.
    """
    surveyed = survey(file)
    if _is_table(file):
        recognise(read_table(file, surveyed).columns)
    elif surveyed.size_bytes <= at_most:
        open_document(file, surveyed)
    file.seek(0)


def _is_table(file: IO[bytes]) -> bool:
    head = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    line = head.partition(b"\n")[0].decode("cp1252", "replace")
    # What is neither is named as what it may be instead: JSON that is broken.
    return not line.startswith(("{", "[")) and (
        is_separator(line) or any(separator in line for separator in SEPARATORS)
    )


def recognise(header: Iterable[str]) -> TableFormat:
    """Return the format of a table by the names of its columns (`named`).

    Raises:
        NotRecognised: none; or one, but it cannot be read without a column that is missing.
    """
    names = [name for name in header if name]
    best = max(TABLES, key=lambda each: each.likeness(names))
    likeness = best.likeness(names)
    if likeness < IS_ONE and not plain.ORDERS.missing(names):
        return plain.ORDERS
    if likeness >= IS_ONE and best.refusal:
        raise NotRecognised(best.refusal)
    if likeness < LOOKS_LIKE or best.refusal:
        columns = ", ".join(shown(name) for name in names[:NAMED_COLUMNS])
        raise NotRecognised(UNKNOWN.format(columns or "– none"))
    if missing := best.missing(names):
        columns = ", ".join(f"“{name}”" for name in missing)
        words = f"column {columns} is" if len(missing) == 1 else f"columns {columns} are"
        raise NotRecognised(f"This looks like {best.title}, but the {words} missing.")
    return best


class Table(NamedTuple):
    """A table's first row, its columns as they are compared, and the rows behind it."""

    cells: list[str]
    columns: list[str]
    rows: Iterator[Record]


def read_table(file: IO[bytes], surveyed: Surveyed) -> Table:
    """Read a table's first row, whatever separates its cells.

    Raises:
        NotRecognised: it cannot be read.
    """
    first = first_line(_lines(file, surveyed))
    file.seek(0)
    separator = max(SEPARATORS, key=lambda each: len(cells_of(first, separator=each)))
    rows = records(_lines(file, surveyed), separator=separator)
    header = next((row for row in rows if not _is_setting(row)), Record(0, []))
    if header.problem:
        raise NotRecognised(f"The first line cannot be read: {header.problem}.")
    return Table(header.cells, [named(name) for name in header.cells], rows)


def _open_table(file: IO[bytes], surveyed: Surveyed) -> Opened:
    cells, columns, rows = read_table(file, surveyed)
    kind = recognise(columns)
    groups = Groups(kept for record in rows if (kept := _kept(record, columns, kind)) is not None)
    notes = [READ_AS_WINDOWS] if surveyed.encoding == WINDOWS else []
    orders = _orders(groups, columns, kind)
    return Opened(kind.title, orders, tuple(cells), groups.count, notes=notes)


def _lines(file: IO[bytes], surveyed: Surveyed) -> Iterator[tuple[int, str | None]]:
    return bounded_lines(file, encoding=surveyed.encoding, most=MOST_LINE, line_end="")


def _is_setting(record: Record) -> bool:
    return len("".join(record.cells)) < len("sep=;;") and is_separator(";".join(record.cells))


def _kept(record: Record, columns: Sequence[str], kind: TableFormat) -> Kept | None:
    """Return a row with the order it is of; null where it is of none, like a table's sums."""
    alone = f"line {record.line}"
    text = json.dumps(record.cells)
    if record.problem:
        return Kept(record.line, alone, text, problem=record.problem)
    key = kind.key(row_of(record.line, record.cells, columns))
    if key is None:
        return None
    problem = "" if key else "it does not say which order it is of"
    return Kept(record.line, f"order {key}" if key else alone, text, problem=problem)


def row_of(line: int, cells: Sequence[str], columns: Sequence[str]) -> Row:
    """Return a row by the names of its columns."""
    # Of two columns with one name the first counts: a seller's own fields stand behind the others.
    pairs = zip(reversed(columns[: len(cells)]), reversed(cells[: len(columns)]), strict=True)
    return Row(line, {column: cell(value) for column, value in pairs})


def _orders(groups: Groups, columns: Sequence[str], kind: TableFormat) -> Iterator[Found]:
    with groups:
        for rows in groups:
            yield _found(rows, columns, kind)


def _found(kept: list[Kept], columns: Sequence[str], kind: TableFormat) -> Found:
    written = [json.loads(row.text) for row in kept]
    rows = [row_of(row.line, cells, columns) for row, cells in zip(kept, written, strict=True)]
    first = kept[0]
    place, name = f"line {first.line}", "" if first.problem else kind.name(rows[0])[:50]
    try:
        report = _read(rows, kind, problem=first.problem)
    except BadInput as error:
        return Found(place, first.line, name, lambda: written, problem=str(error))
    return Found(place, first.line, name, lambda: written, report)


def _read(rows: Sequence[Row], kind: TableFormat, *, problem: str) -> OrderReport:
    if problem or kind.read is None:
        raise BadInput(problem)
    if len(rows) > MOST_ROWS:
        raise BadInput(f"more than {MOST_ROWS:,} rows of one order")
    return kind.read(rows)
