"""Test databases copied from one that all migrations have been applied to already.

Each process of a test run begins with an empty database and applies every migration to it, for
seconds. The first one to begin does so to a database apart; all others, and later runs, copy that
one before Django migrates, which then finds nothing left to do. It is made anew whenever a
migration, or what one imports, or Django, or the database has changed, and no test ever touches
it: what tests leave behind in theirs is no matter.
"""

import ast
import fcntl
import hashlib
import importlib.util
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

ROOMS = ("downloads", "storefront")


def start_from_prepared(connection: Any) -> None:
    """Have Django begin this connection's test database as a copy of the prepared one."""
    if connection.vendor == "sqlite":
        _copy_file(connection)
    else:
        _copy_on_server(connection)


def restore(connection: Any) -> None:
    """Put a fresh copy in the place of a test database that a test has really written to."""
    begin_from(connection, connection.prepared)


def start_from_nothing(connection: Any) -> None:
    """Put an empty database in the place of a test database; the next test has a copy again."""
    connection.close()
    if connection.vendor == "sqlite":
        _remove_file(connection)
    else:
        _make_on_server(connection, template="template1")


def prepared_file() -> Path:
    """Return where the prepared database of SQLite lies, once a process has made it."""
    return Path(settings.DATA_DIR) / "prepared" / f"{fingerprint('sqlite')}.sqlite3"


def prepared_name(name: str) -> str:
    """Return how the prepared database beside this one of a PostgreSQL server is called."""
    return f"prepared_{name}_{fingerprint('postgresql')}"


def keep(connection: Any, place: Path, name: str) -> Any:
    """Keep a test database as it stands; return what `begin_from` puts in its place again."""
    connection.close()
    if connection.vendor == "sqlite":
        kept = place / f"{name}.sqlite3"
        shutil.copyfile(connection.settings_dict["NAME"], kept)
        return kept
    kept = f"{connection.settings_dict['NAME']}_{name}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{kept}"')
        cursor.execute(f'CREATE DATABASE "{kept}" TEMPLATE "{connection.settings_dict["NAME"]}"')
    return kept


def begin_from(connection: Any, kept: Any) -> None:
    """Put a copy of a kept database in the place of a test database."""
    connection.close()
    if connection.vendor == "sqlite":
        _restore_file(connection, kept)
    else:
        _make_on_server(connection, template=kept)


def drop_kept(connection: Any, kept: Any) -> None:
    if connection.vendor == "sqlite":
        kept.unlink()
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{kept}"')


def fingerprint(vendor: str) -> str:
    """Return a short hash of all that a migrated database is made from."""
    digest = hashlib.sha256()
    for fact in (django.get_version(), vendor, sqlite3.sqlite_version):
        digest.update(f"{fact}\n".encode())
    for path in sorted(_sources()):
        digest.update(f"{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# --- What migrations are made of -----------------------------------------------------------------


def _sources() -> set[Path]:
    """Return the files of all migrations there are, and of ours that these import."""
    loader = MigrationLoader(None)
    found: set[Path] = set()
    todo = [migration.__module__ for migration in loader.disk_migrations.values()]
    while todo:
        path = _path_of(todo.pop())
        if path is None or path in found:
            continue
        found.add(path)
        if path.is_relative_to(settings.BASE_DIR):
            todo += [name for name in _imports_of(path) if name.split(".")[0] in ROOMS]
    return found


def _path_of(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        # The name of something within a module.
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None


def _imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- SQLite: a file ------------------------------------------------------------------------------


def _restore_file(connection: Any, kept: Path) -> None:
    # A new file: threads that still hold the old one keep it to themselves.
    _remove_file(connection)
    shutil.copyfile(kept, connection.settings_dict["NAME"])


def _remove_file(connection: Any) -> None:
    # What a run that was killed left of its log would be played into the next.
    for ending in ("", "-wal", "-shm"):
        Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)


def _copy_file(connection: Any) -> None:
    prepared = prepared_file()
    folder = prepared.parent
    empty = connection.creation._create_test_db

    def copied(verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:  # noqa: FBT002 (Django's)
        name: str = empty(verbosity, autoclobber, keepdb)
        if not keepdb:
            connection.settings_dict["NAME"] = name
            _restore_file(connection, prepared)
        return name

    with _alone():
        if not prepared.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            unfinished = folder / f"{os.getpid()}.unfinished"
            _migrate(connection, str(unfinished))
            unfinished.rename(prepared)
    connection.prepared = prepared
    connection.creation._create_test_db = copied


# --- PostgreSQL: a template on the server --------------------------------------------------------


def _copy_on_server(connection: Any) -> None:
    name = connection.settings_dict["NAME"].removeprefix("test_")
    prefix, prepared = f"prepared_{name}_", prepared_name(name)
    unfinished = f"{prefix}unfinished"
    with _alone():
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
            )
            there = {name for (name,) in cursor.fetchall()}
            for name in there - {prepared}:
                cursor.execute(f'DROP DATABASE "{name}"')
            if prepared not in there:
                cursor.execute(f'CREATE DATABASE "{unfinished}"')
        if prepared not in there:
            _migrate(connection, unfinished)
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{prepared}"')
                # A template that somebody is connected to cannot be copied.
                cursor.execute(f'ALTER DATABASE "{prepared}" ALLOW_CONNECTIONS false')
    connection.prepared = connection.settings_dict["TEST"]["TEMPLATE"] = prepared


def _make_on_server(connection: Any, *, template: str) -> None:
    name = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        # Threads that are connected still are cut off.
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


# --- Both ----------------------------------------------------------------------------------------


def _migrate(connection: Any, name: str) -> None:
    connection.close()
    own = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        call_command(
            "migrate",
            verbosity=0,
            interactive=False,
            database=connection.alias,
            run_syncdb=True,
        )
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


@contextmanager
def _alone() -> Iterator[None]:
    """Let the processes of this checkout go on one after the other."""
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    with (Path(settings.DATA_DIR) / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
