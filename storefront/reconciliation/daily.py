"""The daily reconciliation: each shop's platform is asked once a day, without anybody's word.

The orders of the last `RECONCILE_DAYS` days are read anew, changed or not: some edits move no time.
The names of its task stand in the rows of the queue, which are also how it is known what was begun:
the release before, and the one after, look there.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_tasks import task
from django_tasks_db import DatabaseBackend

from storefront.models import PlatformAccess
from storefront.reconciliation.busy import busy
from storefront.reconciling import QUEUE, begin, reconcile_in_background

DAY = timedelta(days=1)


def begin_next(*, at: datetime) -> int | None:
    """Begin the daily run of the access that waits longest for it; return its number.

    One at a time, so that they are spread over the day; never one whose platform is being asked
    just now. Null where none is due, or where the queue is not in our own database.
    """
    is_ours = isinstance(reconcile_daily.get_backend(), DatabaseBackend)
    if not settings.RECONCILE_DAYS or not is_ours:
        return None
    waiting = PlatformAccess.objects.order_by(F("last_run_at").asc(nulls_first=True), "pk")
    due = waiting.exclude(pk__in=_busy(at)).values_list("pk", flat=True).first()
    return due if due is not None and _begin(due, at) else None


@task(queue_name=QUEUE)
def reconcile_daily(access_id: int) -> str:
    """Do the first share of a daily run; the others follow as those of any run."""
    access = PlatformAccess.objects.filter(pk=access_id).first()
    if access is None:
        return "The access was deleted."
    at = timezone.now()
    run = begin(access, at=at, placed_since=at - timedelta(days=settings.RECONCILE_DAYS))
    return reconcile_in_background.call(access_id, run.as_json())


@transaction.atomic
def _begin(access_id: int, at: datetime) -> bool:
    """Enqueue a daily run, unless another worker has done so meanwhile."""
    locked = PlatformAccess.objects.select_for_update().filter(pk=access_id)
    if locked.first() is None or access_id in _busy(at):
        return False
    reconcile_daily.enqueue(access_id)
    return True


def _busy(at: datetime) -> set[int]:
    """Return the accesses that are asked now, or whose daily run was begun within a day."""
    begun = Q(task_path=reconcile_daily.module_path, enqueued_at__gt=at - DAY)
    return busy(at, begun=begun)
