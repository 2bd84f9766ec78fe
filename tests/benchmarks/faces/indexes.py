"""Do without indexes and references while a table is filled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models

Models = Sequence[type[models.Model]]


@contextmanager
def unindexed(filled: Models) -> Iterator[None]:
    """Drop what would be kept up row by row, and make it anew in one go."""
    is_sqlite = connection.vendor == "sqlite"
    again = _drop_on_sqlite(filled) if is_sqlite else _drop_on_postgresql(filled)
    yield
    with connection.cursor() as cursor:
        for statement in again:
            cursor.execute(statement)


def _drop_on_sqlite(filled: Models) -> list[str]:
    again = []
    with connection.cursor() as cursor:
        for pragma in ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF"):
            cursor.execute(f"PRAGMA {pragma}")
        tables = [model._meta.db_table for model in filled]
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            f"AND tbl_name IN ({', '.join(['%s'] * len(tables))})",
            tables,
        )
        for name, statement in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')
            again.append(statement)
    return again


def _drop_on_postgresql(filled: Models) -> list[str]:
    again = []
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET synchronous_commit = off")
        for model in filled:
            table = model._meta.db_table
            cursor.execute(
                "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
                "WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint "
                "WHERE conindid = indexrelid)",
                [table],
            )
            for name, statement in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
                again.append(statement)
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid = %s::regclass AND contype = 'f'",
                [table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
                again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    return again
