"""Have whatever a plan answers answered by graphql-core too, and compare them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from graphql import execute_sync

from storefront.graphql_api.ahead import ReadyRequest

# Signed anew each time.
_SIGNED = re.compile(r"(/downloads/[0-9]+)/[^/]+/[^/\"]+/[^/\"]+")
# What counts trips would count those of both.
COUNTING = {"round_trips", "django_assert_num_queries", "django_assert_max_num_queries", "line"}
_run = ReadyRequest.run_planned


def text_of(data: object) -> str:
    """Return an answer's data byte for byte, but for what is signed anew."""
    return _SIGNED.sub(r"\1", json.dumps(data))


def run_twice(ready, caller):
    """Run a plan, and compare.

    Raises:
        AssertionError: the library says otherwise.
    """
    data = _run(ready, caller)
    if data is not None:
        with _unseen():
            result = execute_sync(
                ready.read.plan.schema,
                ready.read.document,
                context_value=caller,
                variable_values=ready.variables,
            )
        assert result.errors is None, result.errors
        assert text_of(data) == text_of(result.data)
    return data


@contextmanager
def _unseen() -> Iterator[None]:
    """Take what is asked meanwhile out of the log of queries."""
    log = connection.queries_log
    before = len(log)
    yield
    while len(log) > before:
        log.pop()
