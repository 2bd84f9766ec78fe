"""Resumed downloads: further requests of a click on the Delivery that it opened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, Q, When

from downloads.chained_statements import Chain
from downloads.errors import Replaced
from downloads.fulfilment.ledger import MORE_BYTES, enter_served, line_of
from downloads.models import Asset, Delivery
from downloads.models.deliveries import (
    DeliveryQuerySet,
    has_barely_begun,
    version_of,
    window_seconds,
)
from downloads.models.ledger import NOBODY, Visitor
from downloads.prepared_statements import Prepared, Slot

# Stands for a version whose SHA-256 nobody noted: a link's, or one opened by older code.
GONE = "-"

_MORE = Prepared(
    lambda: (
        Delivery.objects.within_budget(Slot("sizes", models.PositiveBigIntegerField()))
        .filter(
            pk=Slot("delivery", models.BigAutoField()),
            sha256=Slot("sha256", models.CharField()),
            size_bytes=Slot("size_bytes", models.PositiveBigIntegerField()),
            is_renewed=Slot("is_renewed", models.BooleanField()),
        )
        .update(
            sent_bytes=F("sent_bytes") + Slot("sent_bytes", models.PositiveBigIntegerField()),
            streams=F("streams") + Slot("streams", models.PositiveIntegerField()),
        )
    )
)
_ONE_MORE_STREAM = Chain(_MORE)
_MORE_UPFRONT = Chain(_MORE, MORE_BYTES)
_COUNT_SENT = Prepared(
    lambda: Delivery.objects.filter(pk=Slot("delivery", models.BigAutoField())).update(
        # What an answer still sends of a version that was replaced is not of the next one's budget.
        sent_bytes=Case(
            When(
                is_renewed=Slot("is_renewed", models.BooleanField()),
                then=F("sent_bytes") + Slot("sent_bytes", models.BigIntegerField()),
            ),
            default=F("sent_bytes"),
            output_field=models.BigIntegerField(),
        ),
        streams=F("streams") - Slot("ended", models.IntegerField()),
    )
)
_SENT = ("sent_bytes", "size_bytes", "is_renewed")
_COUNT_NO_BYTES = Chain(_COUNT_SENT, returning=_SENT)
_COUNT_BYTES = Chain(_COUNT_SENT, MORE_BYTES, returning=_SENT)


@dataclass(frozen=True)
class ClickRequest:
    """A request of a click. `upfront_bytes` are counted at once; None: as they are sent.

    `is_part` says that it asks for a part of the file and does not say of which version,
    `takes_whole` that it is answered by the whole file all the same.
    """

    nonce: str
    valid_until: datetime
    at: datetime
    visitor: Visitor = NOBODY
    upfront_bytes: int | None = 0
    is_part: bool = False
    takes_whole: bool = False


def ride(delivery: Delivery, asset: Asset, request: ClickRequest) -> bool:
    """Count a further request of a click; False if its Delivery is to be reloaded first.

    It is gone, its budget is spent, or it has begun another version meanwhile.

    Raises:
        Replaced: the file is another one by now, and the request asks for a part of it.
    """
    if not delivery.is_of(asset):
        return _renew(delivery, asset, request)
    if delivery.size_bytes is None or request.upfront_bytes == 0:
        return _count(delivery, request, _live(delivery))
    chain = _MORE_UPFRONT if request.upfront_bytes else _ONE_MORE_STREAM
    counted = chain.run(
        **line_of(delivery, visitor=request.visitor, at=request.at),
        delivery=delivery.pk,
        sizes=settings.DELIVERY_BUDGET_SIZES,
        sha256=delivery.sha256,
        size_bytes=delivery.size_bytes,
        is_renewed=delivery.is_renewed,
        sent_bytes=request.upfront_bytes or 0,
        streams=int(request.upfront_bytes is None),
    )
    return counted is not None


def count_sent(
    delivery: Delivery, *, visitor: Visitor, sent_bytes: int, ended: int, at: datetime
) -> tuple[Any, ...] | None:
    """Count bytes in a Delivery and its line; return what that one has come to, or None.

    That is its bytes, its size and whether it was renewed. One given back meanwhile is gone, and
    its line stays as it was.
    """
    chain = _COUNT_BYTES if sent_bytes else _COUNT_NO_BYTES
    return chain.run(
        **line_of(delivery, visitor=visitor, at=at),
        delivery=delivery.pk,
        is_renewed=delivery.is_renewed,
        sent_bytes=sent_bytes,
        ended=ended,
    )


def _live(delivery: Delivery) -> DeliveryQuerySet:
    seen = {name: getattr(delivery, name) for name in ("sha256", "size_bytes", "is_renewed")}
    return Delivery.objects.within_budget().filter(pk=delivery.pk, **seen)


def _count(
    delivery: Delivery, request: ClickRequest, live: DeliveryQuerySet, **changed: Any
) -> bool:
    if request.upfront_bytes is None:
        return live.update(**changed, streams=F("streams") + 1) == 1
    if not request.upfront_bytes:
        return live.update(**changed) == 1 if changed else live.exists()
    sent = changed.pop("sent_bytes", F("sent_bytes")) + request.upfront_bytes
    with transaction.atomic():
        rides = live.update(**changed, sent_bytes=sent) == 1
        if rides:
            enter_served(
                delivery, sent_bytes=request.upfront_bytes, visitor=request.visitor, at=request.at
            )
    return rides


def _renew(delivery: Delivery, asset: Asset, request: ClickRequest) -> bool:
    """Continue with the version that replaced the one a click opened, at no charge.

    It is begun by a request for all of it, or one that names it. Until then each part that is
    asked for is the whole file: several programs, or segments of one, may still hold parts of the
    version before. Window and budget begin anew once a click: else whoever sees files replaced
    often would download for ever. Source: CONTRACTS, Amendments, "one click, one version".
    """
    if request.is_part and not request.takes_whole:
        raise Replaced
    sha256, size_bytes = version_of(asset)
    if request.is_part:
        sha256 = delivery.sha256 or GONE
    # What was opened may have been replaced once more, and begun by a request beside this one.
    is_newest = Exists(Asset.objects.filter(pk=asset.pk, sha256=asset.sha256, link=asset.link))
    live = _live(delivery).filter(is_newest)
    changed: dict[str, Any] = {"sha256": sha256}
    if not delivery.is_renewed:
        window = timedelta(seconds=window_seconds(asset.size_bytes))
        # A download that has brought something is spent, whatever becomes of the new version; of an
        # answer under way nobody knows yet what it has sent.
        is_nothing = has_barely_begun() & Q(streams=0)
        is_kept = Case(When(is_nothing, then=F("is_kept")), default=True)
        changed |= {"is_renewed": True, "size_bytes": size_bytes, "sent_bytes": 0}
        changed |= {"closes_at": request.at + window, "is_kept": is_kept}
    elif delivery.size_bytes is None:
        changed["size_bytes"] = size_bytes  # a link's click has no budget yet
    if not _count(delivery, request, live, **changed):
        return False
    delivery.sha256, delivery.is_renewed = sha256, True
    return True
