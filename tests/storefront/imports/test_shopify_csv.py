"""Shopify's order export: several rows an order, of which the first has the order's columns."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.storefront.imports.reading import found, reports

HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfilled at,Currency,Total,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Billing Name,Cancelled at,Refunded Amount,Vendor,Id"
)
FIRST = (
    "#1001,ada@example.com,paid,2019-03-08 11:15:53 -0500,,EUR,30.00,2019-03-08 11:15:52 -0500,2,"
    "My new Book - Signed,10.00,BOOK-1,Ada King Lovelace,,0.00,Ada Press,1095061471300"
)
SECOND = "#1001,ada@example.com,,,,,,2019-03-08 11:15:52 -0500,1,Mug,10.00,,,,,,"


def with_(**cells):
    names = HEADER.split(",")
    row = dict(zip(names, FIRST.split(","), strict=True))
    return ",".join((row | {name.replace("_", " "): text for name, text in cells.items()}).values())


def report_of(**cells):
    (report,) = reports(f"{HEADER}\n{with_(**cells)}\n")
    return report


def test_an_order_of_two_lines_is_one_order():
    (report,) = reports(f"{HEADER}\n{FIRST}\n{SECOND}\n")
    assert (report.platform_id, report.number, report.payment) == (1095061471300, 1001, "paid")
    assert report.placed_at == datetime(2019, 3, 8, 16, 15, 52, tzinfo=UTC)
    assert report.reported_at == datetime(2019, 3, 8, 16, 15, 53, tzinfo=UTC)
    assert (report.grand_total, report.currency) == (Decimal("30.00"), "EUR")
    assert report.email == "ada@example.com"
    assert (report.customer.first_name, report.customer.last_name) == ("Ada", "King Lovelace")
    assert [(line.quantity, line.product.name, line.product.sku) for line in report.lines] == [
        (2, "My new Book - Signed", "BOOK-1"),
        (1, "Mug", None),
    ]
    assert all(line.platform_id < 0 for line in report.lines)
    assert report.notes == ()


def test_the_same_file_names_the_same_lines_and_two_alike_are_two():
    content = f"{HEADER}\n{FIRST}\n{SECOND}\n{SECOND}\n"
    (once,), (again,) = reports(content), reports(content)
    assert once == again
    assert len({line.platform_id for line in once.lines}) == 3


STATUSES = {
    "paid": "paid",
    "Paid": "paid",
    "partially_refunded": "paid",
    "partially_paid": "partial",
    "refunded": "refunded",
    "voided": "voided",
    "authorized": "authorized",
    "pending": "pending",
    "": None,
    "on the moon": None,
}


@pytest.mark.parametrize(("status", "payment"), STATUSES.items(), ids=STATUSES)
def test_a_status_says_the_payment_and_an_unknown_one_nothing(status, payment):
    report = report_of(Financial_Status=status)
    assert report.payment == payment
    assert (len(report.notes) == 1) is (payment is None)


def test_an_id_that_a_spreadsheet_rounded_is_noted_and_the_name_stands_for_it():
    report = report_of(Id="1.09506E+12")
    assert report.platform_id < 0
    assert report.notes == ("The order's Id could not be read: “1.09506E+12”",)


def test_a_cancellation_that_cannot_be_read_is_unknown():
    report = report_of(Cancelled_at="soon")
    assert (report.cancelled_at, report.is_cancellation_known) == (None, False)
    assert report_of(Cancelled_at="2019-03-09 00:00:00 +0000").cancelled_at == datetime(
        2019, 3, 9, tzinfo=UTC
    )
    assert report_of().is_cancellation_known


def test_money_given_back_without_units_is_noted():
    assert report_of(Refunded_Amount="5.00").notes == (
        "Money was given back; the export does not say for which units.",
    )


def test_a_number_with_letters_is_kept_as_it_is_printed():
    report = report_of(Name="WEB-2024-17")
    assert (report.number, report.receipt_number) == (202417, "WEB-2024-17")
    assert report_of().receipt_number == ""


def test_a_newer_spelling_of_columns_is_known():
    header = HEADER.replace("Lineitem sku", "Lineitem SKU").replace("Cancelled", "Canceled")
    (order,) = found(f"{header}\n{with_(Cancelled_at='2019-03-09')}\n")
    assert order.report.cancelled_at is not None
    assert order.report.lines[0].product.sku == "BOOK-1"
