"""Runs of the worker: a share at a time, with how far each is, gone on with after a kill."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import (
    DEFAULT_DB_ALIAS,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.models import Q, QuerySet

from downloads.models.runs import SILENCE, Run

logger = logging.getLogger(__name__)

# Beside reconciliation and imports: what shops send waits for none of them.
QUEUE = "platforms"
# One task's share, so that others have their turn.
SHARE_SECONDS = 20
# The pause behind a step as a multiple of the time for which it wrote. SQLite has one writer, whom
# buyers wait for: they find it free most of the time.
PAUSES = {"sqlite": 4.0, "postgresql": 0.5}
LONGEST_PAUSE_SECONDS = 1.0
TRIES = 5

# Does a step of a run and yields the seconds for which it wrote; at its end nothing is left.
Steps = Iterator[float]


def reading_first(step: Callable[[], None]) -> None:
    """Do a step, a transaction that reads before it writes, and lock for its writes alone.

    Else SQLite's one writer has others wait from its beginning on. Where somebody wrote between the
    two, SQLite refuses what was read before, and nothing of the step is done: it is tried again,
    and at last with the lock from its beginning.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "sqlite":
        return step()
    mode = database.transaction_mode
    for _try in range(TRIES):
        database.transaction_mode = "DEFERRED"
        try:
            return step()
        except OperationalError:
            continue
        finally:
            database.transaction_mode = mode
    return step()


class Stopped(Exception):
    """What a run cannot go on with, in words for whoever began it."""


class Worked(NamedTuple):
    """Whether a run is over, and what stopped it."""

    is_over: bool
    fault: str = ""


def work(run: Run, steps: Steps, *, enqueue: Callable[[Any], object]) -> Worked:
    """Do steps of a run for about `SHARE_SECONDS`, and have the next share done.

    A run that is under way no longer ends by itself.

    Raises:
        OperationalError, InterfaceError: an outage. What is done is saved; the run is found to be
            cut off, and goes on.
    """
    try:
        return _work(run, steps, enqueue)
    except Stopped as error:
        return Worked(is_over=False, fault=str(error))
    except (OperationalError, InterfaceError):
        raise
    # Else it would end without a word to whoever waits for it.
    except Exception as error:
        logger.exception("Run %s of %s failed", run.pk, run._meta.label)
        return Worked(is_over=False, fault=type(error).__name__)


def _work(run: Run, steps: Steps, enqueue: Callable[[Any], object]) -> Worked:
    end = time.monotonic() + SHARE_SECONDS
    for seconds in steps:
        if not run.is_running:
            return Worked(is_over=False)
        if time.monotonic() > end:
            enqueue(run.pk)
            return Worked(is_over=False)
        # Buyers' clicks and what shops send come in between.
        time.sleep(min(PAUSES[connection.vendor] * seconds, LONGEST_PAUSE_SECONDS))
    return Worked(is_over=run.is_running)


def under_way(model: type[Run]) -> QuerySet[Any]:
    """Return the runs of a kind that go on, or should."""
    rows: QuerySet[Any] = model._default_manager.all()
    return rows.filter(state__in=model.UNDER_WAY)


def resume(run: Run, *, state: str, at: datetime, enqueue: Callable[[Any], object]) -> bool:
    """Let a run go on in a state that was cut off or stopped; say whether that was so."""
    rows: QuerySet[Any] = type(run)._default_manager.filter(pk=run.pk, moved_at=run.moved_at)
    if not (run.is_cut_off(at) or run.state == run.FAILED):
        return False
    try:
        with transaction.atomic():
            if not rows.update(state=state, fault="", moved_at=at, ended_at=None):
                return False
            transaction.on_commit(partial(enqueue, run.pk))
    except IntegrityError:
        return False  # another one has begun since
    return True


def cut_off(model: type[Run], at: datetime) -> QuerySet[Any]:
    """Return the runs of a kind that ended without a word."""
    return under_way(model).filter(Q(moved_at__lte=at - SILENCE))


def end(run: Run, state: str, *, at: datetime, fault: str = "") -> bool:
    """End a run that is under way; say whether it was."""
    ended = under_way(type(run)).filter(pk=run.pk)
    return bool(ended.update(state=state, fault=fault, moved_at=at, ended_at=at))
