"""Queries of the worker's heartbeats: whether it lives, and what it fails at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from downloads.models import Heartbeat


@dataclass(frozen=True)
class WorkerState:
    """The worker as its heartbeats tell: `since` is the last one, None if there never was one.

    `failing` names what it cannot do, since `failing_since`; it is empty of a silent worker.
    """

    since: datetime | None
    is_silent: bool
    failing: str = ""
    failing_since: datetime | None = None


def worker_seen_at() -> datetime | None:
    """Return when any process of the worker was last seen."""
    return Heartbeat.objects.aggregate(seen_at=Max("seen_at"))["seen_at"]


def worker_state(*, at: datetime) -> WorkerState:
    """Return how the worker is; it counts as silent past `WORKER_SILENT_SECONDS`."""
    since = worker_seen_at()
    earliest = at - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    if since is None or since < earliest:
        return WorkerState(since, is_silent=True)
    row = Heartbeat.objects.failing(earliest).first()
    if row is None:
        return WorkerState(since, is_silent=False)
    return WorkerState(since, False, failing=row.failing, failing_since=row.failing_since)
