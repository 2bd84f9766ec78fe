"""What the import's formats have in common: a table's rows, an order found, a format."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from downloads.errors import DownloadsError
from downloads.incoming import OrderReport


class NotRecognised(DownloadsError):
    """The file is none that can be imported; the message says what it looks like."""


@dataclass(frozen=True)
class Found:
    """One order of a file: its `report`, or the `problem` that keeps it out.

    `place` is where it begins, in words, `line` the same as a number (0: the whole file), `name`
    what people call the order. `rows` returns what stood there, for the file of refused rows.
    """

    place: str
    line: int
    name: str
    rows: Callable[[], Iterable[Sequence[str]]]
    report: OrderReport | None = None
    problem: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table. `cells` has its texts by the columns' names (`named`)."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def first(self, *columns: str) -> str:
        """Return the first of some columns that has a text; empty if none has."""
        return next(filter(None, (self[column] for column in columns)), "")


@dataclass(frozen=True)
class TableFormat:
    """A format of rows and columns; all names of columns as `named` writes them.

    A file that has most of the columns in `marks` is one. `needs` are the columns it cannot be read
    without, each with the names it has had. `key` says which order a row is of: empty where that
    cannot be told, null for a row that is of none. `read` returns the report of an order's rows,
    and raises BadInput. `name` is what people call the order of a row. One with a `refusal` is
    known, and of no use.
    """

    title: str
    marks: frozenset[str]
    needs: tuple[tuple[str, ...], ...] = ()
    key: Callable[[Row], str | None] = lambda row: ""
    read: Callable[[Sequence[Row]], OrderReport] | None = None
    name: Callable[[Row], str] = lambda row: ""
    refusal: str = ""

    def likeness(self, header: Iterable[str]) -> float:
        """Return which part of its marks a header has, from 0 to 1."""
        return len(self.marks.intersection(header)) / len(self.marks)

    def missing(self, header: Iterable[str]) -> list[str]:
        """Return the columns that it cannot be read without and a header lacks."""
        present = set(header)
        return [names[0] for names in self.needs if not present.intersection(names)]


@dataclass(frozen=True)
class Opened:
    """A file that was recognised, ready to be read once.

    `header` names the columns of what stood there; `total` is how many orders it has, null where
    that is not known yet. `is_numbered` says that the platform's own numbers name products and
    lines; else they are looked up (`storefront.imports.matching`).
    """

    title: str
    orders: Iterator[Found]
    header: tuple[str, ...] = ()
    total: int | None = None
    is_numbered: bool = False
    notes: list[str] = field(default_factory=list)


def named(column: str) -> str:
    """Return a column's name as it is compared: spaces, signs and case do not count."""
    return " ".join(column.strip("\ufeff'\" \t").replace("_", " ").split()).casefold()
