"""One spent download each, open for its own retries and resumes."""

from datetime import datetime

from django.conf import settings
from django.db import models

from downloads.errors import Unavailable
from downloads.models.grants import Grant

# A link's size is what a merchant says of it: the calendar must hold the end of its window.
MAX_WINDOW_SECONDS = 365 * 24 * 60 * 60


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def of_click(self, grant: Grant, nonce: str) -> "Delivery | None":
        """Return what this click opened, or None if it opened nothing yet."""
        return self.filter(grant=grant, nonce=nonce).first()


class Delivery(models.Model):
    """What one click opened: until `closes_at` the same nonce rides on it for free."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="deliveries")
    nonce = models.CharField(max_length=43)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_at", "-id")
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=("grant", "nonce"), name="delivery_is_one_per_grant_and_click"
            ),
        ]

    def __str__(self) -> str:
        return f"Download of {self.opened_at:%Y-%m-%d %H:%M}"


def window_seconds(size_bytes: int | None) -> float:
    """Return how long a click stays open: the time a slow line needs for that many bytes.

    Source: CONTRACTS, "What counts as a download", 2.
    """
    slow = (size_bytes or 0) / settings.DELIVERY_BYTES_PER_SECOND
    return min(max(settings.DELIVERY_WINDOW_SECONDS, slow), MAX_WINDOW_SECONDS)


def refusal_of_click(
    grant: Grant, delivery: Delivery | None, *, valid_until: datetime, at: datetime
) -> str | None:
    """Return why a click gets nothing, a constant of `Unavailable`, or None.

    `delivery` is what the click opened before, `valid_until` the end of its address. A Delivery
    still open outlives its address, so that a slow line can finish; the right itself is asked at
    every request. Source: CONTRACTS, "What counts as a download".
    """
    refusal = grant.refusal_of_right(at)
    if refusal is not None:
        return refusal
    if delivery is not None and at < delivery.closes_at:
        return None
    if at >= valid_until:
        return Unavailable.LINK_PAST
    if grant.remaining == 0:
        return Unavailable.USED_UP
    return None if delivery is None else Unavailable.CLICK_OVER
