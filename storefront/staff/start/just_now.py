"""The last lines of the ledger in words: what buyers did just now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.lookups.ledger import newest_lines
from downloads.models import DownloadEvent
from storefront.staff.roles import shops_where
from storefront.staff.start.figures import EVENTS

NEWEST = 6
KINDS = DownloadEvent.Kind
WORDS: dict[str, Any] = {
    KINDS.CHARGED: gettext_lazy("downloaded"),
    KINDS.RELEASED: gettext_lazy("given back"),
    KINDS.REFUSED: gettext_lazy("refused"),
}


@dataclass(frozen=True)
class Happened:
    """What happened to which asset of which order, and when."""

    at: datetime
    asset: str
    what: str
    order: str
    url: str


def just_now(user: Any) -> list[Happened]:
    """Return the newest lines of the shops a person works for. One query."""
    if not user.has_perm(EVENTS):
        return []
    shops = None if user.is_superuser else shops_where(user, EVENTS)
    return [_happened(event) for event in newest_lines(list(WORDS), shops, NEWEST)]


def _happened(event: DownloadEvent) -> Happened:
    order = event.grant.order
    return Happened(
        event.at,
        event.grant.asset.title,
        _words(event),
        f"#{order.shown_number}",
        reverse("admin:downloads_order_change", args=[order.pk]),
    )


def _words(event: DownloadEvent) -> str:
    if event.kind == KINDS.RELEASED and event.reason == DownloadEvent.Reason.RESET:
        return _("reset by the shop")
    return str(WORDS[event.kind])
