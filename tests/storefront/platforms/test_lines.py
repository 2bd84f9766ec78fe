"""Lines without a number of their own, and what the receipt calls an order."""

from itertools import permutations

import pytest

from downloads.incoming import LineReport, ProductReport
from storefront.platforms.generic import customers as generic
from storefront.platforms.generic.schemas import Refund
from storefront.platforms.lines import (
    UNNUMBERED,
    account_address,
    numbered,
    receipt_of,
    refund_of,
)
from storefront.platforms.notes import Notes
from storefront.platforms.shopify import customers as shopify
from storefront.platforms.values import LONG_AGO
from storefront.platforms.woocommerce import customers as woocommerce


def line(number, product=5, *, name="Book", quantity=1):
    report = ProductReport(name=name, product_id=product, variant_id=product)
    return number, LineReport(platform_id=UNNUMBERED, product=report, quantity=quantity)


def numbers(*lines):
    notes = Notes("order", personal=(), is_strict=False)
    return [line.platform_id for line in numbered(notes, "lines", lines)]


def test_a_line_keeps_its_own_number():
    assert numbers(line(7), line(0), line(3)) == [7, 0, 3]


def test_one_without_has_a_number_below_nought_which_a_database_takes():
    (number,) = numbers(line(None))
    assert -(2**63) < number < 0


def test_the_number_is_the_same_in_each_report_whatever_else_changes():
    (number,) = numbers(line(None))
    assert numbers(line(None, name="New name", quantity=9)) == [number]
    assert numbers(line(1, product=6), line(None), line(None, product=8))[1] == number
    assert numbers(line(None, product=8), line(None))[1] == number


def test_two_alike_have_two_numbers_and_one_of_them_its_old_one():
    first, second = numbers(line(None), line(None))
    assert first != second
    assert numbers(line(None)) == [first]


def test_what_has_no_numbers_is_told_apart_by_its_words():
    first, second = numbers(line(None, None, name="Gift"), line(None, None, name="Tip"))
    assert first != second
    assert numbers(line(None, None, name="Tip")) == [second]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_lines_with_one_number_the_first_keeps_it(order):
    lines = [line(7, product=5), line(7, product=6), line(7, product=8)]
    first, *others = numbers(*(lines[place] for place in order))
    assert first == 7
    assert len({*others}) == 2
    assert all(number < 0 for number in others)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, (9, "")),
        ("1050", (1050, "")),
        ("#1050", (1050, "#1050")),
        ("WEB-2024-17", (202417, "WEB-2024-17")),
        ("0042", (42, "0042")),
        (f"A{2**53}", (2**53, f"A{2**53}")),
        (f"A{2**53 + 1}", (9, f"A{2**53 + 1}")),
        (str(2**63 - 1), (2**63 - 1, "")),
        (str(2**63), (9, str(2**63))),
        ("١٢", (9, "١٢")),
    ],
)
def test_the_digits_of_a_receipts_number_count_while_they_fit(written, read):
    assert receipt_of(written, 9) == read


def refunded(*rows):
    refund = Refund.read({"id": 5}, "refund")
    return refund_of(refund.notes, refund, "lines", rows, number=5, at=LONG_AGO)


def test_units_that_went_back_are_added_up_and_bounded():
    report = refunded((1, 2), (1, 3), (2, 1_000_000), (2, 1))
    assert (report.units, report.is_whole) == ({1: 5, 2: 1_000_000}, True)


def test_of_a_line_whose_units_cannot_be_read_one_went_back():
    report = refunded((None, 1), (3, None))
    assert (report.units, report.is_whole) == ({3: 1}, False)


@pytest.mark.parametrize("platform", [shopify, woocommerce, generic])
@pytest.mark.parametrize(
    ("words", "address"),
    [
        ({"email": " a..b@Docomo.ne.jp "}, "a..b@docomo.ne.jp"),
        ({"email": "x.@ezweb.ne.jp"}, "x.@ezweb.ne.jp"),
        ({"email": "zoë@exämple.com"}, "zoë@exämple.com"),
        ({"email": None}, ""),
        ({"email": " "}, ""),
        ({}, None),
        ({"email": "nobody"}, None),
    ],
)
def test_an_account_has_the_address_the_shop_took_or_says_that_it_has_none(
    platform, words, address
):
    account = platform.Account.read({"id": 7} | words, "customer")
    assert account_address(account) == address
