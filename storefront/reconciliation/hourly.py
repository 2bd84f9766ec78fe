"""The hourly reconciliation: a worker asks each shop's platform for what changed since.

First it looks whether the webhooks are still there, and registers again those that are not. The
names of its task stand in the rows of the queue, which are also how it is known what was begun: the
release before, and the one after, look there.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_tasks import task
from django_tasks_db import DatabaseBackend

from storefront.connections.checks import look
from storefront.models import PlatformAccess
from storefront.reconciliation.busy import busy
from storefront.reconciling import QUEUE, reconcile_in_background

# So many are begun in one round; the others in the next.
AT_ONCE = 50


def begin_due(*, at: datetime) -> list[int]:
    """Begin the run of each access that was not asked for `RECONCILE_MINUTES`; return which.

    Never of one whose platform is being asked just now. None where the queue is not in our own
    database.
    """
    is_ours = isinstance(reconcile_hourly.get_backend(), DatabaseBackend)
    if not settings.RECONCILE_MINUTES or not is_ours:
        return []
    waiting = _due(at).order_by(F("last_run_at").asc(nulls_first=True), "pk")
    due = waiting.exclude(pk__in=busy(at)).values_list("pk", flat=True)[:AT_ONCE]
    return [access_id for access_id in due if _begin(access_id, at)]


@task(queue_name=QUEUE)
def reconcile_hourly(access_id: int) -> str:
    """Look after the webhooks, and do the first share of a run; the others follow as of any."""
    access = PlatformAccess.objects.select_related("shop").filter(pk=access_id).first()
    if access is None:
        return "The access was deleted."
    look(access, at=timezone.now())
    return reconcile_in_background.call(access_id)


@transaction.atomic
def _begin(access_id: int, at: datetime) -> bool:
    """Enqueue a run, unless another worker has done so, or another run ended, meanwhile."""
    locked = _due(at).select_for_update(of=("self",)).filter(pk=access_id)
    if locked.first() is None or access_id in busy(at):
        return False
    reconcile_hourly.enqueue(access_id)
    return True


def _due(at: datetime) -> QuerySet[PlatformAccess]:
    ago = at - timedelta(minutes=settings.RECONCILE_MINUTES)
    return PlatformAccess.objects.filter(Q(last_run_at=None) | Q(last_run_at__lte=ago))
