import itertools

import pytest

from downloads.models import LineItem, Order, RefundedLine
from tests.factories import NOW, LineFactory, OrderFactory

STATUSES = [
    # payment, cancelled, fully refunded, status
    ("pending", False, False, "pending"),
    ("pending", True, False, "canceled"),
    ("pending", False, True, "closed"),
    ("pending", True, True, "canceled"),
    ("paid", False, False, "completed"),
    ("paid", True, False, "canceled"),
    ("paid", False, True, "closed"),
    ("paid", True, True, "canceled"),
    ("refunded", False, False, "closed"),
    ("refunded", True, False, "canceled"),
    ("refunded", False, True, "closed"),
    ("refunded", True, True, "canceled"),
]


def order_in(payment: str, *, cancelled: bool, fully_refunded: bool) -> Order:
    return OrderFactory.build(
        shop=None,
        customer=None,
        payment=payment,
        cancelled_at=NOW if cancelled else None,
        fully_refunded=fully_refunded,
    )


@pytest.mark.parametrize(("payment", "cancelled", "fully_refunded", "status"), STATUSES)
def test_status_follows_from_the_facts(payment, cancelled, fully_refunded, status):
    order = order_in(payment, cancelled=cancelled, fully_refunded=fully_refunded)
    assert order.status == status


def test_the_table_of_statuses_is_whole():
    states = itertools.product(Order.Payment.values, (False, True), (False, True))
    assert {row[:3] for row in STATUSES} == set(states)


@pytest.mark.django_db
def test_open_is_completed_and_unpaid_is_pending():
    for payment, cancelled, fully_refunded, _status in STATUSES:
        OrderFactory(
            payment=payment,
            cancelled_at=NOW if cancelled else None,
            fully_refunded=fully_refunded,
        )
    assert [order.status for order in Order.objects.open()] == ["completed"]
    assert [order.status for order in Order.objects.unpaid()] == ["pending"]


@pytest.mark.django_db
def test_refunded_units_add_up_over_all_refunds_of_a_line():
    line, untouched = LineFactory(quantity=5), LineFactory()
    for number, units in ((1, 1), (2, 2)):
        refund = line.order.refunds.create(platform_id=number, refunded_at=NOW)
        RefundedLine.objects.create(refund=refund, line=line, quantity=units)
    loaded = LineItem.objects.with_refunded_units().in_bulk()
    assert loaded[line.pk].refunded_units == 3
    assert loaded[untouched.pk].refunded_units == 0


@pytest.mark.django_db
def test_lines_stand_as_they_were_placed():
    order = OrderFactory()
    placed = {position: LineFactory(order=order, position=position) for position in (2, 0, 1)}
    assert list(order.lines.all()) == [placed[0], placed[1], placed[2]]
