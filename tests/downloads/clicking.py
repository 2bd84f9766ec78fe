"""Clicks for tests, as a face makes them: the grant is read afresh for each request."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from downloads import fulfilment, lookups
from downloads.errors import Unavailable
from downloads.fulfilment import ClickRequest, Opened
from downloads.models import Delivery, DownloadEvent, Grant
from tests.factories import NOW

DAY = timedelta(days=1)
WINDOW = timedelta(minutes=30)


def spend(
    grant: Grant, nonce: str = "click", *, at: datetime = NOW, valid_until: datetime = NOW + DAY
) -> Delivery:
    """Spend for a click that asks for no bytes yet."""
    fresh = lookups.grant_of_click(grant.pk, nonce=nonce)
    return fulfilment.spend(fresh, nonce=nonce, valid_until=valid_until, at=at)


def ask(grant: Grant, nonce: str = "click", *, at: datetime = NOW, **asked: Any) -> Opened:
    """Ask for bytes; they are counted as they are sent unless `upfront_bytes` says otherwise."""
    request = ClickRequest(
        **{"nonce": nonce, "valid_until": NOW + DAY, "at": at, "upfront_bytes": None} | asked
    )
    return fulfilment.open_delivery(lookups.grant_of_click(grant.pk, nonce=nonce), request)


def end(opened: Opened, *, sent_bytes: int, is_cut: bool, at: datetime = NOW) -> None:
    """End an answer after so many bytes, as the server does: the file is closed first."""
    opened.close()
    fulfilment.end_stream(opened, sent_bytes=sent_bytes, is_cut=is_cut, at=at)


def cut_off(opened: Opened, *, sent_bytes: int = 0, at: datetime = NOW) -> None:
    """End an answer whose line was cut."""
    end(opened, sent_bytes=sent_bytes, is_cut=True, at=at)


def complete(opened: Opened, *, sent_bytes: int, at: datetime = NOW) -> None:
    """End an answer that was sent to its end."""
    end(opened, sent_bytes=sent_bytes, is_cut=False, at=at)


def refused(grant: Grant, nonce: str = "click", **times: Any) -> Unavailable:
    """Spend in vain; return the refusal, having seen that nothing moved."""
    before = Grant.objects.values().get(pk=grant.pk)
    deliveries = list(grant.deliveries.values())
    with pytest.raises(Unavailable) as refusal:
        spend(grant, nonce, **times)
    assert Grant.objects.values().get(pk=grant.pk) == before
    assert list(grant.deliveries.values()) == deliveries
    return refusal.value


def used(grant: Grant) -> int:
    return Grant.objects.get(pk=grant.pk).used


def ledger(grant: Grant) -> list[tuple]:
    """Return what the ledger says of a grant, the oldest line first."""
    events = DownloadEvent.objects.filter(grant=grant).order_by("pk")
    return list(events.values_list("kind", "downloads", "sent_bytes", "reason"))
