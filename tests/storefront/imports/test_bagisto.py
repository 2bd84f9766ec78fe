"""Bagisto's table of bought links."""

import pytest

from tests.storefront.imports.reading import reports

HEADER = (
    "id,product_name,name,file_name,download_bought,download_used,status,customer_id,order_id,"
    "order_item_id,download_canceled,created_at,updated_at,email"
)


def link(number, *, line="9", used="1", status="available", bought="3", back="0"):
    return (
        f"{number},My new Book,Chapter {number},{number}.pdf,{bought},{used},{status},4,31,{line},"
        f"{back},2025-06-15 10:30:00,2025-06-16 10:30:00,ada@example.com"
    )


def report_of(*links):
    (report,) = reports("\n".join([HEADER, *links]))
    return report


def test_an_order_is_made_of_its_links():
    report = report_of(link(1), link(2, used="2"), link(3, line="10", used="0"))
    assert (report.number, report.payment, report.email) == (31, "paid", "ada@example.com")
    assert [(line.product.name, line.used) for line in report.lines] == [
        ("My new Book", 2),
        ("My new Book", 0),
    ]
    assert report.platform_id < 0


STATUSES = {"available": "paid", "expired": "paid", "pending": "pending", "canceled": "voided"}


@pytest.mark.parametrize(("status", "payment"), STATUSES.items(), ids=STATUSES)
def test_a_status_says_the_payment(status, payment):
    assert report_of(link(1, status=status)).payment == payment


def test_a_status_that_is_none_is_noted():
    report = report_of(link(1, status="odd"))
    assert (report.payment, report.notes) == (None, ("The status could not be read: “odd”",))


def test_a_line_all_of_whose_downloads_were_taken_back_has_no_unit_left():
    report = report_of(link(1, back="3"), link(2, line="10"))
    assert [line.current_quantity for line in report.lines] == [0, None]
