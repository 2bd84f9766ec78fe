"""Database round trips: send several statements at once, as prepared ones where there is a server.

Of what a request costs, writing SQL and waiting for the database are the most. Statements whose
SQL is kept (`downloads.prepared_statements`) come this way: past the ORM's cursor, which writes
their values into the text, so that PostgreSQL would plan each of them anew.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)

from downloads.kept_plans import KeptPlans

_PLACE = re.compile(r"(?<!%)%s")


class Statement(NamedTuple):
    """SQL with `%s` for each of its values."""

    sql: str
    values: Sequence[Any]


class Answer(NamedTuple):
    """What a statement brought: its rows as the database gives them, and how many it touched."""

    rows: list[tuple[Any, ...]]
    touched: int


def send(*statements: Statement) -> list[Answer]:
    """Run these in turn, all of them in one round trip; return what each of them brought."""
    database: Any = connections[DEFAULT_DB_ALIAS]  # each look by the proxy costs ten calls
    database.validate_no_broken_transaction()
    if database.execute_wrappers or database.queries_logged:
        # Who watches is shown each by itself.
        return [_run_watched(each) for each in statements]
    database.ensure_connection()
    with database.wrap_database_errors:
        if database.vendor == "postgresql":
            answers = _run_on_server(database.connection, statements)
            # It is alive: a transaction that begins behind this need not ask for that.
            database.health_check_done = True
            return answers
        return [_run_embedded(database.connection, each) for each in statements]


def read(*statements: Statement) -> list[Answer]:
    """Run as `send` does; once more where the line to the database had gone dead.

    For SELECTs, and for what changes no more when it is run twice.
    """
    # Asking whether a kept line is alive would be a round trip of its own for every request.
    try:
        return send(*statements)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or not _is_gone():
            raise
    connection.close()
    return send(*statements)


def _run_on_server(line: Any, statements: Sequence[Statement]) -> list[Answer]:
    prepare = settings.DATABASE_PREPARES
    answers = KeptPlans.of(line).run(statements) if prepare else None
    if answers is not None:
        return [Answer(*each) for each in answers]
    # Without plans, or where psycopg has yet to begin the transaction.
    if len(statements) == 1:
        return [_answer_of_server(_execute(line, statements[0], prepare=prepare))]
    with line.pipeline():
        cursors = [_execute(line, each, prepare=prepare) for each in statements]
    return [_answer_of_server(cursor) for cursor in cursors]


def _execute(line: Any, statement: Statement, *, prepare: bool) -> Any:
    return psycopg.Cursor(line).execute(statement.sql, statement.values, prepare=prepare)


def _answer_of_server(cursor: Any) -> Answer:
    # `description` would make an object for each column.
    has_rows = cursor.pgresult.status == psycopg.pq.ExecStatus.TUPLES_OK
    return Answer(cursor.fetchall() if has_rows else [], cursor.rowcount)


def _run_embedded(line: Any, statement: Statement) -> Answer:
    return _answer_of(line.execute(_for_sqlite(statement.sql), statement.values))


@lru_cache(256)
def _for_sqlite(sql: str) -> str:
    return _PLACE.sub("?", sql).replace("%%", "%")


def _run_watched(statement: Statement) -> Answer:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return _answer_of(cursor)


def _answer_of(cursor: Any) -> Answer:
    rows = cursor.fetchall() if cursor.description is not None else []
    return Answer(rows, cursor.rowcount)


def _is_gone() -> bool:
    line: Any = connection.connection
    return connection.vendor == "postgresql" and (line is None or line.closed)
