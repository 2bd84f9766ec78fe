"""Several statements in one round trip; a line gone dead between two requests is opened anew."""

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from downloads.round_trips import Statement, read, send
from tests.factories import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def one(value):
    return Statement("SELECT %s + 0", [value])


def test_answers_come_in_the_order_of_their_statements():
    answers = send(one(1), one(2), one(3))
    assert [answer.rows for answer in answers] == [[(1,)], [(2,)], [(3,)]]


def test_each_says_how_many_rows_it_touched():
    OrderFactory.create_batch(3)
    raised, none = send(
        Statement("UPDATE downloads_order SET number = number + %s", [1]),
        Statement("UPDATE downloads_order SET number = 7 WHERE id = %s", [0]),
    )
    assert (raised.touched, none.touched) == (3, 0)


def test_who_watches_is_shown_each():
    with CaptureQueriesContext(connection) as watched:
        send(one(1), one(2))
    assert len(watched) == 2


def test_a_percent_sign_is_one():
    [answer] = send(Statement("SELECT 'a%%s' WHERE 1 = %s", [1]))
    assert answer.rows == [("a%s",)]


def test_a_fault_is_djangos_own():
    with pytest.raises(OperationalError if connection.vendor == "sqlite" else Exception) as raised:
        send(Statement("SELECT no_such_column FROM no_such_table WHERE 1 = %s", [1]))
    assert raised.type.__module__ == "django.db.utils"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_line_that_went_dead_is_opened_anew():
    if connection.vendor != "postgresql":
        pytest.skip("an embedded database has no line")
    connection.ensure_connection()
    number = connection.connection.info.backend_pid
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [number])
    finally:
        other.close()
    [answer] = read(one(1))
    assert answer.rows == [(1,)]


def test_in_a_transaction_nothing_is_asked_twice(monkeypatch):
    tries = []

    def break_off(*statements):
        tries.append(statements)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("downloads.round_trips.send", break_off)
    with pytest.raises(OperationalError):
        read(one(1))
    assert len(tries) == 1
