"""Signs of life of the worker's processes."""

from datetime import datetime, timedelta

from django.db import models

from downloads.tenancy import INSTALLATION

WORKER_LENGTH = 64
FAILING_LENGTH = 500
# Of processes that are gone only the newest row tells anything.
KEPT = timedelta(days=1)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def past_retention(self, at: datetime) -> "HeartbeatQuerySet":
        """Return those of processes silent for more than a day; the newest of all stays."""
        newest = self.model.objects.order_by("-seen_at", "-pk").values("pk")[:1]
        return self.filter(seen_at__lt=at - KEPT).exclude(pk__in=newest)


class Heartbeat(models.Model):
    """When a process of the worker was last seen, and what it fails at.

    `worker` is the process's own name, another one at each start. `failing` names what it cannot
    do, by kinds of error alone: what an error says may be a secret, or a buyer's address.
    """

    shop_path = INSTALLATION

    worker = models.CharField(max_length=WORKER_LENGTH, unique=True)
    seen_at = models.DateTimeField(db_index=True)
    failing = models.CharField(max_length=FAILING_LENGTH, blank=True)
    failing_since = models.DateTimeField(null=True)

    objects = HeartbeatQuerySet.as_manager()
