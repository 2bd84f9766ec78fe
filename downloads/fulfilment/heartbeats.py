"""Worker heartbeats: one row per process, renewed while it lives."""

from datetime import datetime

from downloads.models import Heartbeat
from downloads.models.heartbeats import FAILING_LENGTH


def beat(
    worker: str, *, at: datetime, failing: str = "", failing_since: datetime | None = None
) -> None:
    """Note that a process of the worker lives, and what it fails at."""
    values = {
        "seen_at": at,
        "failing": failing[:FAILING_LENGTH],
        "failing_since": failing_since if failing else None,
    }
    if Heartbeat.objects.filter(worker=worker).update(**values):
        return
    Heartbeat.objects.update_or_create(worker=worker, defaults=values)
