"""What one transaction takes in at most: an order's lines, its refunds, its disputes."""

from datetime import timedelta

import pytest

from downloads.errors import AboveLimit
from downloads.fulfilment import record_dispute, record_refund
from downloads.incoming import OrderReport
from downloads.models import Grant, LineItem, Order, Refund, RefundedLine, Shop
from tests.downloads.fulfilment.test_orders import everything, record, sell
from tests.downloads.reported import dispute_report, line_report, order_report, refund_report
from tests.factories import NOW, ShopFactory

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EARLIER, LATER = NOW - HOUR, NOW + HOUR


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def statuses() -> list[str]:
    """Return how each download stands, in the order of the lines."""
    grants = Grant.objects.select_related("order", "line").order_by("line__platform_id")
    return [grant.status(LATER) for grant in grants]


def large(lines: int, **fields) -> OrderReport:
    return order_report(*(line_report(number) for number in range(1, lines + 1)), **fields)


def test_a_new_order_beyond_the_bound_is_refused_by_name_and_nothing_is_written(shop, settings):
    settings.ORDER_MAX_LINES = 3
    assert record(shop, large(3)).order.lines.count() == 3
    before = everything()
    with pytest.raises(AboveLimit, match=r"^Order 1051 has 4 lines; at most 3 .*ORDER_MAX_LINES"):
        record(shop, large(4, platform_id=7002, number=1051))
    assert everything() == before


@pytest.fixture
def full(shop, settings) -> Order:
    """An order that holds as many lines as may be, one of them taken out since."""
    settings.ORDER_MAX_LINES = 3
    sell(shop, 1, 2, 3, 4)
    record(shop, large(3))
    return record(shop, large(2, at=NOW + MINUTE)).order


def test_an_order_grows_no_further_and_what_is_refused_changes_nothing(shop, full):
    before = everything()
    grown = order_report(line_report(1), line_report(4), at=LATER)
    with pytest.raises(AboveLimit, match=r"^Order 1050 has 4 lines; at most 3 .*ORDER_MAX_LINES"):
        record(shop, grown)
    assert everything() == before


def test_one_that_was_taken_in_when_the_bound_was_wider_is_kept_up(shop, full, settings):
    settings.ORDER_MAX_LINES = 1
    record(shop, large(3, at=LATER))
    assert set(statuses()) == {"available"}
    record(shop, order_report(line_report(1), line_report(2, current=0), at=LATER + HOUR))
    assert statuses() == ["available", "expired", "expired"]


CLOSING = {
    "cancelled": large(4, at=LATER, cancelled_at=LATER),
    "given back": large(4, at=LATER, payment="refunded"),
    "given up": large(4, at=LATER, payment="voided"),
    "new lines are gone": order_report(
        *(line_report(number, current=0) for number in range(1, 6)), at=LATER
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("report", CLOSING.values(), ids=CLOSING)
def test_what_only_closes_is_taken_in_without_the_lines(shop, full, report):
    record(shop, report)
    assert full.lines.count() == 3
    assert "available" not in set(statuses())


@pytest.mark.parametrize("report", CLOSING.values(), ids=CLOSING)
def test_what_only_closes_is_not_undone_by_what_came_before_it(shop, settings, report):
    settings.ORDER_MAX_LINES = 3
    sell(shop, 1, 2, 3)
    record(shop, report)
    record(shop, large(3))
    assert LineItem.objects.count() == 3
    assert "available" not in set(statuses())


def test_what_an_older_report_knows_beyond_the_bound_is_left_out(shop, full):
    record(shop, order_report(*(line_report(number) for number in range(1, 6)), at=EARLIER))
    assert full.lines.count() == 3


def test_refunds_close_a_full_order(shop, full, settings):
    for number in (1, 2, 3):
        record_refund(shop, 7001, refund_report(number, {number: 1}), at=LATER)
    assert set(statuses()) == {"expired"}
    with pytest.raises(AboveLimit, match=r"^Order 7001 has 4 refunds; at most 3 .*ORDER_MAX_LI"):
        record_refund(shop, 7001, refund_report(4, {}), at=LATER)
    # One that is known already may say more.
    assert record_refund(shop, 7001, refund_report(3, {2: 1}), at=LATER) is True
    assert Refund.objects.count() == 3


def test_a_refund_names_no_more_lines_than_an_order_can_have(shop, full):
    record_refund(shop, 7001, refund_report(1, {1: 1, 11: 1}), at=LATER)
    with pytest.raises(AboveLimit, match=r"^Refund 1 has 4 lines; at most 3 .*ORDER_MAX_LINES"):
        record_refund(shop, 7001, refund_report(1, dict.fromkeys(range(11, 15), 1)), at=LATER)
    assert RefundedLine.objects.count() == 2


def test_a_refund_closes_an_order_of_a_wider_bound(shop, full, settings):
    settings.ORDER_MAX_LINES = 1
    record_refund(shop, 7001, refund_report(1, {1: 1, 2: 1, 3: 1}), at=LATER)
    assert set(statuses()) == {"expired"}


def test_an_order_has_no_more_disputes_than_lines(shop, full):
    for number in (1, 2, 3):
        record_dispute(shop, 7001, dispute_report("open", number), at=LATER)
    with pytest.raises(AboveLimit, match=r"^Order 7001 has 4 disputes; at most 3 "):
        record_dispute(shop, 7001, dispute_report("open", 4), at=LATER)
    record_dispute(shop, 7001, dispute_report("lost", 3, decided=LATER), at=LATER)
    assert full.lines.count() == 3
