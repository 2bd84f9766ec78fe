"""Queries of the worker's heartbeats: whether it lives, and what it fails at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q

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
    """Return how the worker is; it counts as silent past `WORKER_SILENT_SECONDS`. One query."""
    earliest = at - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    newest = Heartbeat.objects.order_by("-seen_at", "-pk").values("pk")[:1]
    rows = list(Heartbeat.objects.filter(Q(seen_at__gte=earliest) | Q(pk__in=newest)))
    since = max((row.seen_at for row in rows), default=None)
    if since is None or since < earliest:
        return WorkerState(since, is_silent=True)
    failing = [(row.failing_since or since, row.pk, row.failing) for row in rows if row.failing]
    if not failing:
        return WorkerState(since, is_silent=False)
    failing_since, _pk, words = min(failing)
    return WorkerState(since, False, failing=words, failing_since=failing_since)
