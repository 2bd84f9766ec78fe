"""Rows of an earlier version are carried over, and back again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from downloads.fulfilment import record_order, settle
from downloads.models import Grant, Order, Shop
from tests.downloads.reported import line_report, order_report
from tests.factories import NOW

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

BEFORE, BETWEEN, AFTER = "0002_plans", "0007_refunds_by_number", "0009_refunds_without_orders"
HOUR = timedelta(hours=1)


def migrate_to(name: str) -> Any:
    """Bring the tables to a migration; return the models of that time."""
    MigrationExecutor(connection).migrate([("downloads", name)])
    return MigrationExecutor(connection).loader.project_state([("downloads", name)]).apps


@pytest.fixture(autouse=True)
def _newest_again():
    executor = MigrationExecutor(connection)
    newest = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "downloads"]
    yield
    MigrationExecutor(connection).migrate(newest)


def fill(apps: Any) -> None:
    """Make rows as they were before refunds had numbers: three orders, two of them refunded."""
    model = {name: apps.get_model("downloads", name) for name in ("Shop", "Product", "Order")}
    shop = model["Shop"].objects.create(name="Shop", domain="shop.example")
    product = model["Product"].objects.create(shop=shop, name="Book", variant_id=1001)
    for number in (7001, 7002):
        order = model["Order"].objects.create(
            shop=shop,
            number=1050,
            platform_id=number,
            payment="paid",
            placed_at=NOW,
            reported_at=NOW + (number - 7001) * HOUR,
        )
        line = order.lines.create(product=product, platform_id=1, quantity=3)
        refund = order.refunds.create(platform_id=9001, refunded_at=NOW)
        refund.lines.create(line=line, quantity=number - 7000)
    model["Order"].objects.create(shop=shop, number=1, payment="pending", placed_at=NOW)


def refunds(apps: Any) -> list[tuple]:
    rows = apps.get_model("downloads", "Refund").objects.order_by("pk")
    fields = ("shop__domain", "order_platform_id", "platform_id")
    return list(rows.values_list(*fields, "lines__line_platform_id", "lines__quantity"))


NUMBERED = [("shop.example", 7001, 9001, 1, 1), ("shop.example", 7002, 9001, 1, 2)]


def test_refunds_are_named_by_the_platforms_numbers():
    fill(migrate_to(BEFORE))
    assert refunds(migrate_to(AFTER)) == NUMBERED


def test_reported_orders_say_what_was_reported_and_those_by_hand_do_not():
    fill(migrate_to(BEFORE))
    orders = migrate_to(AFTER).get_model("downloads", "Order").objects.order_by("pk")
    ranks = ["2026-03-01T12:00:00.000000+00:00", "2026-03-01T13:00:00.000000+00:00"]
    rows = orders.values_list("payment", "reported_payment", "reported_rank", "buyer_rank")
    assert list(rows) == [
        ("paid", "paid", ranks[0], ranks[0]),
        ("paid", "paid", ranks[1], ranks[1]),
        ("pending", "", "", ""),
    ]


def test_many_orders_are_ranked_in_batches():
    apps = migrate_to(BETWEEN)
    shop = apps.get_model("downloads", "Shop").objects.create(name="Shop", domain="shop.example")
    earlier = apps.get_model("downloads", "Order")
    earlier.objects.bulk_create(
        earlier(shop=shop, number=number, platform_id=number, placed_at=NOW, reported_at=NOW)
        for number in range(1001)
    )
    later = migrate_to(AFTER).get_model("downloads", "Order")
    assert later.objects.exclude(reported_rank="").exclude(buyer_rank="").count() == 1001


def test_refunds_find_their_orders_again_on_the_way_back():
    fill(migrate_to(BEFORE))
    later = migrate_to(AFTER)
    shop = later.get_model("downloads", "Shop").objects.get()
    waiting = {"shop": shop, "refunded_at": NOW}
    later.get_model("downloads", "Refund").objects.create(
        order_platform_id=7009, platform_id=1, **waiting
    ).lines.create(line_platform_id=1, quantity=1)
    later.get_model("downloads", "Refund").objects.create(
        order_platform_id=7001, platform_id=2, **waiting
    ).lines.create(line_platform_id=99, quantity=1)
    earlier = migrate_to(BEFORE)
    rows = earlier.get_model("downloads", "Refund").objects.order_by("pk")
    fields = ("order__platform_id", "platform_id", "lines__line__platform_id", "lines__quantity")
    assert list(rows.values_list(*fields)) == [
        (7001, 9001, 1, 1),
        (7002, 9001, 1, 2),
        (7001, 2, None, None),
    ]


def test_forward_back_and_forward_again_ends_as_forward_once():
    fill(migrate_to(BEFORE))
    migrate_to(AFTER)
    migrate_to(BEFORE)
    assert refunds(migrate_to(AFTER)) == NUMBERED


def test_a_carried_over_order_is_settled_and_reported_as_before():
    fill(migrate_to(BEFORE))
    migrate_to(AFTER)
    order = Order.objects.get(platform_id=7001)
    settle(order, at=NOW)
    order.refresh_from_db()
    assert (order.payment, order.status) == ("paid", "completed")
    older = order_report(line_report(1, 3), at=NOW - HOUR, payment="pending")
    assert record_order(Shop.objects.get(), older, at=NOW).order.payment == "paid"
    same = order_report(line_report(1, 3), at=NOW, payment="refunded")
    assert record_order(Shop.objects.get(), same, at=NOW).order.payment == "refunded"
    assert Grant.objects.count() == 0
