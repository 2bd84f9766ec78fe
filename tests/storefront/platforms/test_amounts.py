"""Sums of money as shops of many countries print them."""

from decimal import Decimal

import pytest

from storefront.platforms.amounts import amount, currency
from storefront.platforms.values import Unreadable

READ = [
    *[("409.94", "409.94"), (409.94, "409.94"), (12, "12.00"), ("0", "0.00"), ("-3.10", "-3.10")],
    *[("1,250.00", "1250.00"), ("1.250,00", "1250.00"), ("1 250.00", "1250.00")],
    *[("1\u00a0250,00", "1250.00"), ("1\u202f250", "1250.00"), ("1'250.50", "1250.50")],
    *[("1,25,000.00", "125000.00"), ("1.250.000", "1250000.00"), ("1,250,000.5", "1250000.50")],
    # A comma alone before three digits stands between thousands, a point alone never does.
    *[("1,250", "1250.00"), ("1.250", "1.25"), ("10,5", "10.50"), ("12,50", "12.50")],
    *[("0,250", "0.25"), ("-1,250.00", "-1250.00"), (" 5 ", "5.00"), ("1e3", "1000.00")],
    ("999999999999999999.99", "999999999999999999.99"),
]


@pytest.mark.parametrize(("value", "read"), READ)
def test_a_sum_is_read_with_signs_between_its_digits(value, read):
    assert amount(value) == Decimal(read)


def test_no_sum_is_none():
    assert amount(None) is None


@pytest.mark.parametrize(
    "value",
    [
        *["", " ", "a lot", "€5", "1,2,3", "1,250,00", "1.25.00", "1,250.00.5", "1..2", "NaN"],
        *["Infinity", "1e999999", "1000000000000000000", 10**18, 10**400, 10**5_000, True, [], {}],
        *[float("nan"), float("inf"), 1e300, "1" * 10**6, "1," * 10**6, "١٢", "--1", "1\0"],
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "number",
)
def test_what_is_no_sum_says_nothing(value):
    with pytest.raises(Unreadable):
        amount(value)


@pytest.mark.parametrize(
    ("value", "read"), [("EUR", "EUR"), ("eur ", "EUR"), ("", None), (None, None)]
)
def test_a_currency_is_three_letters(value, read):
    assert currency(value) == read


@pytest.mark.parametrize("value", ["EURO", "€", "E1R", "ÄÖÜ", 978, [], True])
def test_what_is_no_currency_says_nothing(value):
    with pytest.raises(Unreadable):
        currency(value)
