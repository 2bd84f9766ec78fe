import itertools
from typing import Any

import pytest

from downloads.models import LineItem, Order
from downloads.models.orders import BY_HAND
from tests.factories import NOW, LineFactory, OrderFactory, RefundFactory

STATUSES = [
    # payment, hold, cancelled, fully refunded, status
    ("pending", "", False, False, "pending"),
    ("pending", "", True, False, "canceled"),
    ("pending", "", False, True, "closed"),
    ("pending", "", True, True, "canceled"),
    ("paid", "", False, False, "completed"),
    ("paid", "", True, False, "canceled"),
    ("paid", "", False, True, "closed"),
    ("paid", "", True, True, "canceled"),
    ("refunded", "", False, False, "closed"),
    ("refunded", "", True, False, "canceled"),
    ("refunded", "", False, True, "closed"),
    ("refunded", "", True, True, "canceled"),
    ("pending", "dispute", False, False, "pending"),
    ("pending", "dispute", True, False, "canceled"),
    ("pending", "dispute", False, True, "closed"),
    ("pending", "dispute", True, True, "canceled"),
    ("paid", "dispute", False, False, "pending"),
    ("paid", "dispute", True, False, "canceled"),
    ("paid", "dispute", False, True, "closed"),
    ("paid", "dispute", True, True, "canceled"),
    ("refunded", "dispute", False, False, "closed"),
    ("refunded", "dispute", True, False, "canceled"),
    ("refunded", "dispute", False, True, "closed"),
    ("refunded", "dispute", True, True, "canceled"),
    ("pending", "risk", False, False, "pending"),
    ("pending", "risk", True, False, "canceled"),
    ("pending", "risk", False, True, "closed"),
    ("pending", "risk", True, True, "canceled"),
    ("paid", "risk", False, False, "pending"),
    ("paid", "risk", True, False, "canceled"),
    ("paid", "risk", False, True, "closed"),
    ("paid", "risk", True, True, "canceled"),
    ("refunded", "risk", False, False, "closed"),
    ("refunded", "risk", True, False, "canceled"),
    ("refunded", "risk", False, True, "closed"),
    ("refunded", "risk", True, True, "canceled"),
]


def refunded_units() -> dict[int, int]:
    return {line.pk: line.refunded_units for line in LineItem.objects.with_refunded_units()}


def facts_of(row: tuple) -> dict[str, Any]:
    payment, hold, cancelled, fully_refunded, _status = row
    return {
        "payment": payment,
        "hold": hold,
        "cancelled_at": NOW if cancelled else None,
        "fully_refunded": fully_refunded,
    }


@pytest.mark.parametrize("row", STATUSES)
def test_status_follows_from_the_facts(row):
    assert OrderFactory.build(shop=None, customer=None, **facts_of(row)).status == row[-1]


def test_the_table_of_statuses_is_whole():
    flags = (False, True), (False, True)
    states = itertools.product(Order.Payment.values, Order.Hold.values, *flags)
    assert {row[:4] for row in STATUSES} == set(states)
    assert len(STATUSES) == 36


@pytest.mark.django_db
def test_open_is_completed_and_pending_is_pending():
    rows = {OrderFactory(**facts_of(row)).pk: row[-1] for row in STATUSES}
    of_status = {status: {pk for pk in rows if rows[pk] == status} for status in rows.values()}
    assert {order.pk for order in Order.objects.open()} == of_status["completed"]
    assert {order.pk for order in Order.objects.pending()} == of_status["pending"]
    assert (len(of_status["completed"]), len(of_status["pending"])) == (1, 5)


@pytest.mark.django_db
def test_refunded_units_add_up_over_all_refunds_of_a_line():
    line = LineFactory(order__platform_id=7001, platform_id=1, quantity=5)
    for units in (1, 2):
        RefundFactory(shop=line.order.shop, units={1: units})
    assert refunded_units() == {line.pk: 3}


@pytest.mark.django_db
def test_refunded_units_are_of_this_line_this_order_and_this_shop_alone():
    line = LineFactory(order__platform_id=7001, platform_id=1)
    others = [
        LineFactory(order=line.order, platform_id=2),
        LineFactory(order__shop=line.order.shop, order__platform_id=7002, platform_id=1),
        LineFactory(order__platform_id=7001, platform_id=1),
        LineFactory(order=line.order, platform_id=None),
        LineFactory(order__shop=line.order.shop, platform_id=1),
    ]
    RefundFactory(shop=line.order.shop, units={1: 1})
    assert refunded_units() == {line.pk: 1} | {other.pk: 0 for other in others}


@pytest.mark.django_db
def test_lines_stand_as_they_were_placed():
    order = OrderFactory()
    placed = {position: LineFactory(order=order, position=position) for position in (2, 0, 1)}
    assert list(order.lines.all()) == [placed[0], placed[1], placed[2]]


@pytest.mark.django_db
def test_by_hand_says_the_same_in_memory_and_in_sql():
    by_hand, reported = OrderFactory(), OrderFactory(platform_id=7001)
    assert (by_hand.is_by_hand, reported.is_by_hand) == (True, False)
    assert list(Order.objects.filter(BY_HAND)) == [by_hand]
