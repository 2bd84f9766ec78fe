"""Easy Digital Downloads: orders with packed products, and product sales."""

import pytest

from downloads.tokens import hash_token
from tests.storefront.imports.reading import reports

HEADER = (
    "Order ID,Email,Customer ID,Customer Name,Products (Verbose),Products (Raw),SKUs,Currency,"
    "Amount,Payment Method,Transaction ID,Purchase Key,Date,Mode (Live or Test),Status"
)
KEY = "0c732eb6fd9802a0821a9d29888baee8"


def order(*, raw="My new Book|10.00{0}", verbose="", skus="", status="Completed", mode="Live"):
    return (
        f"{HEADER}\n12,ada@example.com,7,Ada Lovelace,{verbose},{raw},{skus},EUR,10.00,PayPal,T1,"
        f"{KEY},2025-06-15 10:30:00,{mode},{status}\n"
    )


def products(report):
    return [(line.product.name, line.quantity) for line in report.lines]


def test_an_order_is_read_with_its_key():
    (report,) = reports(order())
    assert (report.number, report.payment, report.is_test) == (12, "paid", False)
    assert report.platform_id < 0
    assert report.token_hash == hash_token(KEY)
    assert report.customer.first_name == "Ada"
    assert products(report) == [("My new Book", 1)]


def test_several_products_stand_in_one_cell():
    raw = "Fonts / Icons|10.00{1.90}{2} / Course|5.00{0}"
    verbose = "Fonts / Icons (3) - Pro - €10.00 / Course - €5.00"
    (report,) = reports(order(raw=raw, verbose=verbose, skus="FONTS / COURSE"))
    assert products(report) == [("Fonts / Icons", 3), ("Course", 1)]
    assert [line.product.sku for line in report.lines] == ["FONTS", "COURSE"]


def test_without_the_packed_ones_the_words_for_people_are_read():
    (report,) = reports(order(raw="", verbose="Fonts - €10.00 / Course - €5.00"))
    assert [line.product.name for line in report.lines] == ["Fonts", "Course"]


STATUSES = {
    "Completed": "paid",
    "complete": "paid",
    "Partially Refunded": "paid",
    "Refunded": "refunded",
    "Revoked": "refunded",
    "Pending": "pending",
    "Abandoned": "pending",
    "Odd": None,
}


@pytest.mark.parametrize(("status", "payment"), STATUSES.items(), ids=STATUSES)
def test_a_status_says_the_payment(status, payment):
    (report,) = reports(order(status=status))
    assert report.payment == payment


def test_a_test_order_is_marked():
    (report,) = reports(order(mode="Test"))
    assert report.is_test


def test_product_sales_are_gathered_by_order_and_name_the_same_one():
    header = "Product ID,Customer ID,Email,Name,Product,Quantity,Item Amount,Order ID,Price ID,Date"
    (sold,) = reports(
        f"{header}\n5,7,ada@example.com,Ada Lovelace,My new Book,2,10.00,12,,2025-06-15\n"
        "6,7,ada@example.com,Ada Lovelace,Course,1,5.00,12,2,2025-06-15\n"
    )
    assert products(sold) == [("My new Book", 2), ("Course", 1)]
    (ordered,) = reports(order())
    assert sold.platform_id == ordered.platform_id
    assert sold.lines[0].platform_id == ordered.lines[0].platform_id
    assert sold.payment == "paid"


@pytest.mark.parametrize("skus", ["-", " - ", ""])
def test_a_dash_is_no_sku(skus):
    (report,) = reports(order(skus=skus))
    assert report.lines[0].product.sku is None


def test_of_several_products_some_have_a_sku():
    raw = "Fonts|10.00{0} / Course|20.00{0}"
    (report,) = reports(order(raw=raw, skus="- / COURSE"))
    assert [line.product.sku for line in report.lines] == [None, "COURSE"]
