"""CSV of any origin: separators, quoted line breaks, and what breaks off."""

import pytest

from storefront.imports.tables import GIVEN_UP, LONG, OPEN, records


def read(text, separator=",", most=200):
    lines = [
        (number, line if len(line) <= most else None)
        for number, line in enumerate(text.splitlines(keepends=True), 1)
    ]
    return [tuple(record) for record in records(iter(lines), separator=separator)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_rows_are_read_whatever_separates_and_ends_them(separator, end):
    text = end.join([f"a{separator}b", f'1{separator}"x{separator}y"', ""])
    assert read(text, separator) == [
        (1, ["a", "b"], ""),
        (2, ["1", f"x{separator}y"], ""),
    ]


def test_a_cell_may_hold_line_ends_and_the_next_row_has_its_own_line():
    assert read('a,"one\ntwo\n\nfour"\nb,c\n') == [
        (1, ["a", "one\ntwo\n\nfour"], ""),
        (5, ["b", "c"], ""),
    ]


def test_blank_rows_are_left_out():
    assert read("a,b\n\n , \n,\nc,d") == [(1, ["a", "b"], ""), (5, ["c", "d"], "")]


@pytest.mark.parametrize("broken", [1, 2, 3, 4])
def test_a_quotation_mark_too_many_loses_no_other_row(broken):
    lines = [f"{number},x" for number in (1, 2, 3, 4)]
    lines[broken - 1] = f'{broken},"x'
    rows = read("\n".join(lines))
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert [row[2] for row in rows] == [OPEN if n == broken else "" for n in (1, 2, 3, 4)]
    assert rows[broken - 1][1] == [lines[broken - 1]]


def test_a_line_too_long_is_named_and_the_next_is_read():
    long = "x" * 300
    assert read(f"a,b\n{long}\nc,d") == [(1, ["a", "b"], ""), (2, [], LONG), (3, ["c", "d"], "")]


def test_a_line_too_long_within_a_cell_costs_the_row_it_began_in():
    long = "x" * 300
    assert [row[0::2] for row in read(f'1,a\n2,"b\n{long}\n4,d')] == [
        (1, ""),
        (2, OPEN),
        (3, LONG),
        (4, ""),
    ]


def test_a_cell_beyond_what_the_csv_module_takes_is_refused_alone():
    cell = "x" * 140_000
    rows = read(f"1,a\n2,{cell}\n3,c", most=10**6)
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows[1][2] == "not a row of a table: field larger than field limit (131072)"


def test_marks_without_end_do_not_cost_a_reading_each():
    rows = read('"a\n' * 1 + '"",""" x\n' * 3000 + '"')
    assert rows[-1][2] in ("", OPEN, GIVEN_UP)
    assert len(rows) <= 3002
