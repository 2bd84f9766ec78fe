"""Runs that give a file to past orders: how far each has come."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from downloads.models import Asset, Shop

# A run says that it goes on every few seconds; one that says nothing for so long was cut off.
SILENCE = timedelta(minutes=2)


class Backfill(models.Model):
    """One run over the orders that lack an asset which is attached to what they bought.

    `last_order` is saved with the orders before it, in one transaction: a run that was cut off goes
    on behind it. `total`, `done` and `given` count purchases, which are lines of orders.
    """

    shop_path = "shop"

    class State(models.TextChoices):
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="backfills")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)
    mails = models.PositiveIntegerField(default=0)
    last_order = models.BigIntegerField(default=0)
    fault = models.TextField(blank=True)
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

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
        return f"{self.asset} for past orders"

    @property
    def is_running(self) -> bool:
        """Whether it goes on, or should."""
        return self.state == self.State.RUNNING

    def is_cut_off(self, at: datetime) -> bool:
        """Say whether it ended without a word: with its worker, perhaps."""
        return self.is_running and self.moved_at <= at - SILENCE
