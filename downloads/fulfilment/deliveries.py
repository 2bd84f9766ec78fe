"""Spend downloads: one a click, atomically; count the bytes that are sent of it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models
from django.db.models import F

from downloads.chained_statements import Chain
from downloads.errors import Contended, NotFound, StorageDown, Unavailable
from downloads.fulfilment.files import StoredFile, open_file
from downloads.fulfilment.give_backs import give_back_barely_begun, give_back_failed
from downloads.fulfilment.ledger import (
    CHARGE_AND_BYTES_LINES,
    CHARGE_LINE,
    enter_refused,
    line_of,
)
from downloads.fulfilment.resumes import ClickRequest, count_sent, ride
from downloads.models import Asset, Delivery, DownloadEvent, Grant
from downloads.models.deliveries import (
    DeliveryQuerySet,
    grant_with_click,
    is_within_budget,
    opened_by_click,
    refusal_of_click,
    version_of,
    window_seconds,
)
from downloads.models.ledger import NOBODY, Visitor
from downloads.prepared_statements import Prepared, Slot, slots_of
from downloads.storage_slots import Taker

# A rival can move a grant between our look and our UPDATE; not this often in a row.
TRIES = 20

_AT = Slot("at", models.DateTimeField())
_TAKE_ONE = Prepared(
    lambda: (
        Grant.objects.available(_AT)
        .filter(pk=Slot("grant", models.BigAutoField()))
        .update(used=F("used") + 1, updated_at=_AT)
    )
)
_OPEN = Prepared(lambda: Delivery.objects.create(**slots_of(Delivery)))
_CHARGE_LINK = Chain(_TAKE_ONE, _OPEN, CHARGE_LINE, key="delivery_id")
_CHARGE_FILE = Chain(_TAKE_ONE, _OPEN, CHARGE_AND_BYTES_LINES, key="delivery_id")


@dataclass(frozen=True)
class Opened(AbstractContextManager["Opened"]):
    """A Delivery with its file open for reading (null for a link). The caller closes it."""

    delivery: Delivery
    stored: StoredFile | None
    visitor: Visitor

    def close(self) -> None:
        if self.stored is not None:
            self.stored.close()

    def __exit__(self, *error: object) -> None:
        self.close()


def spend(
    grant: Grant, *, nonce: str, valid_until: datetime, at: datetime, visitor: Visitor = NOBODY
) -> Delivery:
    """Spend one download for a click, or ride on its Delivery; no bytes are asked for yet.

    Raises:
        StorageDown, Unavailable: as `open_delivery`.
    """
    request = ClickRequest(nonce=nonce, valid_until=valid_until, at=at, visitor=visitor)
    with open_delivery(grant, request) as opened:
        return opened.delivery


def open_delivery(grant: Grant, request: ClickRequest) -> Opened:
    """Spend one download for a click, or ride on the Delivery that this click opened before.

    `grant` has order and asset loaded (`lookups.grant_of_click`). The file is open before
    anything is spent. The same nonce spends once, whoever is quicker; different nonces spend
    exactly as many as are left. Source: CONTRACTS, "What counts as a download".

    Raises:
        Contended: rivals were quicker again and again; nothing was spent.
        NotFound: the grant was deleted meanwhile.
        Replaced: a part was asked for, and the file is not the one that this click opened.
        StorageDown: the file cannot be read; nothing was spent.
        TooManyAtOnce: this click or visitor has its share of all streams; nothing was spent.
        Unavailable: `refusal_of_click` says why; nothing was spent.
    """
    stored = None
    try:
        delivery = _unless_refused(grant, request)
        if grant.asset.kind == Asset.FILE:
            taker = Taker(request.nonce, request.visitor.address_hash)
            stored = open_file(grant.asset, taker=taker)
        delivery = _charge_or_ride(grant, delivery, request)
    except BaseException as error:
        if stored is not None:
            stored.close()
        _enter_refusal(grant, error, request)
        raise
    return Opened(delivery, stored, request.visitor)


def note_sent(opened: Opened, *, sent_bytes: int, at: datetime) -> bool:
    """Add the bytes a stream has sent since the last time; say whether its budget allows more.

    What was replaced since goes on to its end: the budget is the next version's.
    """
    counted = _count_sent(opened, sent_bytes=sent_bytes, at=at)
    if counted is None:
        return False
    so_far, size_bytes, is_renewed = counted
    return is_renewed != opened.delivery.is_renewed or is_within_budget(so_far, size_bytes)


def end_stream(opened: Opened, *, sent_bytes: int, is_cut: bool, at: datetime) -> None:
    """Add the last bytes of a stream. One cut off when it had barely begun is given back.

    Not while another answer of the same click is under way: that one may bring the whole file.
    """
    _count_sent(opened, sent_bytes=sent_bytes, ended=1, at=at)
    if is_cut:
        give_back_barely_begun(_of_this_version(opened).filter(streams=0), at=at)


def fail_stream(opened: Opened, *, sent_bytes: int, at: datetime) -> None:
    """Add what a stream has sent before its file failed, and give the download back."""
    _count_sent(opened, sent_bytes=sent_bytes, ended=1, at=at)
    if _of_this_version(opened).exists():
        give_back_failed(opened.delivery.grant, nonce=opened.delivery.nonce, at=at)


def _unless_refused(grant: Grant, request: ClickRequest) -> Delivery | None:
    delivery, refusal = _look(grant, request)
    if refusal == Unavailable.USED_UP:
        # Its download may have been given back between the look at the grant and this one.
        delivery, refusal = _look(_afresh(grant, request), request)
    if refusal is not None:
        raise Unavailable(refusal)
    return delivery


def _look(grant: Grant, request: ClickRequest) -> tuple[Delivery | None, str | None]:
    delivery = opened_by_click(grant, request.nonce)
    refusal = refusal_of_click(grant, delivery, valid_until=request.valid_until, at=request.at)
    return delivery, refusal


def _charge_or_ride(grant: Grant, delivery: Delivery | None, request: ClickRequest) -> Delivery:
    asset = grant.asset
    for _ in range(TRIES):
        if delivery is None:
            charged = _charge(grant, request)
            if charged is not None:
                return charged
        elif ride(delivery, asset, request):
            return delivery
        # Somebody was quicker: the same click, the last download, a refund, a give-back.
        grant = _afresh(grant, request)
        if version_of(grant.asset) != version_of(asset):
            # Replaced between our look at it and now: what is open is not what it has become.
            raise StorageDown
        delivery = _unless_refused(grant, request)
    raise Contended


def _afresh(grant: Grant, request: ClickRequest) -> Grant:
    fresh = grant_with_click(grant.pk, request.nonce)
    if fresh is None:
        raise NotFound("This download does not exist.")
    return fresh


def _charge(grant: Grant, request: ClickRequest) -> Delivery | None:
    """Spend one for a new click; None when none was left, or the same click was quicker."""
    window = timedelta(seconds=window_seconds(grant.asset.size_bytes))
    sha256, size_bytes = version_of(grant.asset)
    delivery = Delivery(
        grant=grant,
        nonce=request.nonce,
        opened_at=request.at,
        closes_at=request.at + window,
        valid_until=request.valid_until,
        sha256=sha256,
        size_bytes=size_bytes,
        sent_bytes=request.upfront_bytes or 0,
        streams=int(request.upfront_bytes is None),
    )
    try:
        return delivery if _take_one(delivery, request) else None
    except IntegrityError:
        # The same click was quicker, or the fault is ours: only its row tells.
        if Delivery.objects.of_click(grant, request.nonce) is None:
            raise
        return None


def _take_one(delivery: Delivery, request: ClickRequest) -> bool:
    """Count one download if one is left, and save what it opens; its own UPDATE decides alone."""
    # The count first: rivals wait there, for each other alone and until the other's end.
    chain = _CHARGE_LINK if delivery.size_bytes is None else _CHARGE_FILE
    lines = line_of(delivery, visitor=request.visitor, at=request.at)
    made = chain.run(grant=delivery.grant_id, **vars(delivery) | lines)
    if made is None:
        return False
    [delivery.pk] = made
    return True


def _enter_refusal(grant: Grant, error: BaseException, request: ClickRequest) -> None:
    match error:
        case Unavailable():
            enter_refused(grant, error.reason, visitor=request.visitor, at=request.at)
        case StorageDown():
            reason = DownloadEvent.Reason.STORAGE
            enter_refused(grant, reason, visitor=request.visitor, at=request.at)


def _of_this_version(opened: Opened) -> DeliveryQuerySet:
    """Return the Delivery of an answer, unless another version has renewed it since."""
    delivery = opened.delivery
    return Delivery.objects.filter(pk=delivery.pk, is_renewed=delivery.is_renewed)


def _count_sent(
    opened: Opened, *, sent_bytes: int, at: datetime, ended: int = 0
) -> tuple[Any, ...] | None:
    return count_sent(
        opened.delivery, visitor=opened.visitor, sent_bytes=sent_bytes, ended=ended, at=at
    )
