"""Compiled ORM statements: SQL that is built once, for the few that every click needs.

Writing a statement costs the ORM several times what running it does (the UPDATE that spends a
download: 4 ms against 0.5). So its SQL is kept, and each use gives it values. It stays the ORM's
own: what may be spent is said by `Grant.objects.available` alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import Expression


class Slot(Expression):
    """A placeholder for a value of this field's kind, which each execution gives."""

    def __init__(self, name: str, field: models.Field) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def value_of(self, values: dict[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


def slots_of(kind: type[models.Model]) -> dict[str, Any]:
    """Return a slot for each column of a model's INSERT, by its attribute."""
    fields = (field for field in kind._meta.concrete_fields if not field.primary_key)
    return {field.attname: Slot(field.attname, field) for field in fields}


class _Captured(Exception):
    """Raised once the statement is known: with slots in it there is nothing to run."""


class Prepared:
    """One statement, as the ORM compiles it when `query` runs something with slots in it."""

    def __init__(self, query: Callable[[], object]) -> None:
        self._query = query
        self._statements: dict[str, tuple[str, Sequence[Any]]] = {}

    def run(self, **values: Any) -> int:
        """Run it with these values; return how many rows it changed."""
        with connection.cursor() as cursor:
            cursor.execute(*self._with(values))
            return cursor.rowcount

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """Run it with these values; return its first row as the database gives it, or None."""
        with connection.cursor() as cursor:
            cursor.execute(*self._with(values))
            return cursor.fetchone()

    def insert(self, row: models.Model) -> None:
        """Run it with this row's values, and give the row the key that comes back."""
        # Columns with a default of the database's come back behind it.
        row.pk, *_ = self.first(**vars(row)) or [None]

    def instances(self, *kinds: type[models.Model], **values: Any) -> list[Any] | None:
        """Run it with these values; return its first row as one instance of each kind, or None.

        The statement selects all columns of each in turn, as `select_related` does.
        """
        row = self.first(**values)
        if row is None:
            return None
        columns = iter(row)
        rows = []
        for kind in kinds:
            names, converters = _reading(kind, connection.vendor)
            fields = [convert(next(columns)) for convert in converters]
            rows.append(kind.from_db(connection.alias, names, fields))
        return rows

    def _with(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        vendor = connection.vendor
        if vendor not in self._statements:
            self._statements[vendor] = self._write()
        sql, params = self._statements[vendor]
        return sql, [
            param.value_of(values) if isinstance(param, Slot) else param for param in params
        ]

    def _write(self) -> tuple[str, Sequence[Any]]:
        statements: list[tuple[str, Sequence[Any]]] = []

        def capture(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
            if not any(isinstance(param, Slot) for param in params or ()):
                return execute(sql, params, many, context)
            statements.append((sql, params))
            raise _Captured

        # The ORM takes the exception for a failure that its transaction cannot outlive.
        is_broken = connection.needs_rollback
        try:
            with connection.execute_wrapper(capture), _unlogged():
                self._query()
        except _Captured:
            connection.needs_rollback = is_broken
        [statement] = statements
        return statement


@contextmanager
def _unlogged() -> Iterator[None]:
    """Log no query meanwhile (as DEBUG does): a log needs values, and slots have none."""
    connection.make_debug_cursor = connection.make_cursor  # type: ignore[assignment]
    try:
        yield
    finally:
        del connection.make_debug_cursor


@cache
def _reading(kind: type[models.Model], vendor: str) -> tuple[list[str], list[Callable[[Any], Any]]]:
    """Return a model's attributes, and how each is read from what this database gives."""
    fields = kind._meta.concrete_fields
    return [field.attname for field in fields], [_reader(field) for field in fields]


def _reader(field: Any) -> Callable[[Any], Any]:
    column = field.get_col(field.model._meta.db_table)
    steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
