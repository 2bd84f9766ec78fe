"""WooCommerce's table of download permissions: counts used and orders' keys come along."""

from datetime import UTC, datetime

import pytest

from storefront.platforms.woocommerce.reports import hash_of_key
from tests.storefront.imports.reading import found, reports

HEADER = (
    "permission_id,download_id,product_id,order_id,order_key,user_email,user_id,"
    "downloads_remaining,access_granted,access_expires,download_count"
)
KEY = "wc_order_Abc123Def456G"


def row(number, product, count, *, key=KEY, user="7", order="727", expires=""):
    return (
        f"{number},d{number},{product},{order},{key},ada@example.com,{user},3,"
        f"2025-06-15 10:30:00,{expires},{count}"
    )


def test_an_order_is_made_of_its_permissions():
    (report,) = reports("\n".join([HEADER, row(1, 501, 2), row(2, 501, 1), row(3, 502, 0)]))
    assert (report.platform_id, report.number, report.payment) == (727, 727, "paid")
    assert report.token_hash == hash_of_key(KEY)
    assert report.reported_at == datetime(2025, 6, 15, 10, 30, tzinfo=UTC)
    assert (report.email, report.customer.platform_id) == ("ada@example.com", 7)
    assert report.customer.email is None
    assert [(line.product.variant_id, line.used) for line in report.lines] == [(501, 2), (502, 0)]


def test_a_guest_has_no_number():
    (report,) = reports(f"{HEADER}\n{row(1, 501, 0, user='0')}")
    assert (report.customer.platform_id, report.customer.email) == (None, "ada@example.com")


STATUSES = {
    "wc-completed": "paid",
    "wc-refunded": "refunded",
    "wc-cancelled": "voided",
    "wc-pending": "pending",
    "wc-strange": None,
    "": "paid",
}


@pytest.mark.parametrize(("status", "payment"), STATUSES.items(), ids=STATUSES)
def test_a_column_with_the_orders_status_is_heard(status, payment):
    (report,) = reports(f"{HEADER},status\n{row(1, 501, 0)},{status}")
    assert report.payment == payment
    assert (report.cancelled_at is not None) is (status == "wc-cancelled")


def test_what_is_not_carried_over_is_noted():
    (report,) = reports(f"{HEADER}\n{row(1, 501, 0, expires='2025-07-01 00:00:00')}")
    assert report.notes == (
        "In WooCommerce the access was to end on 2025-07-01; that is not carried over.",
    )


@pytest.mark.parametrize("order", ["x", "-1", "9" * 30, "1e3"])
def test_an_order_without_a_number_is_refused(order):
    (refused,) = found(f"{HEADER}\n{row(1, 501, 0, order=order)}")
    assert refused.problem.startswith("order_id: expected a whole number, got “")


@pytest.mark.parametrize("key", ["", "short", "wc_order_5f3e1d2c4b6a7"])
def test_a_key_that_could_be_guessed_is_no_token(key):
    (report,) = reports(f"{HEADER}\n{row(1, 501, 0, key=key)}")
    assert report.token_hash is None
