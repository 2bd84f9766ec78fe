"""Rows of an earlier version are carried over, and back again.

Short ways are walked by each test for itself; the whole way is walked once (`there_and_back.py`).
"""

from typing import Any

import pytest

from downloads.fulfilment import give_back_failed, record_order, settle, weigh_deliveries
from downloads.lookups import ledger
from downloads.models import Delivery, Grant, Order, Shop
from tests.downloads.clicking import spend, used
from tests.downloads.reported import line_report, order_report
from tests.downloads.there_and_back import (
    HOUR,
    MAILED,
    SHOP,
    carried,
    counted,
    fill,
    fill_counts,
)
from tests.factories import NOW
from tests.migrating import begin_at, migrate_to

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

BEFORE, BETWEEN, AFTER = "0002_plans", "0007_refunds_by_number", "0009_refunds_without_orders"
WITHOUT_LEDGER, EMPTY_LEDGER, LEDGER = AFTER, "0010_ledger", "0011_carry_counts"


def refunds(apps: Any) -> list[tuple]:
    rows = apps.get_model("downloads", "Refund").objects.order_by("pk")
    fields = ("shop__domain", "order_platform_id", "platform_id")
    return list(rows.values_list(*fields, "lines__line_platform_id", "lines__quantity"))


NUMBERED = [("shop.example", 7001, 9001, 1, 1), ("shop.example", 7002, 9001, 1, 2)]


def test_refunds_are_named_by_the_platforms_numbers():
    fill(begin_at("downloads", BEFORE))
    assert refunds(migrate_to("downloads", AFTER)) == NUMBERED


def test_reported_orders_say_what_was_reported_and_those_by_hand_do_not():
    fill(begin_at("downloads", BEFORE))
    orders = migrate_to("downloads", AFTER).get_model("downloads", "Order").objects.order_by("pk")
    ranks = ["2026-03-01T12:00:00.000000+00:00", "2026-03-01T13:00:00.000000+00:00"]
    rows = orders.values_list("payment", "reported_payment", "reported_rank", "buyer_rank")
    assert list(rows) == [
        ("paid", "paid", ranks[0], ranks[0]),
        ("paid", "paid", ranks[1], ranks[1]),
        ("pending", "", "", ""),
    ]


def test_many_orders_are_ranked_in_batches():
    apps = begin_at("downloads", BETWEEN)
    shop = apps.get_model("downloads", "Shop").objects.create(name="Shop", domain="shop.example")
    earlier = apps.get_model("downloads", "Order")
    earlier.objects.bulk_create(
        earlier(shop=shop, number=number, platform_id=number, placed_at=NOW, reported_at=NOW)
        for number in range(1001)
    )
    later = migrate_to("downloads", AFTER).get_model("downloads", "Order")
    assert later.objects.exclude(reported_rank="").exclude(buyer_rank="").count() == 1001


def test_refunds_find_their_orders_again_on_the_way_back():
    fill(begin_at("downloads", BEFORE))
    later = migrate_to("downloads", AFTER)
    shop = later.get_model("downloads", "Shop").objects.get()
    waiting = {"shop": shop, "refunded_at": NOW}
    later.get_model("downloads", "Refund").objects.create(
        order_platform_id=7009, platform_id=1, **waiting
    ).lines.create(line_platform_id=1, quantity=1)
    later.get_model("downloads", "Refund").objects.create(
        order_platform_id=7001, platform_id=2, **waiting
    ).lines.create(line_platform_id=99, quantity=1)
    earlier = migrate_to("downloads", BEFORE)
    rows = earlier.get_model("downloads", "Refund").objects.order_by("pk")
    fields = ("order__platform_id", "platform_id", "lines__line__platform_id", "lines__quantity")
    assert list(rows.values_list(*fields)) == [
        (7001, 9001, 1, 1),
        (7002, 9001, 1, 2),
        (7001, 2, None, None),
    ]


def test_forward_back_and_forward_again_ends_as_forward_once():
    fill(begin_at("downloads", BEFORE))
    migrate_to("downloads", AFTER)
    migrate_to("downloads", BEFORE)
    assert refunds(migrate_to("downloads", AFTER)) == NUMBERED


def test_a_carried_over_order_is_settled_and_reported_as_before(newest):
    shop = Shop.objects.get(domain=SHOP)
    order = shop.orders.get(platform_id=7001)
    settle(order, at=NOW)
    order.refresh_from_db()
    assert (order.payment, order.status) == ("paid", "completed")
    older = order_report(line_report(1, 3), at=NOW - HOUR, payment="pending")
    assert record_order(shop, older, at=NOW).order.payment == "paid"
    same = order_report(line_report(1, 3), at=NOW, payment="refunded")
    assert record_order(shop, same, at=NOW).order.payment == "refunded"
    assert Grant.objects.filter(order__shop=shop).count() == 0


# --- What was counted before there was a ledger --------------------------------------------------


CARRIED = [("Link 0", "carried", 3, NOW), ("Link 2", "carried", 12, NOW)]


def test_earlier_counts_enter_the_ledger_as_sums():
    fill_counts(begin_at("downloads", WITHOUT_LEDGER), [3, 0, 12])
    assert carried(migrate_to("downloads", LEDGER)) == CARRIED


def test_earlier_counts_agree_with_the_ledger_of_the_newest(newest):
    assert ledger.counters_off() == []


def test_many_counts_enter_the_ledger_in_batches():
    fill_counts(begin_at("downloads", WITHOUT_LEDGER), [1] * 1001)
    assert len(carried(migrate_to("downloads", LEDGER))) == 1001


def test_counts_are_the_same_there_and_back_and_there_again():
    fill_counts(begin_at("downloads", WITHOUT_LEDGER), [3, 0, 12])
    migrate_to("downloads", LEDGER)
    earlier = (
        migrate_to("downloads", WITHOUT_LEDGER)
        .get_model("downloads", "Grant")
        .objects.order_by("pk")
    )
    assert list(earlier.values_list("used", flat=True)) == [3, 0, 12]
    assert carried(migrate_to("downloads", LEDGER)) == CARRIED


def test_the_sums_alone_leave_the_ledger_on_the_way_back(walked):
    assert walked.ledger_on_the_way_back == [("Link 0", "charged", 1, NOW)]


def test_what_was_counted_since_is_in_the_ledger_once_there_and_back_and_there_again(newest_again):
    assert list(counted().order_by("pk").values_list("used", flat=True)) == [4, 0, 12]
    assert ledger.counters_off() == []


def test_a_delivery_of_earlier_rides_on_and_is_never_weighed(newest):
    grant = counted().earliest("pk")
    assert spend(grant) == Delivery.objects.get()
    assert weigh_deliveries(at=NOW + 2 * HOUR) == 0
    assert (used(grant), Delivery.objects.get().is_kept) == (3, False)
    assert give_back_failed(grant, nonce="click", at=NOW) is True
    assert (used(grant), ledger.counters_off(), grant.events.count()) == (2, [], 2)


def test_orders_of_earlier_are_told_of_when_they_open_and_not_when_they_were_open(newest):
    untold = Order.objects.filter(shop__domain=MAILED, announced_at=None).order_by("number")
    assert list(untold.values_list("number", flat=True)) == [2, 3]
