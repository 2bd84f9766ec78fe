"""Rows of a file gathered by order, on disk: an order's rows may stand anywhere in it."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

# More than any order has. What has more is refused, and not held in memory.
MOST_ROWS = 10_000


class Kept(NamedTuple):
    """A row as it is kept: `text` is what stood there, in JSON. `name` is the row's own, if any."""

    line: int
    key: str
    text: str
    name: str | None = None
    problem: str = ""


class Groups(AbstractContextManager["Groups"]):
    """A temporary database that no other process sees, gone with its process at the latest."""

    def __init__(self, rows: Iterable[Kept]) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE kept (line, key, text, name, problem)")
        self._database.executemany("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", rows)
        self._database.execute("CREATE INDEX by_name ON kept (name) WHERE name IS NOT NULL")
        # A row under another row belongs where that one does.
        self._database.execute(
            "UPDATE kept SET key = upper.key FROM (SELECT name, key FROM kept WHERE name <> key)"
            " AS upper WHERE kept.key = upper.name"
        )
        self._database.execute("CREATE INDEX by_key ON kept (key, line)")
        self._database.execute(
            "CREATE TABLE first AS SELECT key, min(line) AS line FROM kept GROUP BY key ORDER BY 2"
        )
        self.count: int = self._database.execute("SELECT count(*) FROM first").fetchone()[0]

    def __iter__(self) -> Iterator[list[Kept]]:
        """Yield the rows of each order, in the order of their first lines.

        Of an order with more than `MOST_ROWS` one more than that.
        """
        for (key,) in self._database.execute("SELECT key FROM first ORDER BY rowid"):
            rows = self._database.execute(
                "SELECT line, key, text, name, problem FROM kept WHERE key = ? ORDER BY line"
                " LIMIT ?",
                (key, MOST_ROWS + 1),
            )
            yield [Kept(*row) for row in rows]

    def __exit__(self, *error: object) -> None:
        self._database.close()
