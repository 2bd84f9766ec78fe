"""Rows are inserted by kept statements, with others before and behind in one round trip."""

from datetime import timedelta

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from downloads.fulfilment.changes import assigned
from downloads.models import Customer, LineItem, Order
from downloads.prepared_inserts import KEPT_ROWS, insert_all, insert_new
from downloads.prepared_queries import PreparedQuery
from downloads.prepared_statements import Slot
from tests.factories import NOW, LineFactory, ShopFactory

pytestmark = pytest.mark.django_db
KEY = models.BigAutoField()


def statements(work):
    """Return what is sent to the database, without savepoints."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]


def test_a_row_is_inserted_unless_another_has_its_place(frozen):
    shop = ShopFactory()
    for days in range(2):
        # Each of its own moment, though the statement is kept.
        frozen(NOW + timedelta(days=days))
        row = Customer(shop=shop, platform_id=days, created_at=timezone.now())
        assert insert_new(row) is True
        assert Customer.objects.get(pk=row.pk).created_at == NOW + timedelta(days=days)
    assert insert_new(Customer(shop=shop, platform_id=1, created_at=NOW)) is False
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("count", [0, 1, KEPT_ROWS, KEPT_ROWS + 1])
def test_rows_are_inserted_in_one_statement_and_get_their_keys(count):
    order = LineFactory().order
    product = order.lines.get().product
    rows = [LineItem(order=order, product=product, platform_id=-n - 9) for n in range(count)]
    assert len(statements(lambda: insert_all(rows))) == min(count, 1)
    found = LineItem.objects.in_bulk([row.pk for row in rows])
    assert [found[row.pk].platform_id for row in rows] == [row.platform_id for row in rows]


@pytest.mark.parametrize("count", [0, 1, KEPT_ROWS, KEPT_ROWS + 1])
def test_what_is_read_behind_sees_the_rows_and_what_went_before(count):
    order = LineFactory().order
    product = order.lines.get().product
    rows = [LineItem(order=order, product=product, platform_id=-n - 9) for n in range(count)]
    first = assigned(order, number=8)
    lines_of = PreparedQuery(
        lambda: LineItem.objects.filter(order=Slot("order", KEY)).order_by("pk")
    )
    then = PreparedQuery(lambda: Order.objects.filter(pk=Slot("order", KEY), number=8).order_by())
    which = {"order": order.pk}
    lines, orders = insert_all(
        rows, first=first, then=[lines_of.given(**which), then.given(**which)]
    )
    assert len(lines) == count + 1
    assert orders == [order]


def test_nothing_asks_nothing():
    assert statements(lambda: insert_all([])) == []
