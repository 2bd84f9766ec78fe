"""Cells as spreadsheets and shops write them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from storefront.imports import cells
from storefront.imports.cells import Notes

MOMENTS = {
    "2025-06-15T10:30:00+02:00": datetime(2025, 6, 15, 8, 30, tzinfo=UTC),
    "2019-03-08 11:15:53 -0500": datetime(2019, 3, 8, 16, 15, 53, tzinfo=UTC),
    "2025-06-15 10:30": datetime(2025, 6, 15, 10, 30, tzinfo=UTC),
    "2025-06-15 10:30:00.123 UTC": datetime(2025, 6, 15, 10, 30, tzinfo=UTC),
    "2025-06-15": datetime(2025, 6, 15, tzinfo=UTC),
    "2025/6/5": datetime(2025, 6, 5, tzinfo=UTC),
    "45823.4375": datetime(2025, 6, 15, 10, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "at"), MOMENTS.items(), ids=MOMENTS)
def test_times_are_read_as_shops_and_spreadsheets_write_them(text, at):
    assert cells.moment(text) == at


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "15/06/2025", "0000-00-00", "-0001-11-30 00:00:00", "0001-01-01", "7"],
)
def test_what_is_no_time_is_none(text):
    assert cells.moment(text) is None


@pytest.mark.parametrize(
    "text", ["9" * 400, "1e999", "NaN", "Infinity", "2025-13-01", "٢٠٢٥-01-01"]
)
def test_hostile_times_are_none(text):
    assert cells.moment(text) is None


UNITS = {"2": 2, "2.0": 2, "0.5": 1, "1.9": 1, "0": 0, "": None, "-1": None, "many": None}


@pytest.mark.parametrize(("text", "units"), UNITS.items(), ids=UNITS)
def test_units_are_read_leniently_and_noted_where_not(text, units):
    notes = Notes()
    assert cells.units(text, "A quantity", notes) == units
    unread = [f"A quantity could not be read: “{text}”"] if text and units is None else []
    assert notes == unread


AMOUNTS = {
    "409.94": "409.94",
    "1,250.00": "1250.00",
    "1.250,00": "1250.00",
    "1 250,00 €": "1250.00",
    "$1,250": "1250.00",
    "12,5": "12.50",
    "0": "0.00",
}


@pytest.mark.parametrize(("text", "amount"), AMOUNTS.items(), ids=AMOUNTS)
def test_amounts_are_read_in_both_ways_of_writing(text, amount):
    assert cells.amount(text, "The total", Notes()) == Decimal(amount)


@pytest.mark.parametrize("text", ["free", "1e999", "NaN", "-5", "9" * 400, "1,2,3"])
def test_an_amount_that_is_none_is_noted(text):
    notes = Notes()
    assert cells.amount(text, "The total", notes) is None
    assert len(notes) == 1


WHOLE = {"17": 17, "17.0": 17, "": None, "0": None, "-3": None, "3.9E+12": None, "9" * 19: None}


@pytest.mark.parametrize(("text", "number"), WHOLE.items(), ids=WHOLE)
def test_a_number_that_a_spreadsheet_rounded_is_none(text, number):
    assert cells.whole(text) == number


NUMBERS = {
    "1050": (1050, ""),
    "#1050": (1050, ""),
    "WEB-2024-17": (202417, "WEB-2024-17"),
    "0017": (17, "0017"),
    "ABC": (7, "ABC"),
    "": (7, ""),
}


@pytest.mark.parametrize(("text", "numbers"), NUMBERS.items(), ids=NUMBERS)
def test_an_orders_number_is_its_digits(text, numbers):
    assert cells.numbers_of(text, otherwise=7) == numbers


def test_a_synthetic_number_is_stable_and_of_no_platform():
    number = cells.synthetic("plain", "1001")
    assert number == cells.synthetic("plain", "1001")
    assert number != cells.synthetic("gumroad", "1001")
    assert -(2**63) < number < 0


@pytest.mark.parametrize(("text", "read"), [("'=1+1", "=1+1"), ("'tis", "'tis"), (" a\0 ", "a")])
def test_what_spreadsheets_need_around_a_text_is_taken_off(text, read):
    assert cells.cell(text) == read


def test_a_message_shows_a_cell_short_and_on_one_line():
    assert cells.shown("a\nb" + "x" * 100) == "“a b" + "x" * 57 + "…”"
