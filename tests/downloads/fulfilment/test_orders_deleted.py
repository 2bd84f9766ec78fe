"""Deletions, which carry no time: they stand after the last report known, until a later one."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from downloads.errors import BadInput
from downloads.fulfilment import delete_reported_order, record_order
from downloads.incoming import OrderReport
from downloads.models import Order, Shop
from tests.downloads.reported import order_report
from tests.factories import NOW, ShopFactory

pytestmark = pytest.mark.django_db

HOURS = [NOW + timedelta(hours=n) for n in range(6)]
# When we heard: long after all that happened, as clocks and queues have it.
HEARD = HOURS[5]


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def say(shop: Shop, *reports: OrderReport) -> None:
    for report in reports:
        record_order(shop, report, at=HEARD)


def delete(shop: Shop, at: datetime = HEARD) -> None:
    delete_reported_order(shop, 7001, at=at)


def status() -> str:
    return Order.objects.get().status


def test_a_deleted_order_is_closed_since_we_heard(shop):
    say(shop, order_report())
    delete(shop)
    order = Order.objects.get()
    assert (order.status, order.cancelled_at, order.deleted_after) == ("canceled", HEARD, NOW)


def test_a_deletion_said_twice_changes_nothing(shop):
    say(shop, order_report())
    delete(shop)
    before = Order.objects.values().get()
    delete(shop, HEARD + timedelta(days=1))
    assert Order.objects.values().get() == before


def test_a_deletion_waits_for_its_order(shop):
    with pytest.raises(BadInput, match="Order 7001 has not come yet"):
        delete(shop)


@pytest.mark.parametrize("told", list(permutations(range(3))))
def test_it_stands_after_all_that_came_before_it_in_any_order(shop, told):
    say(shop, *(order_report(at=HOURS[hour]) for hour in told))
    delete(shop)
    say(shop, *(order_report(at=HOURS[hour]) for hour in told))
    assert status() == "canceled"
    say(shop, order_report(at=HOURS[3]))
    order = Order.objects.get()
    assert (order.status, order.cancelled_at, order.deleted_after) == ("completed", None, None)


PLACED, RESTORED, LATER = (order_report(at=HOURS[hour]) for hour in (0, 1, 2))


@pytest.mark.parametrize(
    "told",
    [
        [PLACED, None, RESTORED, LATER],
        [PLACED, RESTORED, None, LATER],
        [RESTORED, None, PLACED, LATER],
        [RESTORED, PLACED, None, LATER],
        [PLACED, None, LATER, RESTORED],
    ],
)
def test_what_was_restored_is_open_wherever_a_later_report_comes(shop, told):
    for report in told:
        delete(shop) if report is None else say(shop, report)
    assert status() == "completed"


def test_a_report_sent_of_the_same_moment_opens_nothing(shop):
    say(shop, order_report())
    delete(shop)
    say(shop, order_report(number=1), order_report(number=2), order_report(number=3))
    assert status() == "canceled"


@pytest.mark.parametrize(("hours", "expected"), [(1, "completed"), (-1, "canceled")])
def test_a_report_of_the_same_moment_opens_it_where_it_was_fetched_since(shop, hours, expected):
    fetched = order_report(fetched_at=HEARD + timedelta(hours=hours))
    say(shop, order_report())
    delete(shop)
    say(shop, fetched)
    assert status() == expected


def test_what_was_fetched_since_outlives_a_deletion_that_is_applied_late(shop):
    say(shop, order_report(fetched_at=HEARD + timedelta(hours=1)))
    delete(shop)
    assert status() == "completed"


def test_what_a_later_report_says_of_the_cancellation_stands(shop):
    say(shop, order_report())
    delete(shop)
    say(shop, order_report(at=HOURS[1], cancelled_at=HOURS[1]))
    order = Order.objects.get()
    assert (order.cancelled_at, order.deleted_after) == (HOURS[1], None)
    say(shop, order_report(at=HOURS[2]))
    assert status() == "completed"


def test_a_cancelled_order_that_is_deleted_stays_so_until_it_is_told_otherwise(shop):
    say(shop, order_report(at=HOURS[1], cancelled_at=NOW))
    delete(shop)
    assert Order.objects.get().cancelled_at == NOW
    say(shop, order_report(at=HOURS[1]), order_report(at=HOURS[0]))
    assert status() == "canceled"
    say(shop, order_report(at=HOURS[1], fetched_at=HEARD))
    assert status() == "completed"


def test_a_deletion_of_before_its_time_was_kept_stands_as_well(shop):
    say(shop, order_report())
    Order.objects.update(cancelled_at=HEARD, deleted_after=None)
    say(shop, order_report(number=1), order_report(number=2), order_report(number=3))
    assert status() == "canceled"
    say(shop, order_report(at=HOURS[1]))
    assert status() == "completed"


def test_a_later_report_whose_cancellation_cannot_be_read_opens_nothing(shop):
    say(shop, order_report())
    delete(shop)
    say(shop, order_report(at=HOURS[1], is_cancellation_known=False))
    assert status() == "canceled"
