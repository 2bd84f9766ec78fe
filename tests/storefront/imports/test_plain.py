"""The plain CSV of ours, and its template."""

import re
from datetime import UTC, datetime

import pytest

from storefront.docs.manual import FOLDER
from storefront.imports.plain import TEMPLATE
from tests.storefront.imports.reading import found, reports


def report_of(**cells):
    row = {"order_number": "1001", "product": "Book", "placed_at": "2025-06-15"} | cells
    (report,) = reports(f"{','.join(row)}\n{','.join(row.values())}\n")
    return report


def test_the_template_is_read_as_it_is():
    first, second, third = reports(TEMPLATE)
    assert [each.number for each in (first, second, third)] == [1001, 1002, 1003]
    assert [each.payment for each in (first, second, third)] == ["paid", "paid", "pending"]
    assert (first.lines[0].used, first.email) == (2, "ada@example.com")
    assert [(line.quantity, line.current_quantity) for line in second.lines] == [(2, 1), (1, 1)]
    assert second.token_hash is not None
    assert second.reported_at == datetime(2025, 6, 17, tzinfo=UTC)
    assert second.notes == ()


PAID = {
    "yes": "paid",
    "TRUE": "paid",
    "1": "paid",
    "2025-06-16": "paid",
    "no": "pending",
    "": "pending",
    "refunded": "refunded",
    "perhaps": None,
}


@pytest.mark.parametrize(("word", "payment"), PAID.items(), ids=PAID)
def test_whether_it_is_paid_is_a_word_or_a_day(word, payment):
    assert report_of(paid=word).payment == payment


def test_units_given_back_that_cannot_be_read_refuse_the_order():
    (order,) = found("order_number,product,refunded_units\n1,Book,some\n")
    assert order.problem == "refunded_units: expected a number, got “some”"


def test_a_platforms_own_number_names_its_order():
    assert report_of(order_id="727").platform_id == 727
    assert report_of().platform_id < 0


def test_a_column_of_the_order_counts_where_it_stands_first():
    (report,) = reports("order_number,product,email\n1,A,\n1,B,ada@example.com\n1,C,x@y.example\n")
    assert report.email == "ada@example.com"


def test_an_order_without_any_time_is_still_the_same_one():
    (once,), (again,) = (reports("order_number,product\n1,Book\n") for _ in range(2))
    assert once == again


def test_a_token_too_short_is_left_out_and_noted():
    report = report_of(token="abc")
    assert (report.token_hash, len(report.notes)) == (None, 1)


def test_the_example_of_the_docs_is_read_as_it_stands_there():
    page = (FOLDER / "importing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    first, second = reports(example)
    assert (first.number, first.receipt_number, first.payment) == (202417, "WEB-2024-17", "paid")
    assert [(line.product.sku, line.quantity, line.used) for line in first.lines] == [
        ("BOOK-1", 2, 1),
        ("COURSE-PRO", 1, 0),
    ]
    assert (second.email, second.payment, second.notes) == ("grace@example.com", "pending", ())


def test_every_column_of_the_template_is_explained():
    page = (FOLDER / "importing.md").read_text(encoding="utf-8")
    columns = TEMPLATE.partition("\n")[0].split(",")
    assert [column for column in columns if f"`{column}`" not in page] == []


@pytest.mark.parametrize(
    ("quantity", "back", "left"),
    [("3", "1", 2), ("", "1", 0), ("2;5", "1", 0), ("2;5", "0", None), ("2;5", "", None)],
)
def test_what_was_given_back_of_unread_units_is_not_open(quantity, back, left):
    line = report_of(quantity=quantity, refunded_units=back).lines[0]
    assert line.current_quantity == left


def test_an_order_without_a_product_says_so():
    assert report_of(product="").notes == ("The file names no product of this order.",)


def test_an_apostrophe_before_a_number_is_the_spreadsheets():
    assert report_of(order_id="'5500010").platform_id == 5500010
