"""One spent download each, open for its own retries and resumes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.errors import Unavailable
from downloads.models.catalog import Asset
from downloads.models.grants import Grant
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import Slot

# A link's size is what a merchant says of it: the calendar must hold the end of its window.
MAX_WINDOW_SECONDS = 365 * 24 * 60 * 60
# What a download that has barely begun has sent of its file, at most.
BARELY_BEGUN_PERCENT = 1
# No answer goes on for so long after its click's window; one cut off with its process seems to.
LONGEST_ANSWER = timedelta(days=30)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def of_click(self, grant: Grant, nonce: str) -> "Delivery | None":
        """Return what this click opened, with the grant given, or None if nothing yet."""
        delivery: Delivery | None = _OF_CLICK.first(grant=grant.pk, nonce=nonce)
        if delivery is not None:
            delivery.grant = grant
        return delivery

    def within_budget(self, sizes: int | Slot | None = None) -> "DeliveryQuerySet":
        """Return those that may still send bytes; a link's has no bytes to send.

        `sizes` is `DELIVERY_BUDGET_SIZES`, or stands for it in SQL that is kept.
        """
        budget = F("size_bytes") * (settings.DELIVERY_BUDGET_SIZES if sizes is None else sizes)
        return self.filter(Q(size_bytes__isnull=True) | Q(sent_bytes__lt=budget))

    def barely_begun(self) -> "DeliveryQuerySet":
        """Return those of files that have sent next to nothing: under 1 % and under 64 KiB."""
        return self.filter(has_barely_begun(), is_kept=False)

    def to_weigh(self, at: datetime) -> "DeliveryQuerySet":
        """Return those of files whose window has ended and that nobody has judged since."""
        return self.filter(is_kept=False, size_bytes__isnull=False, closes_at__lte=at)

    def past_retention(self, at: datetime) -> "DeliveryQuerySet":
        """Return those whose window and address ended `DELIVERY_RETENTION_DAYS` ago or more.

        From the end of both on, a click is refused in the same words with its Delivery or without.
        """
        end = at - timedelta(days=settings.DELIVERY_RETENTION_DAYS)
        # Those opened by older code do not say when their address ends.
        opened = end - timedelta(seconds=settings.DOWNLOAD_URL_SECONDS)
        address_is_over = Q(valid_until__lt=end) | Q(valid_until=None, opened_at__lt=opened)
        is_silent = Q(streams=0) | Q(closes_at__lt=at - LONGEST_ANSWER)
        return self.filter(address_is_over, is_silent, closes_at__lt=end)


class Delivery(models.Model):
    """What one click opened: until `closes_at`, within its budget, the same nonce rides for free.

    `valid_until` is the end of the click's address; null where older code opened it.
    `sha256` and `size_bytes` are the file's version it belongs to; of a link empty and null. Once
    that one is replaced it can begin another (`is_renewed`: with a window and budget anew, which
    it gets once). `sent_bytes` counts all answers of this version: as sent when we stream, as
    asked for behind nginx. `streams` are answers under way; one cut off with its process is never
    taken off again. `is_kept` says that the download stays spent, whatever was sent.
    """

    shop_path = "grant__order__shop"

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="deliveries")
    nonce = models.CharField(max_length=43)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    size_bytes = models.PositiveBigIntegerField(null=True)
    sent_bytes = models.PositiveBigIntegerField(default=0)
    streams = models.PositiveIntegerField(default=0)
    is_kept = models.BooleanField(default=False)
    is_renewed = models.BooleanField(default=False, db_default=False, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("-opened_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("grant", "nonce"), name="delivery_is_one_per_grant_and_click"
            ),
        ]
        indexes = [
            models.Index(
                fields=("closes_at",),
                condition=Q(is_kept=False, size_bytes__isnull=False),
                name="delivery_to_weigh",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Download of {moment}").format(
            moment=f"{timezone.localtime(self.opened_at):%Y-%m-%d %H:%M}"
        )

    def is_open(self, at: datetime) -> bool:
        """Say whether its click may still ride on it: within its window and its budget."""
        return at < self.closes_at and is_within_budget(self.sent_bytes, self.size_bytes)

    def is_of(self, asset: Asset) -> bool:
        """Say whether it belongs to what this asset is now, not to something replaced since."""
        if self.size_bytes is None or asset.kind == Asset.LINK:
            return self.size_bytes == bytes_to_deliver(asset)
        # Those opened by older code remember a size alone.
        if not self.sha256:
            return self.size_bytes == asset.size_bytes
        return self.sha256 == asset.sha256


def has_barely_begun() -> Q:
    """Return the condition that next to nothing was sent of a file; false for a link."""
    return Q(
        sent_bytes__lt=settings.GIVE_BACK_BYTES,
        size_bytes__gt=F("sent_bytes") * (100 // BARELY_BEGUN_PERCENT),
    )


_GRANT_OF_CLICK = PreparedQuery(
    lambda: (
        Grant.objects.with_rights()
        .select_related("order__shop")
        .filter(pk=Slot("number", models.BigAutoField()))
        .order_by()
    )
)
_OF_CLICK = PreparedQuery(
    lambda: Delivery.objects.filter(
        grant=Slot("grant", models.BigAutoField()), nonce=Slot("nonce", models.CharField())
    ).order_by()
)


@dataclass(frozen=True)
class SeenClick:
    """What a click had opened when its grant was read: null for nothing yet."""

    nonce: str
    delivery: Delivery | None


def grant_with_click(number: int, nonce: str) -> Grant | None:
    """Return a grant with order, asset and what a click opened of it, or None. One round trip."""
    grants, deliveries = fetch(
        _GRANT_OF_CLICK.given(number=number), _OF_CLICK.given(grant=number, nonce=nonce)
    )
    if not grants:
        return None
    grant: Grant = grants[0]
    delivery: Delivery | None = deliveries[0] if deliveries else None
    if delivery is not None:
        delivery.grant = grant
    grant.seen_click = SeenClick(nonce, delivery)
    return grant


def opened_by_click(grant: Grant, nonce: str) -> Delivery | None:
    """Return what a click opened, as it was read with its grant; else it is asked for now."""
    seen = grant.seen_click
    if isinstance(seen, SeenClick) and seen.nonce == nonce:
        return seen.delivery
    return Delivery.objects.of_click(grant, nonce)


def is_within_budget(sent_bytes: int, size_bytes: int | None) -> bool:
    """Say what `within_budget` says in SQL, of a row in memory."""
    return size_bytes is None or sent_bytes < size_bytes * settings.DELIVERY_BUDGET_SIZES


def window_seconds(size_bytes: int | None) -> float:
    """Return how long a click stays open: the time a slow line needs for that many bytes.

    Source: CONTRACTS, "What counts as a download", 2.
    """
    slow = (size_bytes or 0) / settings.DELIVERY_BYTES_PER_SECOND
    return min(max(settings.DELIVERY_WINDOW_SECONDS, slow), MAX_WINDOW_SECONDS)


def bytes_to_deliver(asset: Asset) -> int | None:
    """Return how many bytes a download of this asset sends; null for a link, which sends none."""
    return asset.size_bytes if asset.kind == Asset.FILE else None


def version_of(asset: Asset) -> tuple[str, int | None]:
    """Return SHA-256 and size in bytes of what an asset is now; of a link empty and null."""
    return (asset.sha256 if asset.kind == Asset.FILE else ""), bytes_to_deliver(asset)


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
    if delivery is not None and delivery.is_open(at):
        return None
    if at >= valid_until:
        return Unavailable.LINK_PAST
    if grant.remaining == 0:
        return Unavailable.USED_UP
    return None if delivery is None else Unavailable.CLICK_OVER
