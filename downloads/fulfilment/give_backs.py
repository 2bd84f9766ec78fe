"""Give downloads back automatically: our own fault, or next to nothing was sent.

The Delivery goes with its download: the same click, asked again, is counted anew. Lock order:
Grant, then Delivery.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from downloads.fulfilment.ledger import enter_released
from downloads.models import Delivery, DownloadEvent, Grant
from downloads.models.deliveries import DeliveryQuerySet

WEIGHED_AT_ONCE = 500
# An answer may outlast its click's window, and says only now and then how far it is.
LAST_ANSWER = timedelta(hours=1)


def give_back_failed(grant: Grant, *, nonce: str, at: datetime) -> bool:
    """Give back a click's download whose file could not be read, however much was sent of it."""
    failed = Delivery.objects.filter(grant=grant, nonce=nonce, is_kept=False)
    return _give_back(failed, reason=DownloadEvent.Reason.STORAGE, at=at, limit=None)


def give_back_barely_begun(deliveries: DeliveryQuerySet, *, at: datetime) -> bool:
    """Give back the one Delivery in this set, if it has sent next to nothing.

    At most `GIVE_BACKS_PER_GRANT` times for each grant; false otherwise.
    """
    return _give_back(
        deliveries.barely_begun(),
        reason=DownloadEvent.Reason.BARELY_BEGUN,
        at=at,
        limit=settings.GIVE_BACKS_PER_GRANT,
    )


def weigh_deliveries(*, at: datetime) -> int:
    """Settle the Deliveries whose window has ended; return how many were given back.

    Here come those that ended without a word: cut off with their process, or never fetched.
    """
    ended = Delivery.objects.to_weigh(at).exclude(streams__gt=0, closes_at__gt=at - LAST_ANSWER)
    given_back = 0
    for number in (
        ended.barely_begun().order_by("pk").values_list("pk", flat=True)[:WEIGHED_AT_ONCE]
    ):
        this = ended.filter(pk=number)
        if give_back_barely_begun(this, at=at):
            given_back += 1
        else:
            this.update(is_kept=True)
    _keep(ended.exclude(pk__in=ended.barely_begun().values("pk")))
    return given_back


@transaction.atomic
def _keep(deliveries: DeliveryQuerySet) -> None:
    # Whoever writes some of them just now, a reset say, is not waited for: the next round is near.
    free = deliveries.select_for_update(skip_locked=True).order_by().values("pk")
    Delivery.objects.filter(pk__in=free).update(is_kept=True)


def _give_back(
    deliveries: DeliveryQuerySet, *, reason: str, at: datetime, limit: int | None
) -> bool:
    number = deliveries.values_list("grant", flat=True).first()
    if number is None:
        return False
    grants = Grant.objects.filter(pk=number, used__gt=0)
    counts = {"used": F("used") - 1, "updated_at": at}
    if limit is not None:
        grants = grants.filter(given_back__lt=limit)
        counts["given_back"] = F("given_back") + 1
    with transaction.atomic():
        if not grants.update(**counts):
            return False
        # Asked once more, now that nobody else can write the two: a resume may have come back.
        delivery = deliveries.select_for_update().first()
        if delivery is None:
            transaction.set_rollback(True)
            return False
        delivery.delete()
        enter_released(number, downloads=1, reason=reason, at=at)
    return True
