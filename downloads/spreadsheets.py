"""CSV export: every cell quoted, and none that a spreadsheet would run as a formula.

The only writer of CSV here. A spreadsheet separates by what its owner's country uses, whatever the
file does: `a;=cmd…` in one cell is a formula where `;` separates. So each place is made harmless
that any of them could take for the beginning of a cell.
"""

import csv
import re
from collections.abc import Iterable
from io import StringIO

# What may stand before a formula and is passed over: spaces of any kind, and quotes that some
# reader opens and closes again. An apostrophe ends it: that is what makes a cell text.
_CELL_BEGINS = r"(?:\A|[,;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029])[\s\"\u200b\ufeff]*"
# Some read the full-width signs as the plain ones.
_FORMULA = re.compile(rf"({_CELL_BEGINS})(?=[=+\-@＝＋－＠])")
_ODD_BEGIN = re.compile(r"\A *(?=[\t\r\n])")


def csv_line(cells: Iterable[str | None]) -> str:
    """Write cells as one row of CSV (RFC 4180), separated by commas; null is an empty cell."""
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([_harmless(cell or "") for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    # Two passes: a tab at the very beginning is cut off by some, with whatever it hides.
    return _ODD_BEGIN.sub(r"\g<0>'", _FORMULA.sub(r"\1'", cell))
