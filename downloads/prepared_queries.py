"""Compiled querysets: SELECTs whose SQL is kept, read together in one round trip.

They stay the ORM's own: who may see what, and what may be downloaded, is written where every other
query has it. Compiling one costs twenty times what running it does, and Django's way from a row to
an instance twice that; so the SQL is kept, and rows become the same instances by a shorter way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState

from downloads.prepared_statements import Slot, vendor
from downloads.round_trips import Statement, read

Read = Callable[[tuple[Any, ...]], Any]
_LEAST, _MOST = -(2**63), 2**63 - 1
# Queries about some rows are kept for so many keys each; of fewer, places stay empty.
WIDTHS = (1, 10, 50, 100)


class PreparedQuery:
    """A queryset with slots in it, compiled once for each kind of database."""

    def __init__(self, queryset: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self._queryset = queryset
        self._compiled: dict[str, _Compiled] = {}

    def given(self, **values: Any) -> "FilledQuery":
        """Return it with these values in its slots, to be fetched."""
        compiled = self._compiled.get(vendor()) or self._compile()
        given = [*compiled.params]
        for place, slot in compiled.slots:
            value = values[slot.name]
            if type(value) not in slot.taken:
                value = slot.value_of(values)
            if isinstance(value, int) and not _LEAST <= value <= _MOST:
                # No column holds such a number: no row is equal to it, as to NULL.
                value = None
            given[place] = value
        return FilledQuery(Statement(compiled.sql, given), compiled.read)

    def first(self, **values: Any) -> Any:
        """Run it with these values; return its first row's instance, or None."""
        [rows] = fetch(self.given(**values))
        return rows[0] if rows else None

    def _compile(self) -> "_Compiled":
        compiler = self._queryset().query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        slots = tuple(each for each in enumerate(params) if isinstance(each[1], Slot))
        compiled = _Compiled(sql, tuple(params), slots, _reader_of(compiler))
        self._compiled[vendor()] = compiled
        return compiled


class FilledQuery(NamedTuple):
    """A prepared query with its values."""

    statement: Statement
    read: Read


class _Compiled(NamedTuple):
    sql: str
    params: tuple[Any, ...]
    slots: tuple[tuple[int, Slot], ...]
    read: Read


def fetch(*queries: FilledQuery) -> list[list[Any]]:
    """Run these in one round trip; return the instances that each of them brought."""
    answers = read(*[query.statement for query in queries])
    return [
        [query.read(row) for row in answer.rows]
        for query, answer in zip(queries, answers, strict=True)
    ]


def width_for(keys: Sequence[int]) -> int:
    """Return the number of places of a query about so many keys.

    Raises:
        ValueError: more than `WIDTHS[-1]`.
    """
    if len(keys) > WIDTHS[-1]:
        raise ValueError(f"At most {WIDTHS[-1]} at once.")
    return next(width for width in WIDTHS if width >= len(keys))


def in_places(name: str, keys: Sequence[int], width: int) -> dict[str, int | None]:
    """Return the values of the slots called `name` and a number, null where there is no key."""
    places = [*keys, *[None] * (width - len(keys))]
    return {f"{name} {n}": key for n, key in enumerate(places)}


def _reader_of(compiler: Any) -> Read:
    converters = [
        (place, _steps(steps, column))
        for place, (steps, column) in compiler.get_converters(
            [column for column, _sql, _alias in compiler.select]
        ).items()
    ]
    shape = _Shape.of(compiler.klass_info, compiler.select)
    annotated = list(compiler.annotation_col_map.items())

    def convert(row: tuple[Any, ...]) -> Any:
        values = list(row)
        for place, step in converters:
            values[place] = step(values[place])
        made = shape.instance(values)
        for name, place in annotated:
            made.__dict__[name] = values[place]
        return made

    return convert if converters or annotated else shape.instance


def _steps(steps: list[Any], column: Any) -> Callable[[Any], Any]:
    short = _short_ways().get(steps[0]) if len(steps) == 1 else None
    if short is not None:
        return short

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert


def _short_ways() -> dict[Any, Callable[[Any], Any]]:
    """Return shorter ways to what Django's converters for SQLite make of a column's text."""
    if connection.vendor != "sqlite" or connection.timezone_name != "UTC":
        return {}
    ops: Any = connection.ops
    return {ops.convert_datetimefield_value: _moment, ops.convert_uuidfield_value: _uuid}


def _moment(value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    # Of a column it is read by now, of an expression a text.
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


@dataclass(frozen=True)
class _Shape:
    """Where in a row a model's columns stand, and those of what is selected with it."""

    model: type[models.Model]
    alias: str
    first: int
    names: tuple[str, ...]
    key: int
    related: tuple[tuple[Any, "_Shape"], ...]

    @classmethod
    def of(cls, info: dict[str, Any], select: list[Any]) -> "_Shape":
        # Django selects a model's columns one behind the other.
        places = info["select_fields"]
        names = tuple(select[place][0].target.attname for place in places)
        model = info["model"]
        return cls(
            model,
            connection.alias,
            places[0],
            names,
            places[names.index(model._meta.pk.attname)],
            tuple(
                (each["local_setter"], cls.of(each, select))
                for each in info.get("related_klass_infos", ())
            ),
        )

    def instance(self, row: Any) -> Any:
        """Return a row as an instance, as `Model.from_db` does; None where it has no key.

        No signal tells of it, and nothing of ours waits for one.
        """
        if row[self.key] is None:
            return None
        made = self.model.__new__(self.model)
        made._state = state = ModelState()
        state.db, state.adding = self.alias, False
        first = self.first
        made.__dict__.update(zip(self.names, row[first : first + len(self.names)], strict=True))
        for relate, shape in self.related:
            relate(made, shape.instance(row))
        return made
