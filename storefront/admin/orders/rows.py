"""Each download of an order as a row of its page: count, status, and what is offered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.http import HttpRequest
from django.utils.translation import gettext as _

from downloads.audit.history import newest_about
from downloads.errors import Unavailable
from downloads.fulfilment import desk
from downloads.models import AuditEntry, DownloadEvent, Grant, Order
from storefront.admin.closures import causes_text, why_closed
from storefront.admin.orders.acts_told import undo_text
from storefront.admin.orders.downloads import VERBS
from storefront.admin.orders.words import moment_text, program_text
from storefront.formats import day_text

# How a closed download is marked, by what holds it shut first.
MARKS = {Unavailable.USED_UP: "warn", Unavailable.PENDING: "warn", Unavailable.HELD: "warn"}


@dataclass(frozen=True)
class Offers:
    """What the reader may do to an order's downloads; `days` and `downloads` by how much at most.

    Null for any number.
    """

    resets: bool
    raises: bool
    changes: bool
    downloads: int | None
    days: int | None


@dataclass(frozen=True)
class Row:
    """One download in words, with the acts that could change it. `seen` goes along with each."""

    grant: Grant
    status: str
    mark: str
    count: str
    facts: list[str]
    why: str
    seen: int
    undo: str
    resets: bool
    raises: bool
    extends: bool
    withdraws: bool
    restores: bool


def rows_of(request: HttpRequest, order: Order, *, at: datetime) -> list[Row]:
    """Return each download of an order. Three queries, however many there are."""
    grants = list(Grant.objects.with_facts().filter(order=order))
    for grant in grants:
        grant.order = order
    acts, latest = newest_about(grants), _latest(grants)
    offers = offers_of(request, order)
    return [
        _row(grant, offers, acts.get(str(grant.pk)), latest.get(grant.pk), at=at)
        for grant in grants
    ]


def offers_of(request: HttpRequest, order: Order) -> Offers:
    """Return what the reader may do to an order's downloads."""
    may, shop = request.user.has_perm, order.shop
    changes = may("downloads.change_grant", order)
    return Offers(
        resets=may("downloads.reset_grant", order),
        raises=may("downloads.raise_grant", order),
        changes=changes,
        downloads=None if changes else shop.support_most_downloads,
        days=None if changes else shop.support_most_days,
    )


def _row(
    grant: Grant,
    offers: Offers,
    act: AuditEntry | None,
    latest: DownloadEvent | None,
    *,
    at: datetime,
) -> Row:
    refusals = grant.refusals(at)
    is_withdrawn = grant.withdrawn_at is not None
    undo = ""
    if act is not None and desk.is_undoable(act):
        may = offers.raises if VERBS.get(act.what) == "raise" else offers.resets
        undo = undo_text(act) if may else ""
    return Row(
        grant=grant,
        status=causes_text(grant, at=at) or _("open"),
        mark=MARKS.get(refusals[0], "off") if refusals else "",
        count=count_left(grant),
        facts=list(_facts(grant, latest, at=at)),
        why=why_closed(grant, at=at),
        seen=act.pk if act is not None else 0,
        undo=undo,
        resets=offers.resets and grant.used > 0,
        raises=offers.raises
        and grant.bought is not None
        and _is_left(offers.downloads, grant.added),
        extends=offers.raises
        and grant.expires_at is not None
        and _is_left(offers.days, grant.extended_days),
        withdraws=offers.changes and not is_withdrawn,
        restores=offers.changes and is_withdrawn,
    )


def count_left(grant: Grant) -> str:
    """Write a counter as what is left of it: "5 of 10 left"."""
    if grant.allowed is None:
        return _("{used} downloaded, no limit").format(used=grant.used)
    if not grant.remaining:
        return _("none of {allowed} left").format(allowed=grant.allowed)
    return _("{left} of {allowed} left").format(left=grant.remaining, allowed=grant.allowed)


def _facts(grant: Grant, latest: DownloadEvent | None, *, at: datetime) -> Iterator[str]:
    if latest is not None:
        when = moment_text(latest.at, now=at)
        program = program_text(latest.user_agent)
        words = (
            _("last downloaded {when} from {program}") if program else _("last downloaded {when}")
        )
        yield words.format(when=when[:1].lower() + when[1:], program=program)
    if grant.expires_at is not None:
        words = _("until {day}") if grant.expires_at > at else _("ended on {day}")
        yield words.format(day=day_text(grant.expires_at))


def _is_left(most: int | None, given: int) -> bool:
    return most is None or given < most


def _latest(grants: list[Grant]) -> dict[int, DownloadEvent]:
    """Return the newest download of each grant. One query."""
    charged = DownloadEvent.objects.filter(grant__in=grants, kind=DownloadEvent.Kind.CHARGED)
    numbers = charged.order_by().values("grant").annotate(newest=Max("pk")).values("newest")
    return {event.grant_id: event for event in DownloadEvent.objects.filter(pk__in=numbers)}
