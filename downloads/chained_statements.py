"""Chained statements: an UPDATE, and INSERTs that follow where it changed a row. All or nothing.

On PostgreSQL they are one statement (CTEs that write), and so one round trip with no transaction
around it; on SQLite, which has none, they run in turn inside one. The SQL of each is the ORM's.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction

from downloads.prepared_statements import Prepared, Slot, fill, vendor
from downloads.round_trips import Statement, send

_ROW = r"\(%s(?:, %s)*\)"
_INSERT = re.compile(
    rf"(?P<into>INSERT INTO .+?) VALUES (?P<rows>{_ROW}(?:, {_ROW})*)"  # noqa: S608  # nosec B608
    r"(?P<conflict> ON CONFLICT .+?)?(?P<returning> RETURNING .+)?\Z"
)


class Chain:
    """Statements that are written together: each INSERT waits for the row of the one before.

    `returning` are columns of the row that the UPDATE has changed. `key` is the slot that takes,
    in the INSERTs behind the first one, the key of the row that the first one made.
    """

    def __init__(
        self, update: Prepared, *inserts: Prepared, returning: Sequence[str] = (), key: str = ""
    ) -> None:
        self._update = update
        self._inserts = inserts
        self._columns = ", ".join(f'"{name}"' for name in returning or ["id"])
        self._key = key
        self._joined: tuple[str, Sequence[Any]] | None = None

    def run(self, **values: Any) -> tuple[Any, ...] | None:
        """Run it with these values; return what it brought, or None where no row was changed.

        That is the UPDATE's columns or, with a `key`, the key of the first row made.

        Raises:
            IntegrityError: one of the INSERTs failed; nothing was changed.
        """
        if vendor() != "postgresql":
            return self._in_turn(values)
        with _set_apart():
            if self._joined is None:
                self._joined = self._join()
            sql, params = self._joined
            [answer] = send(Statement(sql, fill(params, values)))
        return answer.rows[0] if answer.rows else None

    @transaction.atomic
    def _in_turn(self, values: dict[str, Any]) -> tuple[Any, ...] | None:
        update = self._update.given(**values)
        [changed] = send(Statement(f"{update.sql} RETURNING {self._columns}", update.values))
        if not changed.rows:
            return None
        result = changed.rows[0]
        for number, insert in enumerate(self._inserts):
            row = insert.first(**values)
            if self._key and not number and row is not None:
                result = row[:1]
                values = values | {self._key: row[0]}
        return result

    def _join(self) -> tuple[str, Sequence[Any]]:
        sql, params = self._update.written()
        parts, values = [f"{sql} RETURNING {self._columns}"], list(params)
        for number, insert in enumerate(self._inserts):
            # Each waits for the one before it, so that rows are numbered in their order.
            for row, given in _rows_of(insert, key=self._key, behind=len(parts) - 1):
                returned = f'"{self._key}" AS "id"' if self._key and number else '"id"'
                parts.append(f"{row} RETURNING {returned}")
                values += given
        named = ", ".join(f'"step_{number}" AS ({part})' for number, part in enumerate(parts))
        result = '"id" FROM "step_1"' if self._key else f'{self._columns} FROM "step_0"'
        return f"WITH {named} SELECT {result}", values


class Provided:
    """An INSERT of one row that is made where a query of existence finds something. One statement.

    Both are given their values together.
    """

    def __init__(self, insert: Prepared, condition: Prepared) -> None:
        self._insert = insert
        self._condition = condition
        self._joined: dict[str, tuple[str, list[Any]]] = {}

    def given(self, **values: Any) -> Statement:
        """Return it with these values, to be sent with others."""
        kind = vendor()
        if kind not in self._joined:
            self._joined[kind] = self._join()
        sql, params = self._joined[kind]
        return Statement(sql, fill(params, values))

    def _join(self) -> tuple[str, list[Any]]:
        sql, params = self._insert.written()
        condition, given = self._condition.written()
        match = _INSERT.fullmatch(sql)
        if match is None or match["rows"].count("(") != 1:
            raise ValueError(f"No INSERT of one row: {sql}")
        chosen = f"SELECT {match['rows'][1:-1]} WHERE EXISTS ({condition})"
        return f"{match['into']} {chosen}{match['conflict'] or ''}{match['returning'] or ''}", [
            *params,
            *given,
        ]


def _rows_of(insert: Prepared, *, key: str, behind: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield for each row of an INSERT one that makes it where the step it comes behind has one."""
    sql, params = insert.written()
    match = _INSERT.fullmatch(sql)
    if match is None:
        raise ValueError(f"No INSERT of rows: {sql}")
    rows = match["rows"].count("(")
    width = len(params) // rows
    before = f'"step_{behind}"'
    for start in range(0, len(params), width):
        row = params[start : start + width]
        is_key = [isinstance(each, Slot) and each.name == key for each in row]
        places = ", ".join(f'{before}."id"' if each else "%s" for each in is_key)
        chosen = f"SELECT {places} FROM {before}"  # noqa: S608  # nosec B608
        yield (
            f"{match['into']} {chosen}{match['conflict'] or ''}",
            [each for each, known in zip(row, is_key, strict=True) if not known],
        )
        before = f'"step_{behind + 1}"'
        behind += 1


def _set_apart() -> AbstractContextManager[Any]:
    """Return a savepoint inside a transaction, so that what fails breaks no more than itself."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
