"""Statements that PostgreSQL keeps prepared for a line, and what follows where one fails."""

import pytest
from django.db import DataError, NotSupportedError, ProgrammingError, connection, transaction

from downloads.kept_plans import KeptPlans
from downloads.round_trips import Statement, send

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.both_databases,
]
NAMES = "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'kept_%'"


@pytest.fixture(autouse=True)
def fresh_line():
    if connection.vendor != "postgresql":
        pytest.skip("an embedded database keeps no statement for us")
    connection.close()
    yield
    connection.close()


def asked(sql, *values):
    [answer] = send(Statement(sql, values))
    return answer.rows


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        return [statement for (statement,) in cursor]


def test_a_statement_is_prepared_once():
    for value in (1, 2):
        assert asked("SELECT %s + 0, '100%%'", value) == [(value, "100%")]
    assert kept() == ["SELECT $1 + 0, '100%'"]


def test_what_comes_after_a_failure_is_answered():
    for _ in range(2):
        with pytest.raises(DataError):
            send(Statement("SELECT 1 / %s", [0]), Statement("SELECT %s + 0", [1]))
        assert asked("SELECT %s + 0", 1) == [(1,)]


def test_what_cannot_be_prepared_is_refused_as_ever():
    with pytest.raises(ProgrammingError):
        asked("SELECT no_such_column FROM no_such_table WHERE 1 = %s", 1)
    assert (asked("SELECT %s + 0", 1), len(kept())) == ([(1,)], 1)


def test_a_statement_of_a_table_that_has_changed_is_prepared_anew():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing (a integer)")
        cursor.execute("INSERT INTO changing VALUES (1)")
    sql = "SELECT * FROM changing WHERE a = %s"
    assert asked(sql, 1) == [(1,)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ADD b integer")
    with pytest.raises(NotSupportedError):
        asked(sql, 1)
    assert asked(sql, 1) == [(1, None)]


def test_a_transaction_is_begun_and_undone():
    with transaction.atomic():
        send(Statement("CREATE TEMPORARY TABLE passing (a integer)", []))
        for number in (1, 2):
            send(Statement("INSERT INTO passing VALUES (%s)", [number]))
        assert asked("SELECT count(*) + %s FROM passing", 0) == [(2,)]
        transaction.set_rollback(True)
    with pytest.raises(ProgrammingError):
        asked("SELECT count(*) + %s FROM passing", 0)


def test_what_psycopg_gives_up_at_a_rollback_is_its_own_alone():
    assert asked("SELECT %s + 0", 1) == [(1,)]
    with transaction.atomic():
        # What begins a transaction is psycopg's to send, and to prepare.
        assert asked("SELECT 2 + %s", 0) == [(2,)]
        assert connection.connection._prepared._names
        transaction.set_rollback(True)
    connection.cursor().execute("SELECT 1")
    assert kept() == ["SELECT $1 + 0"]
    assert asked("SELECT %s + 0", 1) == [(1,)]


def test_no_more_are_kept_than_may_be(monkeypatch):
    monkeypatch.setattr("downloads.kept_plans.MOST_PLANS", 2)
    for number in range(4):
        assert asked(f"SELECT {number} + %s", 0) == [(number,)]
    assert len(kept()) == 2


def test_a_line_that_breaks_off_in_the_middle_is_closed(monkeypatch):
    assert asked("SELECT %s + 0", 1) == [(1,)]
    line = connection.connection
    monkeypatch.setattr("downloads.kept_plans.fetch_many", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asked("SELECT %s + 0", 1)
    assert line.closed
    monkeypatch.undo()
    connection.close()
    assert asked("SELECT %s + 0", 1) == [(1,)]


def test_a_large_value_goes_whole():
    text = "x" * 3_000_000
    assert asked("SELECT length(%s::text)", text) == [(len(text),)]


def test_the_plans_are_those_of_the_line():
    connection.ensure_connection()
    assert KeptPlans.of(connection.connection) is KeptPlans.of(connection.connection)
