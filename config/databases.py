"""Database options (SQLite WAL, timeouts) that keep concurrent downloads correct."""

from pathlib import Path
from typing import Any

# SQLite answers most concurrent writes with "database is locked" unless a writer takes its lock
# at BEGIN (IMMEDIATE) and waits for it (timeout); readers go on beside it in WAL mode.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
}
# No statement of ours runs for so long that compiling it pays: on a list of a million orders that
# alone took half a second and more. What stands before a pooler may refuse to be told.
NO_COMPILER = "-c jit=off"
# How often a statement must come before its plan is kept without being asked for: never. The ORM's
# others differ each time, and would push ours out.
ONLY_WHERE_ASKED = 2**31 - 1


def opened(
    database: dict[str, Any], *, tests_in: Path, patience_seconds: int, prepares: bool
) -> dict[str, Any]:
    """Return Django's settings of a database with the options it needs. Its own come first."""
    options = database.get("OPTIONS", {})
    if database["ENGINE"].endswith("sqlite3"):
        # Threads cannot share a database in memory: tests that race need a file.
        of_tests = {"NAME": str(tests_in / "test.sqlite3")}
        return database | {"OPTIONS": SQLITE_OPTIONS | options, "TEST": of_tests}
    # A server that is gone is noticed, not waited for: no answer to a connection, or to a packet.
    silence = {"connect_timeout": patience_seconds, "tcp_user_timeout": patience_seconds * 1000}
    kept = {"prepare_threshold": ONLY_WHERE_ASKED, "options": NO_COMPILER} if prepares else {}
    return database | {"OPTIONS": silence | kept | options}
