"""Detection of pending migrations: a database that is behind the code is not worked with.

The database is asked when a process starts, and when the database misses a table or a column;
then again, once in a while, until nothing is left to run. Otherwise it is not asked: it costs no
query in a database that is as the code needs it.
"""

import logging
import re
import threading
import time

from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

logger = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 1.0
PENDING = "The database is behind the code: run manage.py migrate"
MEANWHILE = "until then every request is answered 503, and the worker waits"
DONE = "The database is as the code needs it: requests are answered, and the worker works"

# SQLite tells the kind of an error in its words alone.
_MISSING_IN_SQLITE = re.compile(r"no such (table|column)|has no column named")
_MISSING_IN_POSTGRESQL = {"42P01", "42703"}  # undefined_table, undefined_column


def has_pending_migrations(connection: BaseDatabaseWrapper) -> bool:
    """Say whether `manage.py migrate` has anything to run, of ours or of a package.

    Raises:
        django.db.Error: the database cannot be asked.
    """
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def is_of_the_schema(error: BaseException | None) -> bool:
    """Say whether a database error is a missing table or column."""
    if isinstance(error, ProgrammingError):
        return getattr(error.__cause__, "sqlstate", None) in _MISSING_IN_POSTGRESQL
    return isinstance(error, OperationalError) and bool(_MISSING_IN_SQLITE.search(str(error)))


class PendingMigrations:
    """Cached state of pending migrations, for this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._are_there = False
        self._check_at = 0.0

    def check_at_start(self) -> None:
        """Check before the first request, and leave no connection behind: a process may fork."""
        self.reopen()
        try:
            self.are_there()
        finally:
            connection.close()

    def reopen(self) -> None:
        """Have the next caller check the database."""
        self._check_at = 0.0
        self._is_open = True

    def are_there(self) -> bool:
        """Say whether migrations are pending; no query unless that is in question."""
        if not self._is_open:
            return False
        # One asks. The others wait for it the first time alone: the database may be slow, or gone.
        if self._lock.acquire(blocking=not self._check_at):
            try:
                if time.monotonic() >= self._check_at:
                    self._check()
            finally:
                self._lock.release()
        return self._are_there

    def explain(self, error: BaseException | None) -> bool:
        """Say whether pending migrations are why the database failed."""
        if not is_of_the_schema(error):
            return False
        with self._lock:
            if not self._are_there:
                self._check()
            return self._are_there

    def _check(self) -> None:
        try:
            are_there = has_pending_migrations(connection)
        # Nobody knows. That it is gone each door tells by itself.
        except (DatabaseError, InterfaceError):
            self._check_at = time.monotonic() + ASK_AGAIN_SECONDS
            return
        if are_there != self._are_there:
            if are_there:
                logger.error("%s; %s", PENDING, MEANWHILE)
            else:
                logger.warning(DONE)
        self._check_at = time.monotonic() + ASK_AGAIN_SECONDS
        self._are_there = self._is_open = are_there


pending_migrations = PendingMigrations()
