"""Rows are saved by kept statements: only what differs, together where that is asked for."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment
from downloads.fulfilment.changes import (
    assign,
    save_assigned,
    saved_at_once,
)
from downloads.models import AuditEntry, Order
from tests.downloads.reported import order_report
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory

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


def test_the_first_report_of_an_order_asks_so_often():
    shop = ShopFactory()
    fulfilment.record_order(shop, order_report(platform_id=1, token="a"), at=NOW)
    report = order_report(platform_id=2, token="b", customer=None, email="b@example.com")
    asked = statements(lambda: fulfilment.record_order(shop, report, at=NOW))
    assert len(asked) <= STATEMENTS_OF_AN_ORDER[connection.vendor], "\n".join(asked)
    assert Order.objects.count() == 2
