"""Deliveries of reports are neither ordered nor single: all sequences must end alike."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from downloads.fulfilment import record_order
from downloads.models import Order, Shop
from downloads.reports import CustomerReport
from downloads.tokens import hash_token
from tests.downloads.reported import BUYER, line_report, order_report, refund_report
from tests.factories import NOW, AttachmentFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

HOURS = [NOW + timedelta(hours=n) for n in range(4)]
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"

PLACED = order_report(
    line_report(1, quantity=3), line_report(2), at=HOURS[0], payment="pending", token=TOKEN
)
PAID = order_report(
    line_report(1, quantity=3),
    line_report(2),
    line_report(3, quantity=2),
    at=HOURS[1],
    token=TOKEN,
    number=1051,
)
REFUNDED = order_report(
    line_report(1, quantity=3, current=2),
    line_report(2, current=1),
    line_report(3, quantity=2, current=2),
    at=HOURS[2],
    token=TOKEN,
    refunds=(refund_report(1, {1: 1}),),
)
EDITED = order_report(
    line_report(1, quantity=3, current=1),
    line_report(3, quantity=1),
    at=HOURS[3],
    token=TOKEN,
    currency="EUR",
    refunds=(refund_report(1, {1: 1}), refund_report(2, {1: 1})),
)
REPORTS = {"placed": PLACED, "paid": PAID, "refunded": REFUNDED, "edited": EDITED}
SEQUENCES = [pytest.param(names, id="-".join(names)) for names in itertools.permutations(REPORTS)]


@pytest.fixture
def shop() -> Shop:
    shop = ShopFactory()
    for number in (1, 2, 3):
        AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1000 + number))
    return shop


def grants_of(order: Order) -> list[tuple]:
    return [
        (grant.line.platform_id, grant.bought, grant.canceled, grant.refunded, grant.status(NOW))
        for grant in order.grants.with_facts().order_by("line__platform_id")
    ]


@pytest.mark.parametrize("names", SEQUENCES)
def test_four_reports_in_any_sequence_end_alike(shop, names):
    for name in names:
        record_order(shop, REPORTS[name], at=NOW)
    order = Order.objects.get()
    assert (order.number, order.payment, order.status) == (1050, "paid", "completed")
    assert (order.currency, order.reported_at) == ("EUR", HOURS[3])
    assert (order.token_hash, order.fully_refunded) == (hash_token(TOKEN), False)
    assert order.customer is not None
    assert order.customer.platform_id == BUYER.platform_id
    lines = order.lines.order_by("platform_id")
    assert list(lines.values_list("platform_id", "quantity", "current_quantity")) == [
        (1, 3, 1),
        (2, 1, 0),
        (3, 2, 1),
    ]
    refunds = order.refunds.order_by("platform_id")
    assert list(refunds.values_list("platform_id", "lines__quantity")) == [(1, 1), (2, 1)]
    assert grants_of(order) == [
        (1, 30, 20, False, "available"),
        (2, 10, 10, True, "expired"),
        (3, 20, 10, False, "available"),
    ]


@pytest.mark.parametrize("names", SEQUENCES[::12])
def test_every_report_twice_ends_as_once(shop, names):
    for name in names + names[::-1]:
        record_order(shop, REPORTS[name], at=NOW)
    assert grants_of(Order.objects.get()) == [
        (1, 30, 20, False, "available"),
        (2, 10, 10, True, "expired"),
        (3, 20, 10, False, "available"),
    ]
    assert Order.objects.get().refunds.count() == 2


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_token_that_the_newest_report_leaves_out_is_kept_in_any_sequence(shop, is_reversed):
    reports = [order_report(at=HOURS[0], token=TOKEN), order_report(at=HOURS[1], token=None)]
    for report in reversed(reports) if is_reversed else reports:
        record_order(shop, report, at=NOW)
    assert Order.objects.get().token_hash == hash_token(TOKEN)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_customer_that_the_newest_report_leaves_out_is_kept_in_any_sequence(shop, is_reversed):
    ada = CustomerReport(platform_id=501)
    reports = [order_report(at=HOURS[0], customer=ada), order_report(at=HOURS[1], customer=None)]
    for report in reversed(reports) if is_reversed else reports:
        record_order(shop, report, at=NOW)
    customer = Order.objects.get().customer
    assert customer is not None
    assert customer.platform_id == 501


def test_lines_stand_alike_after_any_sequence(shop):
    reports = [
        order_report(line_report(1), line_report(2), line_report(3), at=HOURS[0]),
        order_report(line_report(1), line_report(3), line_report(2), at=HOURS[1]),
        order_report(line_report(1), at=HOURS[2]),
    ]
    for number, sequence in enumerate(([2, 1, 0], [2, 0, 1])):
        for report in sequence:
            record_order(shop, replace(reports[report], platform_id=number), at=NOW)
    stand = {
        tuple(order.lines.values_list("platform_id", flat=True)) for order in Order.objects.all()
    }
    assert len(stand) == 1
