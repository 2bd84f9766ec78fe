"""Prepared INSERTs: rows of one model in one statement, with what goes before and is read behind.

No signal tells of them: for rows that the audit trail does not watch.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import models

from downloads.prepared_queries import FilledQuery, fetch
from downloads.prepared_statements import Prepared, Slot, slots_of
from downloads.round_trips import Statement, send

# An INSERT of so many rows or fewer is kept for each number of them.
KEPT_ROWS = 10


def insert_all(
    rows: Sequence[models.Model],
    *,
    first: Sequence[Statement] = (),
    then: Sequence[FilledQuery] = (),
) -> list[list[Any]]:
    """Insert rows of one model, and give each its key. No signal tells of it.

    `first` goes before them and `then` is read behind them, all in one round trip; return what is
    read. More than `KEPT_ROWS` have a trip of their own.
    """
    if len(rows) > KEPT_ROWS:
        if first:
            send(*first)
        type(rows[0])._base_manager.bulk_create(rows)
        return fetch(*then) if then else []
    inserts = [_insert_of_all(rows)] if rows else []
    statements = [*first, *inserts, *[query.statement for query in then]]
    answers = send(*statements)[len(first) :] if statements else []
    for made in answers[: len(inserts)]:
        for row, (key, *_) in zip(rows, made.rows, strict=True):
            row.pk = key
            row._state.adding = False
    return [
        [query.read(row) for row in answer.rows]
        for query, answer in zip(then, answers[len(inserts) :], strict=True)
    ]


def _insert_of_all(rows: Sequence[models.Model]) -> Statement:
    values = {
        f"{name} {n}": value for n, row in enumerate(rows) for name, value in vars(row).items()
    }
    return _inserts_of(type(rows[0]), len(rows)).given(**values)


@cache
def _inserts_of(model: type[models.Model], count: int) -> Prepared:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    rows = [
        model(**{field.attname: Slot(f"{field.attname} {n}", field) for field in fields})
        for n in range(count)
    ]
    return Prepared(lambda: model._base_manager.bulk_create(rows))


def insert_new(row: models.Model) -> bool:
    """Insert a row unless another one has its place already; say whether it was new. No signal."""
    made = _insert_of(type(row)).first(**vars(row))
    if made is None:
        return False
    row.pk = made[0]
    row._state.adding = False
    return True


@cache
def _insert_of(model: type[models.Model]) -> Prepared:
    row = model(**slots_of(model))
    # Raw: a field that fills itself in (`auto_now_add`) would write the time of this moment in.
    return Prepared(lambda: row.save_base(raw=True, force_insert=True), on_conflict="DO NOTHING")
