"""Merchant actions on grants: reset, raise the limit, extend, revoke, restore."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.ledger import enter_released
from downloads.fulfilment.recalculation import lock_order, settle
from downloads.models import Asset, Delivery, DownloadEvent, Grant, Order
from downloads.models.grants import MAX_DOWNLOADS

OPEN: dict[str, Any] = {"withdrawn_at": None}
# How the audit trail calls the acts that can be taken back by what it says of them.
RESET, RAISED, EXTENDED = "Reset the count", "Raised the limit", "Extended the time"
# What a column of days holds at most.
MOST_DAYS = 2**31 - 1


@transaction.atomic
def reset(grant: Grant, *, at: datetime) -> None:
    """Give back every download spent so far; clicks that are open stay open."""
    used = Grant.objects.select_for_update(no_key=True).values_list("used", flat=True)
    spent = used.get(pk=grant.pk)
    Grant.objects.filter(pk=grant.pk).update(used=0, updated_at=at)
    # Given back once: none of these is given back again by itself.
    Delivery.objects.filter(grant=grant).update(is_kept=True)
    if spent:
        enter_released(grant.pk, downloads=spent, reason=DownloadEvent.Reason.RESET, at=at)
        enter_audit(RESET, row=grant, before={"used": spent}, after={"used": 0})


@transaction.atomic
def raise_limit(grant: Grant, *, by: int, at: datetime) -> None:
    """Allow `by` downloads more, on top of what was bought.

    Raises:
        BadInput: not at least one, beyond what can be counted, or unlimited already.
    """
    if by < 1:
        raise BadInput(_("Enter how many downloads to add: 1 or more."))
    order = lock_order(grant.order)
    grant = Grant.objects.with_rights().get(pk=grant.pk)
    if grant.bought is None:
        raise BadInput(_("This download is unlimited already."))
    if grant.bought + by > MAX_DOWNLOADS:
        raise BadInput(_("At most {most:,} downloads can be allowed.").format(most=MAX_DOWNLOADS))
    Grant.objects.filter(pk=grant.pk).update(added=F("added") + by, updated_at=at)
    settle(order, at=at)
    raised = Grant.objects.get(pk=grant.pk)
    enter_audit(RAISED, row=grant, before=_limit(grant), after=_limit(raised))


def extend(grant: Grant, *, days: int, at: datetime) -> None:
    """Let a download end `days` later, counted from now when it has ended already.

    Raises:
        BadInput: not at least a day, past the calendar, or without an end.
    """
    if days < 1:
        raise BadInput(_("Enter how many days to add: 1 or more."))
    with transaction.atomic():
        lock_order(grant.order)
        grant = Grant.objects.with_rights().get(pk=grant.pk)
        if grant.expires_at is None:
            raise BadInput(_("This download has no end to extend."))
        try:
            end = max(grant.expires_at, at) + timedelta(days=days)
        except OverflowError:
            raise BadInput(_("That many days reach past the calendar.")) from None
        total = min(grant.extended_days + days, MOST_DAYS)
        before = {"expires_at": grant.expires_at, "extended_days": grant.extended_days}
        after = {"expires_at": end, "extended_days": total}
        Grant.objects.filter(pk=grant.pk).update(updated_at=at, **after)
        enter_audit(EXTENDED, row=grant, before=before, after=after)


@transaction.atomic
def revoke(grant: Grant, *, at: datetime) -> None:
    """Close one download at once, also for addresses handed out already. `restore` undoes it."""
    is_open = Grant.objects.filter(pk=grant.pk, withdrawn_at=None)
    if is_open.update(withdrawn_at=at, updated_at=at):
        enter_audit("Revoked", row=grant, before=OPEN, after={"withdrawn_at": at})


@transaction.atomic
def restore(grant: Grant, *, at: datetime) -> None:
    """Open a revoked download again; its count is as it was."""
    rows = Grant.objects.filter(pk=grant.pk)
    closed_at = _closed_at(rows)
    if closed_at is not None:
        rows.update(withdrawn_at=None, updated_at=at)
        enter_audit("Restored", row=grant, before={"withdrawn_at": closed_at}, after=OPEN)


@transaction.atomic
def withdraw_asset(asset: Asset, *, at: datetime) -> None:
    """Close an asset in every order, at once. `restore_asset` undoes it."""
    if Asset.objects.filter(pk=asset.pk, withdrawn_at=None).update(withdrawn_at=at):
        enter_audit("Withdrawn", row=asset, before=OPEN, after={"withdrawn_at": at})


@transaction.atomic
def restore_asset(asset: Asset) -> None:
    """Open a withdrawn asset again in every order."""
    rows = Asset.objects.filter(pk=asset.pk)
    closed_at = _closed_at(rows)
    if closed_at is not None:
        rows.update(withdrawn_at=None)
        enter_audit("Restored", row=asset, before={"withdrawn_at": closed_at}, after=OPEN)


@transaction.atomic
def revoke_tickets(order: Order) -> None:
    """End every page ticket of an order that was handed out so far."""
    Order.objects.filter(pk=order.pk).update(ticket_revision=F("ticket_revision") + 1)
    enter_audit("Ended all links to the customer's page", row=order)


def _limit(grant: Grant) -> dict[str, int | None]:
    return {"added": grant.added, "allowed": grant.allowed}


def _closed_at(rows: QuerySet[Any]) -> datetime | None:
    """Return when the one row was closed; it stays so until the end."""
    locked = rows.select_for_update(no_key=True).values_list("withdrawn_at", flat=True)
    return locked.first()
