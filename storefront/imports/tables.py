"""Rows of CSV files: any separator, quoted line breaks, and what breaks off named by its line."""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SEPARATORS = (",", ";", "\t", "|")
# Far more than any row of an export has. A longer line is passed over unread.
MOST_LINE = 1_000_000
LONG = f"a line of more than {MOST_LINE:,} characters"
OPEN = "a quotation mark opens here, and its cell does not end"
# Each time the rest of a cell that does not end is read anew, as rows of their own.
MOST_RESTARTS = 1000
GIVEN_UP = "too many cells that do not end; nothing behind this line was read"


class Record(NamedTuple):
    """A row as it stood, with its line; `problem` says why its cells cannot be read."""

    line: int
    cells: list[str]
    problem: str = ""


class _Feed:
    """Lines for the csv module, which asks for more while a quoted cell goes on.

    `taken` are those of the record under way.
    """

    def __init__(self, lines: Iterator[tuple[int, str | None]]) -> None:
        self._lines = lines
        self._again: list[tuple[int, str | None]] = []
        self.taken: list[tuple[int, str]] = []
        self.too_long: int | None = None
        self.is_over = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        number, line = self._again.pop() if self._again else next(self._lines, (0, None))
        if line is None:
            self.is_over = not number
            self.too_long = number or None
            raise StopIteration
        self.taken.append((number, line))
        return line

    def go_back(self) -> tuple[int, str]:
        """Return the record's first line, and hand out those after it once more."""
        first, *others = self.taken
        if self.too_long is not None:
            self._again.append((self.too_long, None))
            self.too_long = None
        self._again += reversed(others)
        self.is_over = False
        return first


def records(lines: Iterator[tuple[int, str | None]], *, separator: str) -> Iterator[Record]:
    """Yield the rows of a table, its header first; blank ones are left out.

    A row that cannot be read is yielded with its problem, and the lines after it are read as if it
    had ended there: one quotation mark too many loses no other row.
    """
    feed, restarts = _Feed(lines), 0
    while not feed.is_over:
        feed.taken = []
        try:
            cells = next(csv.reader(feed, delimiter=separator), None)
            problem = OPEN if cells is not None and _is_open(feed) else ""
        except csv.Error as error:
            cells, problem = [], f"not a row of a table: {error}"
        if problem:
            restarts += 1
            line, text = feed.go_back()
            if restarts > MOST_RESTARTS:
                yield Record(line, [text.rstrip("\r\n")], GIVEN_UP)
                return
            yield Record(line, [text.rstrip("\r\n")], problem)
        elif cells is None:
            if feed.too_long is not None:
                yield Record(feed.too_long, [], LONG)
                feed.too_long = None
        elif any(cell.strip() for cell in cells):
            yield Record(feed.taken[0][0], cells)


def _is_open(feed: _Feed) -> bool:
    # The lines ended while the csv module still asked for more.
    return bool(feed.taken) and (feed.is_over or feed.too_long is not None)


def cells_of(line: str, *, separator: str) -> list[str]:
    """Return the cells of a single line."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def first_line(lines: Iterable[tuple[int, str | None]]) -> str:
    """Return the first line with a text in it, but for `sep=;`, which is for Excel alone."""
    for _number, line in lines:
        if line is not None and line.strip() and not is_separator(line):
            return line
    return ""


def is_separator(line: str) -> bool:
    """Say whether a line tells Excel the separator, and nothing else."""
    text = line.strip('\ufeff" \r\n').casefold()
    return text.startswith("sep=") and len(text) <= len("sep=;")
