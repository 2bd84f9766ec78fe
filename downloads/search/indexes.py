"""Keep the indexes of substring search: after each migration, whatever it did to the tables.

PostgreSQL: an index each, by the extension `pg_trgm`, which a database's owner may create. SQLite:
a table each (FTS5), which triggers keep in step; a table that is altered is made anew and loses
them, so that whatever is missing is made again and filled.
"""

import logging
from typing import Any

from django.db import DatabaseError, NotSupportedError, connections, transaction
from django.db.models import Model

from downloads.search.text import TEXTS, expression, index_of, is_numbered

log = logging.getLogger(__name__)
WITHOUT_EXTENSION = (
    "Searching for parts of words reads whole tables: the extension pg_trgm is not there, and this "
    "user may not create it (%s). Have the owner of the database run CREATE EXTENSION pg_trgm, "
    "then migrate again."
)
# How many samples of a text PostgreSQL's planner keeps. With its hundred, what one row in a hundred
# may have is looked for from the newest backwards, through all rows where there is less of it.
FIGURES = 1_000
WITHOUT_FTS = "Searching for parts of words reads whole tables: this SQLite has no FTS5 (%s)."


def keep_indexes(using: str = "default", **_signal: Any) -> None:
    """Make whatever index of search is missing. A signal's receiver, after migrations."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        models = [
            model
            for model, columns in TEXTS.items()
            if model._meta.db_table in tables and _has(cursor, connection, model, columns)
        ]
        keep = _keep_trigrams if connection.vendor == "postgresql" else _keep_tables
        keep(cursor, connection, models)


def drop_triggers(using: str = "default", plan: Any = (), **_signal: Any) -> None:
    """Drop SQLite's triggers before migrations: none lets a column go that it reads."""
    connection = connections[using]
    if connection.vendor != "sqlite" or not any(each.app_label == "downloads" for each, _ in plan):
        return
    with connection.cursor() as cursor:
        for model in TEXTS:
            for trigger in _triggers(model):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')


def _has(cursor: Any, connection: Any, model: type[Model], columns: tuple[str, ...]) -> bool:
    # Migrations go backwards, too, and stop where a column is not there yet.
    table = connection.introspection.get_table_description(cursor, model._meta.db_table)
    return {*columns} <= {column.name for column in table}


# --- PostgreSQL ----------------------------------------------------------------------------------


def _keep_trigrams(cursor: Any, connection: Any, models: list[type[Model]]) -> None:
    cursor.execute(
        "SELECT relname, indisvalid FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid "
        "WHERE relname = ANY(%s)",
        [[index_of(model) for model in models]],
    )
    there = dict(cursor.fetchall())
    missing = [model for model in models if not there.get(index_of(model))]
    if not missing or not _has_extension(cursor):
        return
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
    for model in missing:
        name, table = index_of(model), model._meta.db_table
        # One that broke off is left behind and used by nobody.
        cursor.execute(f'DROP INDEX {concurrently} IF EXISTS "{name}"')
        columns = [f'"{column}"' for column in TEXTS[model]]
        text = expression(columns, vendor="postgresql")
        cursor.execute(
            f'CREATE INDEX {concurrently} "{name}" ON "{table}" USING gin (({text}) gin_trgm_ops)'
        )
        # How often a text comes decides how it is looked for: of one row in a thousand, too.
        cursor.execute(f'ALTER INDEX "{name}" ALTER COLUMN 1 SET STATISTICS {FIGURES}')
        cursor.execute(f'ANALYZE "{table}"')


def _has_extension(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if cursor.fetchone() is not None:
        return True
    if cursor.connection.info.transaction_status:
        # A refusal would end the transaction: it is asked for first.
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        if not cursor.fetchone()[0]:
            log.warning(WITHOUT_EXTENSION, "permission denied")
            return False
    try:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except (DatabaseError, NotSupportedError) as error:
        log.warning(WITHOUT_EXTENSION, str(error).partition("\n")[0])
        return False
    return True


# --- SQLite --------------------------------------------------------------------------------------


def _keep_tables(cursor: Any, connection: Any, models: list[type[Model]]) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
    there = dict(cursor.fetchall())
    for model in models:
        name = index_of(model)
        wanted = _triggers(model)
        if name in there and all(there.get(each) == sql for each, sql in wanted.items()):
            continue
        with transaction.atomic(using=connection.alias):
            if not _make_table(cursor, model):
                return


def _make_table(cursor: Any, model: type[Model]) -> bool:
    """Make and fill the table that is an index, and its triggers. False where SQLite cannot."""
    name, wanted = index_of(model), _triggers(model)
    for trigger in wanted:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
    cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
    columns = "texts" if is_numbered(model) else "key, texts"
    try:
        cursor.execute(f"CREATE VIRTUAL TABLE \"{name}\" USING fts5({columns}, tokenize='trigram')")
    except DatabaseError as error:
        log.warning(WITHOUT_FTS, error)
        return False
    cursor.execute(_insertion(model, "") + f' FROM "{model._meta.db_table}"')
    for sql in wanted.values():
        cursor.execute(sql)
    return True


def _insertion(model: type[Model], row: str) -> str:
    columns = [f'{row}"{column}"' for column in TEXTS[model]]
    key = "rowid" if is_numbered(model) else "key"
    return (
        f'INSERT INTO "{index_of(model)}"({key}, texts) '  # nosec B608
        f'SELECT {row}"id", {expression(columns, vendor="sqlite")}'
    )


def _triggers(model: type[Model]) -> dict[str, str]:
    """Return the statements that make the triggers of a table, by name."""
    name, table = index_of(model), model._meta.db_table
    where = 'rowid = old."id"'
    if not is_numbered(model):
        where = f'rowid IN (SELECT rowid FROM "{name}" WHERE key MATCH \'"\' || old."id" || \'"\')'  # noqa: S608  # nosec B608
    forget = f'DELETE FROM "{name}" WHERE {where}'  # noqa: S608  # nosec B608
    enter = _insertion(model, "new.")
    changed = " OR ".join(f'old."{each}" IS NOT new."{each}"' for each in TEXTS[model])
    columns = ", ".join(f'"{each}"' for each in TEXTS[model])
    acts = {
        "insert": ("AFTER INSERT", "", [enter]),
        "update": (f"AFTER UPDATE OF {columns}", f"WHEN {changed} ", [forget, enter]),
        "delete": ("AFTER DELETE", "", [forget]),
    }
    return {
        f"{name}_{event}": f'CREATE TRIGGER "{name}_{event}" {when} ON "{table}" {only}BEGIN '
        + "".join(f"{act}; " for act in does)
        + "END"
        for event, (when, only, does) in acts.items()
    }
