"""Why a download is closed and what would open it, in a merchant's words."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.errors import Unavailable
from downloads.models import Grant, Order
from downloads.models.grants import GrantQuerySet, order_refusals


@dataclass(frozen=True)
class Cause:
    """`short` stands in lists, `why` follows "It stays closed:"; the others say what undoes it.

    `by_hand` of an order that a merchant made here, `reported` of one that came from a shop.
    """

    short: Any
    why: Any
    by_hand: Any
    reported: Any


def _alike(short: Any, why: Any, remedy: Any) -> Cause:
    return Cause(short, why, by_hand=remedy, reported=remedy)


# The rule has one word for each of these and its like; here each is undone in a place of its own.
REVOKED, MONEY_BACK, LINE_UNPAID = "revoked", "money_back", "line_unpaid"
REFUND = _(
    "It opens once your shop takes the refund back; or make an order by hand and attach the file "
    "or link to that."
)
OPEN = _("open")
CAUSES = {
    Unavailable.CANCELED: Cause(
        _("cancelled"),
        _("the order was cancelled"),
        by_hand=_("Empty “Cancelled on” on the order’s page."),
        reported=_(
            "It opens once your shop takes that back; or make an order by hand and attach the file "
            "or link to that."
        ),
    ),
    MONEY_BACK: Cause(
        _("refunded"),
        _("the order was refunded"),
        by_hand=_("Set the payment on the order’s page to “Paid”."),
        reported=REFUND,
    ),
    Unavailable.REFUNDED: Cause(
        _("refunded"),
        _("the purchase was refunded"),
        by_hand=_("Raise the units kept on the order’s line."),
        reported=REFUND,
    ),
    Unavailable.REPLACED: _alike(
        _("replaced"),
        _(
            "its line names another product now, or is a part of another order, which has the "
            "downloads"
        ),
        _(
            "It opens once your shop names that product again; or attach the file or link to the "
            "order."
        ),
    ),
    LINE_UNPAID: _alike(
        _("waiting for payment"),
        _("it was added to a paid order and is not paid for yet"),
        _("It opens by itself once your shop reports the payment."),
    ),
    Unavailable.PENDING: Cause(
        _("waiting for payment"),
        _("the order is not paid yet"),
        by_hand=_("Set the payment on the order’s page to “Paid”."),
        reported=_("It opens by itself once your shop reports the payment."),
    ),
    Unavailable.HELD: _alike(
        _("held"),
        _("the order is held"),
        _("Release it on the order’s page, or wait until your shop has checked the payment."),
    ),
    REVOKED: _alike(
        _("withdrawn"),
        _("it was withdrawn from this order"),
        _("Press “Restore” on the order’s page."),
    ),
    Unavailable.WITHDRAWN: _alike(
        _("withdrawn"),
        _("its file or link was withdrawn"),
        _("Choose “Restore to all orders” in the list of files and links."),
    ),
    Unavailable.PAST: _alike(
        _("time over"), _("its time is over"), _("Press “Extend by days” on the order’s page.")
    ),
    Unavailable.USED_UP: _alike(
        _("used up"),
        _("all its downloads are used"),
        _("Press “Reset” or “Allow more” on the order’s page."),
    ),
}


def causes_text(grant: Grant, *, at: datetime) -> str:
    """Write what holds a download shut as a list shows it beside its status: "refunded, used up".

    Empty if it is open.
    """
    causes = _causes(grant.refusals(at), grant.order, grant)
    return ", ".join(dict.fromkeys(str(CAUSES[cause].short) for cause in causes))


def status_text(grant: Grant, *, at: datetime) -> str:
    """Write whether a download is open, else the first cause that it is not, as buyers read it."""
    causes = _causes(grant.refusals(at), grant.order, grant)
    return str(CAUSES[causes[0]].short if causes else OPEN)


def why_closed(grant: Grant, *, at: datetime) -> str:
    """Return all that holds a download shut, each with what would open it; empty if it is open.

    `grant` has its rights loaded (`GrantQuerySet.with_rights`).
    """
    return _sentences(_causes(grant.refusals(at), grant.order, grant), grant.order)


def why_order_is_closed(order: Order, *, at: datetime) -> str:
    """Return what holds all of an order's downloads shut; empty if one is open, or none is there.

    Two queries, one more where the order's own assets outlive its lines.
    """
    order = Order.objects.get(pk=order.pk)
    has_own = order.keeps_own_assets and order.grants.filter(line__isnull=True).exists()
    if reasons := order_refusals(order, for_own=has_own):
        return _sentences(_causes(reasons, order), order)
    grants = Grant.objects.with_rights().filter(order=order)
    sentences = [why_closed(grant, at=at) for grant in grants]
    return " ".join(dict.fromkeys(sentences)) if all(sentences) else ""


def closed_downloads(rows: Iterable[Grant]) -> list[str]:
    """Return `why_closed` of each of these downloads, as it is by now. One query."""
    fresh = Grant.objects.with_rights().filter(pk__in=[row.pk for row in rows])
    at = timezone.now()
    return [why_closed(grant, at=at) for grant in fresh]


def closed_orders(rows: Iterable[Order]) -> list[str]:
    """Return `why_order_is_closed` of each of these orders."""
    at = timezone.now()
    return [why_order_is_closed(order, at=at) for order in rows]


def closed_among(grants: GrantQuerySet, *, at: datetime) -> str:
    """Say how many of these downloads are closed, however many there are; empty if none is.

    Two queries.
    """
    total = grants.count()
    closed = total - grants.available(at).count()
    if not closed:
        return ""
    if closed == total:
        return gettext("All stay closed for causes of their own: the list of downloads names them.")
    return gettext(
        "{closed} of {total} stay closed for causes of their own: the list of downloads names them."
    ).format(closed=closed, total=total)


def still_closed(rows: list[Any], closed: Callable[[list[Any]], list[str]]) -> str:
    """Say how many of the rows stay closed, and why: each cause once. Empty if all are open."""
    counts = Counter(text for text in closed(rows) if text)
    return " ".join(f"{_how_many(count, len(rows))} {text}" for text, count in counts.items())


def _how_many(count: int, total: int) -> str:
    if total == 1:
        return gettext("It stays closed:")
    if count == total:
        return gettext("All stay closed:")
    return gettext("{count} of them stay closed:").format(count=count)


def _causes(reasons: list[str], order: Order, grant: Grant | None = None) -> list[str]:
    """Return the keys of `CAUSES` that the rule's reasons come from."""
    found = []
    for reason in reasons:
        if reason == Unavailable.REFUNDED:
            is_money = order.payment == Order.Payment.REFUNDED
            is_units = grant.refunded if grant else not is_money
            found += [MONEY_BACK] if is_money else []
            found += [reason] if is_units or not is_money else []
        elif reason == Unavailable.PENDING and order.payment != Order.Payment.PENDING:
            found.append(LINE_UNPAID)
        elif reason == Unavailable.WITHDRAWN and grant is not None:
            found += [REVOKED] if grant.withdrawn_at is not None else []
            found += [reason] if grant.asset.withdrawn_at is not None else []
        else:
            found.append(reason)
    return found


def _sentences(causes: list[str], order: Order) -> str:
    sentences = []
    for cause in causes:
        words = CAUSES[cause]
        remedy = words.by_hand if order.is_by_hand else words.reported
        sentences.append(f"{words.why}. {remedy}")
    return gettext(" And ").join(sentences)
