"""Prepared statements of PostgreSQL, sent together by libpq's pipeline: one packet, one wait.

psycopg's own pipeline sends each statement by itself and waits for each, and makes a cursor for it:
a third of what a look-up cost, and the server is woken as often.
"""

import itertools
import re
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from psycopg._preparing import PrepareManager
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import (
    FeatureNotSupported,
    InvalidSqlStatementName,
    OperationalError,
    error_from_result,
)
from psycopg.generators import fetch_many, send
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

# As many as psycopg keeps of its own; what comes beyond goes by psycopg.
MOST_PLANS = 100
_PLACE = re.compile(r"(?<!%)%s")
Key = tuple[str, Any]


class OwnPlans(PrepareManager):
    """psycopg's own prepared statements, which it gives up by name.

    It has the server forget all there are when a transaction is rolled back, ours among them.
    """

    @classmethod
    def after(cls, manager: PrepareManager) -> "OwnPlans":
        """Return one that goes on where psycopg's has come to."""
        own = cls()
        own.__dict__.update(vars(manager))
        own._to_flush = deque(name for name in manager._to_flush if name is not None)
        return own

    def clear(self) -> bool:
        self._counts.clear()
        names = [*self._names.values()]
        self._names.clear()
        self._to_flush.extend(names)
        return bool(names)


class Filled(Protocol):
    """SQL with `%s` for each of its values."""

    @property
    def sql(self) -> str: ...
    @property
    def values(self) -> Sequence[Any]: ...


class Bound(NamedTuple):
    """A statement the server knows by name, and what it is run with."""

    key: Key
    name: bytes
    values: Sequence[Any]
    formats: Any


class KeptPlans:
    """The statements that the server at the end of one line keeps prepared."""

    def __init__(self, line: Any) -> None:
        self._line, self._pgconn = line, line.pgconn
        self._adapter = Transformer(line)
        line._prepared = OwnPlans.after(line._prepared)
        self._names: dict[Key, bytes] = {}
        self._numbers = itertools.count()

    @classmethod
    def of(cls, line: Any) -> "KeptPlans":
        """Return those of a line, as long as it lasts."""
        try:
            plans: KeptPlans = line.kept_plans
        except AttributeError:
            plans = line.kept_plans = cls(line)
        return plans

    def run(self, statements: Sequence[Filled]) -> list[tuple[list[Any], int]] | None:
        """Run these; return each one's rows and how many it touched. None: not by this way.

        Raises:
            psycopg.Error: the first that one of them ended with.
        """
        line = self._line
        if not line.autocommit and self._pgconn.transaction_status != TransactionStatus.INTRANS:
            # psycopg has yet to begin the transaction.
            return None
        with line.lock:
            plans = []
            for each in statements:
                plan = self._plan(each)
                if plan is None:
                    return None
                plans.append(plan)
            results = self._send(plans)
            return [self._read(*each) for each in zip(plans, results, strict=True)]

    def _plan(self, statement: Filled) -> Bound | None:
        adapter, values = self._adapter, statement.values
        given = adapter.dump_sequence(values, [PyFormat.AUTO] * len(values))
        key = statement.sql, adapter.types
        name = self._names.get(key)
        if name is None:
            if len(self._names) >= MOST_PLANS:
                return None
            name = self._prepare(*key)
        return Bound(key, name, given, adapter.formats)

    def _prepare(self, sql: str, types: Any) -> bytes:
        name = f"kept_{next(self._numbers)}".encode()
        result = self._pgconn.prepare(name, _for_server(sql), types)
        if result.status != ExecStatus.COMMAND_OK:
            raise self._error(result)
        self._names[sql, types] = name
        return name

    def _send(self, plans: Sequence[Bound]) -> list[Any]:
        pgconn = self._pgconn
        try:
            if len(plans) == 1:
                [plan] = plans
                pgconn.send_query_prepared(plan.name, plan.values, plan.formats)
                return self._line.wait(_result(pgconn))
            pgconn.enter_pipeline_mode()
            for plan in plans:
                pgconn.send_query_prepared(plan.name, plan.values, plan.formats)
            pgconn.pipeline_sync()
            results = self._line.wait(_results(pgconn, len(plans)))
            pgconn.exit_pipeline_mode()
        except BaseException:
            # Nobody knows what would come next on this line.
            self._line.close()
            raise
        return results

    def _read(self, plan: Bound, result: Any) -> tuple[list[Any], int]:
        if result.status == ExecStatus.TUPLES_OK:
            self._adapter.set_pgresult(result)
            return self._adapter.load_rows(0, result.ntuples, tuple), result.ntuples
        if result.status == ExecStatus.COMMAND_OK:
            return [], result.command_tuples or 0
        error = self._error(result)
        if isinstance(error, InvalidSqlStatementName):
            # Where one is gone, so are all.
            self._names.clear()
        elif isinstance(error, FeatureNotSupported):
            self._names.pop(plan.key, None)
        raise error

    def _error(self, result: Any) -> Exception:
        if self._pgconn.status == ConnStatus.BAD:
            return OperationalError(result.get_error_message())
        return error_from_result(result, encoding=self._pgconn._encoding)


def _result(pgconn: Any) -> Any:
    # Without a pipeline: its two ends would cost a lone statement a tenth of its CPU.
    yield from send(pgconn)
    return (yield from fetch_many(pgconn))


def _results(pgconn: Any, count: int) -> Any:
    yield from send(pgconn)
    results = []
    for _ in range(count):
        results += yield from fetch_many(pgconn)
    yield from fetch_many(pgconn)
    return results


@lru_cache(256)
def _for_server(sql: str) -> bytes:
    parts = _PLACE.split(sql)
    numbered = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], start=1)) + parts[-1]
    return numbered.replace("%%", "%").encode()
