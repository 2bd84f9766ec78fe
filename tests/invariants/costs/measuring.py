"""Measure one request inside this process: function calls, statements, round trips. No time.

The application is the one that is served, called as its server calls it.
"""

import gc
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.db import connection

from tests.invariants.costs.wire import CountingProxy, Counts

WARM_UPS = 5
# The least of so many: a minute may begin in between, and its count with it.
TIMES = 2
CALLS = ("call", "c_call")


@dataclass(frozen=True)
class Sent:
    """One request."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200

    @property
    def environ(self) -> dict[str, Any]:
        """The request as a server hands it over."""
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(self.body),
        }
        if self.body:
            environ["CONTENT_LENGTH"] = str(len(self.body))
        for name, value in self.headers.items():
            plain = name.upper().replace("-", "_")
            environ[plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"] = value
        setup_testing_defaults(environ)
        return environ


@dataclass(frozen=True)
class Cost:
    """What one request costs. `trips` are null where the database is in the process."""

    calls: int
    statements: int
    trips: int | None
    cache_trips: int | None = None


def measure(
    application: Any,
    fresh: Callable[[], Sent],
    *,
    database: CountingProxy | None = None,
    cache: CountingProxy | None = None,
) -> Cost:
    """Return what a request costs once the process is warm, the least of some.

    `fresh` makes the request anew. `database` and `cache` are the proxies they are asked through.
    """
    for _ in range(WARM_UPS):
        ask(application, fresh())
    costs = [_measured(application, fresh(), database, cache) for _ in range(TIMES)]
    return Cost(
        *(
            None if None in found else min(found)  # type: ignore[type-var]
            for found in zip(*(vars(cost).values() for cost in costs), strict=True)
        )
    )


def _measured(
    application: Any, sent: Sent, database: CountingProxy | None, cache: CountingProxy | None
) -> Cost:
    before = [proxy and proxy.counts for proxy in (database, cache)]
    with nullcontext([]) if database else _traced() as statements:
        calls = _calls(lambda: ask(application, sent))
    counts = [
        proxy.counts.since(earlier or Counts()) if proxy else None
        for proxy, earlier in zip((database, cache), before, strict=True)
    ]
    asked, cached = counts
    return Cost(
        calls,
        asked.statements if asked else len(statements),
        asked and asked.trips,
        cached and cached.trips,
    )


@contextmanager
def _traced() -> Iterator[list[str]]:
    """Yield a list of what SQLite is told meanwhile."""
    connection.ensure_connection()
    line: Any = connection.connection
    statements: list[str] = []
    line.set_trace_callback(statements.append)
    yield statements
    line.set_trace_callback(None)


def _calls(function: Callable[[], object]) -> int:
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in CALLS

    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def ask(application: Any, sent: Sent) -> bytes:
    """Ask the application, and read its answer to the end.

    Raises:
        ValueError: it answers with another status.
    """
    begun: list[str] = []
    answer = application(sent.environ, lambda status, headers, *_: begun.append(status))
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    if not begun[0].startswith(str(sent.status)):
        raise ValueError(f"{begun[0]} for {sent.path}: {body[:500]!r}")
    return body
