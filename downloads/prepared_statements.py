"""Compiled ORM statements: SQL that is built once, for the few that every click needs.

Writing a statement costs the ORM several times what running it does (the UPDATE that spends a
download: 4 ms against 0.5). So its SQL is kept, and each use gives it values. It stays the ORM's
own: what may be spent is said by `Grant.objects.available` alone.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import Expression

from downloads.round_trips import Statement, send

# Of these every database takes what Python has, once it is of that kind.
_TAKEN_AS_IT_IS: dict[type[models.Field], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BigAutoField: int,
}
# Of these a server does.
_TAKEN_BY_SERVER: dict[type[models.Field], type] = {
    models.BooleanField: bool,
    models.DateTimeField: datetime,
    models.UUIDField: UUID,
}


@cache
def vendor() -> str:
    """Return the kind of the database, which is one of this process: each look costs ten calls."""
    return connection.vendor


class Slot(Expression):
    """A placeholder for a value of this field's kind, which each execution gives."""

    def __init__(self, name: str, field: models.Field) -> None:
        super().__init__(output_field=field)
        self.name = name
        # Types of values that go to the database as they are, and what makes others of theirs:
        # known from the first value on.
        self.taken: Container[type] = ()
        self._wrappers: dict[type, Callable[[Any], Any]] | None = None

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def value_of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        # Once for all: a process has one kind of database.
        if self._wrappers is None:
            self.taken, self._wrappers = (
                _taken_of(self.output_field),
                _wrappers_of(self.output_field),
            )
        kind = type(value)
        if kind in self.taken:
            return value
        wrap = self._wrappers.get(kind)
        if wrap is not None:
            return wrap(value)
        return self.output_field.get_db_prep_value(value, connection)


def _taken_of(field: models.Field) -> frozenset[type]:
    """Return the types of values that this database takes for a field as they are."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    known = [_TAKEN_AS_IT_IS.get(type(field))]
    if connection.vendor == "postgresql":
        known.append(_TAKEN_BY_SERVER.get(type(field)))
    elif isinstance(field, models.IntegerField):
        known.append(int)
    # In JSON, None is a value as others are.
    known.append(None if isinstance(field, models.JSONField) else type(None))
    return frozenset(kind for kind in known if kind is not None)


def _wrappers_of(field: models.Field) -> dict[type, Callable[[Any], Any]]:
    """Return what makes of a whole number the one that a server's column has, by its size."""
    sizes: dict[str, Any] = getattr(connection.ops, "integerfield_type_map", {})
    is_whole = isinstance(field, models.IntegerField)
    size = sizes.get(field.get_internal_type()) if is_whole else None
    return {} if size is None else {int: size}


def slots_of(kind: type[models.Model]) -> dict[str, Any]:
    """Return a slot for each column of a model's INSERT, by its attribute."""
    fields = (field for field in kind._meta.concrete_fields if not field.primary_key)
    return {field.attname: Slot(field.attname, field) for field in fields}


def fill(params: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    """Return a statement's parameters with values in place of its slots."""
    filled = []
    for param in params:
        if isinstance(param, Slot):
            # Most need no more than a look; a click has a dozen, an order's rows hundreds.
            value = values[param.name]
            filled.append(value if type(value) in param.taken else param.value_of(values))
        else:
            filled.append(param)
    return filled


class _Captured(Exception):
    """Raised once the statement is known: with slots in it there is nothing to run."""


class Prepared:
    """One statement, as the ORM compiles it when `query` runs something with slots in it.

    `on_conflict` is what an INSERT does where the row is there, which the ORM has no words for.
    """

    def __init__(self, query: Callable[[], object], *, on_conflict: str = "") -> None:
        self._query = query
        self._on_conflict = on_conflict
        self._statements: dict[str, tuple[str, Sequence[Any]]] = {}

    def run(self, **values: Any) -> int:
        """Run it with these values; return how many rows it changed."""
        [answer] = send(self.given(**values))
        return answer.touched

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """Run it with these values; return its first row as the database gives it, or None."""
        [answer] = send(self.given(**values))
        return answer.rows[0] if answer.rows else None

    def all(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run it with these values; return its rows as the database gives them."""
        [answer] = send(self.given(**values))
        return answer.rows

    def given(self, **values: Any) -> Statement:
        """Return it with these values, to be sent with others."""
        sql, params = self.written()
        return Statement(sql, fill(params, values))

    def written(self) -> tuple[str, Sequence[Any]]:
        """Return its SQL and its parameters, slots among them."""
        kind = vendor()
        if kind not in self._statements:
            sql, params = self._write()
            if self._on_conflict:
                sql, returning, columns = sql.partition(" RETURNING ")
                sql = f"{sql} ON CONFLICT {self._on_conflict}{returning}{columns}"
            self._statements[kind] = sql, params
        return self._statements[kind]

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
