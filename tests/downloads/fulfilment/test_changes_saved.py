"""Rows are saved by kept statements: only what differs, together where that is asked for."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from downloads import fulfilment
from downloads.fulfilment.changes import (
    KEPT_ROWS,
    assign,
    insert_all,
    insert_new,
    save_assigned,
    saved_at_once,
)
from downloads.models import AuditEntry, Customer, LineItem, Order
from tests.downloads.reported import order_report
from tests.factories import NOW, CustomerFactory, LineFactory, OrderFactory, ShopFactory

pytestmark = pytest.mark.django_db
STATEMENTS_OF_AN_ORDER = {"postgresql": 22, "sqlite": 22}


def statements(work):
    """Return what is sent to the database, without savepoints."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]


def test_what_differs_alone_is_saved():
    order = OrderFactory(platform_id=7001, number=7)
    Order.objects.update(currency="JPY")
    [sql] = statements(lambda: assign(order, number=8, grand_total=order.grand_total))
    assert sql.startswith('UPDATE "downloads_order" SET "number" = ')
    assert Order.objects.values_list("number", "currency").get() == (8, "JPY")
    assert statements(lambda: assign(order, number=8)) == []


def test_a_row_that_is_gone_is_no_success():
    order = OrderFactory(customer=None)
    Order.objects.all().delete()
    with pytest.raises(DatabaseError):
        assign(order, number=8)


def test_what_is_assigned_meanwhile_is_saved_at_once():
    order, buyer = OrderFactory(platform_id=7001), CustomerFactory()

    def work():
        with saved_at_once(order):
            assert assign(order, number=8) is True
            assert assign(order, customer=buyer, notes=["odd"]) is True
            assert assign(order, number=9) is True

    assert len(statements(work)) == 1
    order = Order.objects.get(pk=order.pk)
    assert (order.number, order.customer, order.notes) == (9, buyer, ["odd"])


def test_a_question_in_between_sees_what_was_assigned():
    order = OrderFactory()
    with saved_at_once(order):
        assign(order, number=8)
        save_assigned(order)
        assert Order.objects.get().number == 8


def test_a_row_made_by_hand_is_audited_as_before():
    order = OrderFactory(platform_id=None)
    before = AuditEntry.objects.count()
    assign(order, number=8)
    assert AuditEntry.objects.count() == before + 1


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


def test_the_first_report_of_an_order_asks_so_often():
    shop = ShopFactory()
    fulfilment.record_order(shop, order_report(platform_id=1, token="a"), at=NOW)
    report = order_report(platform_id=2, token="b", customer=None, email="b@example.com")
    asked = statements(lambda: fulfilment.record_order(shop, report, at=NOW))
    assert len(asked) <= STATEMENTS_OF_AN_ORDER[connection.vendor], "\n".join(asked)
    assert Order.objects.count() == 2
