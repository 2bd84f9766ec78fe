"""CSV export: read back by any separator, no cell is a formula."""

import csv
from io import StringIO

import pytest

from downloads.spreadsheets import csv_line

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
SEPARATORS = (",", ";", "\t", "|")
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029")
PADDINGS = ("", " ", "  ", "\u00a0", "\u3000", '"', '""', '" "', "\ufeff")


def cells_of(line: str, separator: str) -> list[str]:
    """Return the cells that a reader makes of a line who separates so, and heeds no rule of ours:
    with the quotes taken as such, and with the quotes as any other character."""
    quoted = [cell for row in csv.reader(StringIO(line), delimiter=separator) for cell in row]
    bare = line.replace('"', "")
    for mark in BREAKS:
        bare = bare.replace(mark, separator)
    return quoted + bare.split(separator)


@pytest.mark.parametrize("read_by", SEPARATORS)
@pytest.mark.parametrize("before", ["", *(f"Mozilla/5.0{mark}" for mark in SEPARATORS + BREAKS)])
def test_no_reader_finds_a_formula(before, read_by):
    for sign in SIGNS:
        for padding in PADDINGS:
            line = csv_line([f"{before}{padding}{sign}cmd|' /C calc'!A0", "beside it"])
            for cell in cells_of(line, read_by):
                assert not cell.lstrip('" \u00a0\u3000\ufeff\t').startswith(SIGNS), (line, cell)


@pytest.mark.parametrize("begin", ["\t", "\r", "\n", " \t", "\t=", "\r\n@"])
def test_no_cell_begins_with_what_is_cut_off(begin):
    [[cell]] = csv.reader(StringIO(csv_line([f"{begin}1+1"]), newline=""))
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_plain_words_stay_as_they_are():
    cells = ["Ada Lovelace", "a-b", "2+2", "me@example.com", 'say "yes"', "it's", "a, b; c", "ספר"]
    [row] = csv.reader(StringIO(csv_line([*cells, None])))
    assert row == [*cells, ""]


def test_every_cell_is_quoted():
    assert csv_line(["1", None, "a"]) == '"1","","a"\r\n'
