"""CSV of files to attach: any separator and encoding, and what is wrong with a row."""

from io import BytesIO

import pytest

from storefront.admin.attachments.csv_rows import count_rows, open_rows, template_text
from storefront.imports.base import NotRecognised

HEAD = "sku,file,limit,days\n"


def rows_of(text, encoding="utf-8"):
    return list(open_rows(BytesIO(text.encode(encoding))).rows)


def test_the_template_is_read():
    first, second, third = rows_of("\ufeff" + template_text())
    assert (first.inherits_limit, first.inherits_lifetime) == (True, True)
    assert (second.limit, second.lifetime_days, second.inherits_limit) == (5, 30, False)
    assert (third.limit, third.inherits_limit, third.inherits_lifetime) == (None, False, False)
    assert [first.problem, second.problem, third.problem] == ["", "", ""]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_and_order_of_columns(separator):
    text = "File,SKU,Other\nÜbung,'=A-1,x\n".replace(",", separator)
    for encoding in ("utf-8", "cp1252"):
        (row,) = rows_of("sep=;\n" + text if separator == ";" else text, encoding)
        assert (row.sku, row.file, row.problem) == ("=A-1", "Übung", "")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ("A,G,0,", "limit: Enter a whole number from 1 to 2,147,483,647, “unlimited”, or nothing."),
        ("A,G,,-1", "days: Enter a whole number from 1 to 36,500, “no end”, or nothing."),
        ("A,G,١,", "limit: Enter a whole number from 1 to 2,147,483,647, “unlimited”, or nothing."),
        ("A,G," + "9" * 5000 + ",", "limit: Ensure this value has at most 40 characters"),
        ("A,G,1,1,more", "It has more cells than there are columns."),
        ('A,"G', "a quotation mark opens here"),
    ],
)
def test_a_wrong_row_says_what_is_wrong(cells, problem):
    first, second = rows_of(f"{HEAD}{cells}\nB,G,,\n")
    assert first.line == 2
    assert first.problem.startswith(problem)
    assert (second.line, second.sku, second.problem) == (3, "B", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04....", "spreadsheet"),
        ("sku,file\nA,G\n".encode("utf-16"), "UTF-8"),
        (b"sku,limit\nA,1\n", "no column “file”"),
        (b"sku,file\n", "no row below"),
        (b"\0" * 1000, "no column"),
        (b'"sku,file\n', "cannot be read"),
    ],
)
def test_what_is_no_table_of_rows_is_refused(content, words):
    with pytest.raises(NotRecognised, match=words):
        count_rows(BytesIO(content), at_most=9)


def test_more_rows_than_are_taken_are_refused(settings):
    settings.ATTACH_CSV_MAX_ROWS = 2
    assert count_rows(BytesIO(f"{HEAD}A,G,,\nB,G,,\n".encode()), at_most=9) == 2
    three = f"{HEAD}A,G,,\nB,G,,\nC,G,,\n".encode()
    with pytest.raises(NotRecognised, match="more than 2 rows"):
        count_rows(BytesIO(three), at_most=9)
    # Those are not read.
    assert count_rows(BytesIO(three), at_most=2) == 2
