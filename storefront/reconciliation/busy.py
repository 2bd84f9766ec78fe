"""Which platforms are asked just now, or are about to be: read from the rows of the queue."""

from datetime import datetime, timedelta

from django.db.models import Q
from django_tasks_db.models import DBTaskResult

# A share takes seconds, and one that waits for a platform minutes: what began before was cut off.
LONGEST_SHARE = timedelta(hours=1)
# The names of the tasks that ask a shop's whole platform.
RUNS = (
    "storefront.reconciling.reconcile_in_background",
    "storefront.reconciliation.daily.reconcile_daily",
    "storefront.reconciliation.hourly.reconcile_hourly",
)


def busy(at: datetime, *, begun: Q | None = None) -> set[int]:
    """Return the accesses whose platform is asked now; also those of rows that were `begun`."""
    rows = DBTaskResult.objects.filter(task_path__in=RUNS)
    is_on = Q(pk__in=rows.ready().values("pk"))
    is_on |= Q(pk__in=rows.running().filter(started_at__gt=at - LONGEST_SHARE).values("pk"))
    found = rows.filter(is_on if begun is None else is_on | begun)
    return {row["args"][0] for row in found.values_list("args_kwargs", flat=True)}
