"""The ledger beside the counters: what happened to each download, when, and by whom.

It explains a counter and never is one: the oldest lines can be pruned and no limit moves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models.deliveries import Delivery
from downloads.models.grants import Grant

USER_AGENT_MAX_LENGTH = 200
# No transaction of ours stays open for so long.
COMMITS_LATE = timedelta(minutes=10)
NEWS_DAYS = 3


@dataclass(frozen=True)
class Visitor:
    """Whose request it was: the keyed hash of an address, and what their program calls itself."""

    address_hash: str = ""
    user_agent: str = ""


NOBODY = Visitor()


class DownloadEventQuerySet(models.QuerySet["DownloadEvent"]):
    def before(self, at: datetime) -> "DownloadEventQuerySet":
        """Return what may be pruned at a cut-off: all earlier lines but the sums of such."""
        return self.filter(at__lt=at).exclude(kind=DownloadEvent.Kind.CARRIED)

    def past_retention(self, at: datetime) -> "DownloadEventQuerySet":
        """Return the lines older than `LEDGER_RETENTION_DAYS`: to become a sum per grant."""
        return self.before(at - timedelta(days=settings.LEDGER_RETENTION_DAYS))

    def that_used_up(self, at: datetime) -> "DownloadEventQuerySet":
        """Return the lines of downloads that would hold at `at`, had they not been used up."""
        exhausted = Grant.objects.permitted(at).filter(
            bought__isnull=False, used__gte=F("bought") - F("canceled")
        )
        return self.filter(kind=DownloadEvent.Kind.CHARGED, grant__in=exhausted.values("pk"))


class DownloadEvent(models.Model):
    """One line of the ledger. `downloads` is what the grant's counter moved by, signed.

    So a counter is the sum of its lines: 1 for each charge, less what was given back.
    `sent_bytes` is null where no bytes are concerned; a served line grows with its Delivery.
    `address_hash` and `user_agent` are empty for what no visitor did, and once a buyer is erased.
    """

    shop_path = "grant__order__shop"

    class Kind(models.TextChoices):
        CHARGED = "charged", _("counted")
        RELEASED = "released", _("given back")
        SERVED = "served", _("sent")
        REFUSED = "refused", _("refused")
        CARRIED = "carried", _("earlier, in sum")

    class Reason(models.TextChoices):
        """Why a download was given back, or counts again."""

        STORAGE = "storage", _("the file could not be read")
        BARELY_BEGUN = "barely_begun", _("it had barely begun")
        RESET = "reset", _("reset by the shop")
        RETAKEN = "retaken", _("the reset was taken back")

    grant = models.ForeignKey(
        Grant,
        on_delete=models.CASCADE,
        related_name="events",
        db_index=False,
        verbose_name=_("download"),
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, related_name="events"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    downloads = models.IntegerField(default=0)
    sent_bytes = models.PositiveBigIntegerField(null=True)
    reason = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    address_hash = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=USER_AGENT_MAX_LENGTH, blank=True)

    objects = DownloadEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering = ("-at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="charged", downloads=1)
                | Q(kind="released", downloads__lt=0)
                | Q(kind__in=("served", "refused"), downloads=0)
                | Q(kind="carried"),
                name="event_moves_the_count_as_its_kind_says",
            ),
            models.UniqueConstraint(
                fields=("delivery",),
                condition=Q(kind="served"),
                name="event_of_bytes_served_is_one_per_delivery",
            ),
        ]
        indexes = [
            models.Index(fields=("grant", "at"), name="event_by_grant"),
            models.Index(fields=("at",), name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @staticmethod
    def news_window(told_at: datetime | None, at: datetime) -> tuple[datetime, datetime]:
        """Return since when and until when lines are news at `at`, told last at `told_at`.

        What commits late is not passed over, nor what is older than `NEWS_DAYS` looked through.
        """
        earliest = at - timedelta(days=NEWS_DAYS)
        return max(told_at or earliest, earliest) - COMMITS_LATE, at - COMMITS_LATE
