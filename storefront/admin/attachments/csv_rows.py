"""CSV of files to attach by SKU: its template, its rows read, and the refused ones written."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from downloads.fulfilment.rules import REFUSED, SkuRow, Verdict
from downloads.spreadsheets import csv_line
from storefront.admin.attachments.terms import days_field, limit_field, terms_in
from storefront.imports.base import NotRecognised
from storefront.imports.cells import cell
from storefront.imports.formats import READ_AS_WINDOWS, read_table, row_of
from storefront.imports.tables import Record
from storefront.imports.text import WINDOWS, survey

COLUMNS = ("sku", "file", "limit", "days")
NEEDED = COLUMNS[:2]
EXAMPLES = (
    ("BOOK-1", "guide.pdf", "", ""),
    ("BOOK-2", "guide.pdf", "5", "30"),
    ("COURSE", "Workbook", "unlimited", "no end"),
)
CSV = "text/csv; charset=utf-8"
REFUSED_COLUMNS = ("line", "reason", *COLUMNS)


class CsvRows(NamedTuple):
    """A file of rows that was opened, and what has to be said about how it was read."""

    rows: Iterator[SkuRow]
    notes: list[str]


def template_text() -> str:
    """Return a file to fill in."""
    return "".join(map(csv_line, (COLUMNS, *EXAMPLES)))


def open_rows(file: IO[bytes]) -> CsvRows:
    """Open a file of rows, to be read once.

    Raises:
        NotRecognised: no table, or one without a column that is needed; as rows are read, more of
            them than are taken.
    """
    surveyed = survey(file)
    table = read_table(file, surveyed)
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise NotRecognised(
            _("The first line has no column “%(name)s”. It needs: %(columns)s.")
            % {"name": missing[0], "columns": ", ".join(COLUMNS)}
        )
    notes = [READ_AS_WINDOWS] if surveyed.encoding == WINDOWS else []
    return CsvRows(_rows(table.rows, table.columns), notes)


def count_rows(file: IO[bytes], *, at_most: int) -> int:
    """Count the rows of a file, up to a number; more are not read.

    Raises:
        NotRecognised: it cannot be read as rows, or has none.
    """
    count = sum(1 for _row in islice(open_rows(file).rows, at_most))
    if not count:
        raise NotRecognised(_("There is no row below the first line."))
    return count


def refused_lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield the file of refused rows; mended, it can be sent as it is."""
    yield csv_line(REFUSED_COLUMNS)
    for each in verdicts:
        row = each.row
        if each.outcome == REFUSED:
            yield csv_line((str(row.line), each.reason, row.sku, row.file, *row.texts))


def _rows(records: Iterator[Record], columns: list[str]) -> Iterator[SkuRow]:
    fields = {"limit": limit_field(), "days": days_field()}
    most = settings.ATTACH_CSV_MAX_ROWS
    for count, record in enumerate(records, start=1):
        if count > most:
            raise NotRecognised(
                _("The file has more than %(most)s rows. Cut it in two.") % {"most": f"{most:,}"}
            )
        yield _row(record, columns, fields)


def _row(record: Record, columns: list[str], fields: dict[str, Any]) -> SkuRow:
    cells = row_of(record.line, record.cells, columns)
    sku, file = cells["sku"], cells["file"]
    problem, terms = record.problem, {}
    if not problem and any(map(cell, record.cells[len(columns) :])):
        problem = _("It has more cells than there are columns.")
    if not problem:
        try:
            terms = _terms(cells, fields)
        except ValidationError as error:
            problem = " ".join(error.messages)
    return SkuRow(
        record.line, sku, file, problem=problem, texts=(cells["limit"], cells["days"]), **terms
    )


def _terms(cells: Any, fields: dict[str, Any]) -> dict[str, Any]:
    entered = {}
    for column, field in fields.items():
        try:
            entered[column] = field.clean(cells[column])
        except ValidationError as error:
            raise ValidationError(f"{column}: {' '.join(error.messages)}") from error
    return terms_in({"limit": entered["limit"], "lifetime_days": entered["days"]})
