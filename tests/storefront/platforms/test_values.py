"""Values as shops print them: what each is read as, and what says nothing."""

from datetime import UTC, datetime

import pytest

from storefront.platforms import values
from storefront.platforms.fields import number_in
from storefront.platforms.values import ReadOtherwise, Unreadable

NOTHING = "nothing"


def taken(read, value):
    """Return what is read of a value, `NOTHING` where that says nothing."""
    try:
        return read(value)
    except Unreadable:
        return NOTHING
    except ReadOtherwise as odd:
        return (odd.taken, odd.remark)


WHOLE = [
    *[(7, 7), (0, 0), ("7", 7), ("007", 7), (" 7 ", 7), (10.0, 10), ("10.0", 10), ("10.00", 10)],
    *[(2**63 - 1, 2**63 - 1), (str(2**63 - 1), 2**63 - 1), (None, None), ("", None), ("  ", None)],
    *[(2**63, NOTHING), (str(2**63), NOTHING), (-1, NOTHING), ("-1", NOTHING), (1.5, NOTHING)],
    *[("1.5", NOTHING), ("1e3", NOTHING), (1e300, NOTHING), (float("nan"), NOTHING)],
    *[(True, NOTHING), (False, NOTHING), ([], NOTHING), ({}, NOTHING), ("x", NOTHING)],
    *[("９", NOTHING), ("1" * 10**6, NOTHING), (10**400, NOTHING), ("0x1", NOTHING)],
    # A number with a point no longer tells such numbers apart.
    *[(float(2**53), 2**53), (float(2**54), NOTHING)],
]


@pytest.mark.parametrize(("value", "read"), WHOLE, ids=range(len(WHOLE)))
def test_a_whole_number(value, read):
    assert taken(values.whole, value) == read


UNITS = [
    *[(3, 3), ("3", 3), (3.0, 3), ("3.00", 3), (0, 0), ("0", 0), (0.0, 0), (None, None)],
    *[(1_000_000, 1_000_000), (1_000_001, NOTHING), (-1, NOTHING), (-0.5, NOTHING)],
    *[(0.5, (1, "was read as 1")), ("0.5", (1, "was read as 1")), (2.5, (2, "was read as 2"))],
    *[("2.999", (2, "was read as 2")), (1e-300, (1, "was read as 1")), ("-2", NOTHING)],
    *[(float("inf"), NOTHING), (float("nan"), NOTHING), (True, NOTHING), ("two", NOTHING)],
    *[([1], NOTHING), (10**400, NOTHING), ("9" * 10**6, NOTHING), ("1,5", NOTHING)],
]


@pytest.mark.parametrize(("value", "read"), UNITS, ids=range(len(UNITS)))
def test_units_are_whole_ones_and_of_a_fraction_at_least_one(value, read):
    assert taken(values.units, value) == read


@pytest.mark.parametrize(
    ("value", "read"), [(-2, 2), ("-2", 2), ("2", 2), (-0.0, 0), (True, NOTHING), ("--2", NOTHING)]
)
def test_units_that_came_back_may_be_less_than_nothing(value, read):
    assert taken(values.units_back, value) == read


TEXTS = [
    *[("a", "a"), ("", None), (None, None), (12345, "12345"), (1.5, "1.5"), (10.0, "10.0")],
    *[(True, NOTHING), ([], NOTHING), ({}, NOTHING), (float("inf"), NOTHING), (10**400, NOTHING)],
    *[("a\0b", "ab"), ("x" * 10**6, "x" * 500), (-3, "-3"), ("\ud83d", "?")],
    # However much of it is left out, no more than twice the limit is looked at.
    *[("\0" * 999 + "x", "x"), ("\0" * 1000 + "x", None)],
]


@pytest.mark.parametrize(("value", "read"), TEXTS, ids=range(len(TEXTS)))
def test_a_text(value, read):
    assert taken(values.text, value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *[("A-7", "A-7"), (1001, "1001"), (" A\n7 ", "A7"), (None, None), ("\u200b", None)],
        *[("9" * 50, "9" * 50), (" " + "9" * 50, "9" * 50), ("9" * 51, NOTHING)],
    ],
)
def test_the_number_on_a_receipt(value, read):
    assert taken(values.receipt_text, value) == read


NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
BARE = (NOON, "says no zone, and was read as UTC")
TIMES = [
    *[("2025-06-15T12:00:00Z", NOON), ("2025-06-15T14:00:00+02:00", NOON), (None, None)],
    *[("2025-06-15T12:00:00", BARE), ("2025-06-15 12:00:00", BARE), ("", None)],
    *[(1749983400, NOTHING), (True, NOTHING), ({}, NOTHING), ("yesterday", NOTHING)],
    *[("-0001-11-30T00:00:00", NOTHING), ("0000-00-00 00:00:00", NOTHING)],
    *[("2025-02-30T00:00:00Z", NOTHING), ("0001-01-01T00:00:00Z", NOTHING)],
    *[("9999-12-31T23:59:59-14:00", NOTHING), ("2025-06-15T12:00:00Z" + "0" * 10**6, NOTHING)],
]


@pytest.mark.parametrize(("value", "read"), TIMES, ids=range(len(TIMES)))
def test_a_time(value, read):
    assert taken(values.time, value) == read


def test_a_time_without_a_zone_may_be_said_to_be_in_utc():
    assert values.utc_time("2025-06-15T12:00:00") == NOON
    assert values.any_time("2025-06-15T12:00:00") == NOON
    assert values.any_time("yesterday") is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *[(True, True), ("true", True), (1, True), ("1", True), (" Yes ", True)],
        *[(False, False), (None, False), ("", False), (0, False), ("no", False), (1.0, NOTHING)],
        *[("perhaps", NOTHING), ([], NOTHING), ({}, NOTHING), (2, NOTHING), ("y" * 99, NOTHING)],
    ],
)
def test_yes_or_no(value, read):
    assert taken(values.yes_or_no, value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *[("b, a,b", ["b", "a"]), (["b ", "a", "b"], ["b", "a"]), ([1, "b"], ["1", "b"])],
        *[(None, []), ([], []), ({}, []), ("", []), ({"a": 1}, NOTHING), ([[]], NOTHING)],
        *[([True], NOTHING), (True, NOTHING), (["\0"], [])],
    ],
    ids=str,
)
def test_words(value, read):
    assert taken(values.words, value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *[([0, 7], [0, 7]), (["7", 7.0], [7, 7]), (None, []), ([], []), ("12", NOTHING)],
        *[([True], NOTHING), ([-1], NOTHING), ([None], NOTHING), ({"a": 1}, NOTHING)],
    ],
    ids=str,
)
def test_a_list_of_numbers_is_read_whole_or_not_at_all(value, read):
    assert taken(values.numbers, value) == read


@pytest.mark.parametrize(
    ("row", "number"),
    [
        *[({"id": 7}, 7), ({"id": "7"}, 7), ({"id": 0}, None), ({"id": "x"}, None), ({}, None)],
        *[({"id": True}, None), ([], None), (None, None), ("id", None)],
    ],
    ids=str,
)
def test_the_number_of_something_not_validated(row, number):
    assert number_in(row, "id") == number
