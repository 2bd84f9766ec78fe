"""Runs that give a file to past orders: how far each has come."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.models import Asset, Shop
from downloads.models.runs import Run


class Backfill(Run):
    """One run over the orders that lack an asset which is attached to what they bought.

    `last_order` is saved with the orders before it, in one transaction: a run that was cut off goes
    on behind it. `total`, `done` and `given` count purchases, which are lines of orders.
    """

    shop_path = "shop"

    class State(models.TextChoices):
        RUNNING = "running", gettext_lazy("Under way")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Stopped")

    UNDER_WAY = (State.RUNNING,)

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="backfills")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)
    mails = models.PositiveIntegerField(default=0)
    last_order = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("asset",),
                condition=models.Q(state="running"),
                name="backfill_runs_once_per_asset",
            )
        ]

    def __str__(self) -> str:
        return _("{asset} for past orders").format(asset=self.asset)
