"""Rows of kept SQL are read as the ORM reads its own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.models import Order
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import _TAKEN_AS_IT_IS, Slot
from tests.factories import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_prepared_queries_are_read_as_the_orm_reads_them():
    order = OrderFactory()
    query = PreparedQuery(lambda: Order.objects.select_related("shop__plan", "customer"))
    [[found], again] = fetch(query.given(), query.given())
    same = Order.objects.select_related("shop__plan", "customer").get()
    assert (found, [found]) == (order, again)
    for mine, theirs in ((found, same), (found.shop, same.shop), (found.shop.plan, same.shop.plan)):
        values = {name: value for name, value in vars(mine).items() if name != "_state"}
        assert values == {name: value for name, value in vars(theirs).items() if name != "_state"}
    assert (found._state.adding, found._state.db) == (False, "default")
    with CaptureQueriesContext(connection) as watched:
        assert found.customer == same.customer
    assert not watched


def test_of_what_is_not_selected_a_row_has_none():
    OrderFactory(customer=None)
    query = PreparedQuery(lambda: Order.objects.select_related("customer"))
    assert query.first().customer is None


@pytest.mark.parametrize("kind", _TAKEN_AS_IT_IS, ids=lambda kind: kind.__name__)
def test_what_is_taken_as_it_is_is_what_its_field_makes_of_it(kind):
    values = {str: ["", "a\0é", "7"], int: [0, -1, 2**70]}
    for value in values[_TAKEN_AS_IT_IS[kind]]:
        made = kind().get_db_prep_value(value, connection)
        given = Slot("it", kind()).value_of({"it": value})
        assert (made, type(made)) == (given, type(given)) == (value, type(value))
