"""The verbs that move one grant: spend, reset, raise, extend, revoke, restore."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from downloads.errors import BadInput, Unavailable
from downloads.fulfilment.settling import lock_order, settle
from downloads.fulfilment.storing import require_file
from downloads.models import Asset, Delivery, Grant, Order
from downloads.models.deliveries import refusal_of_click, window_seconds
from downloads.models.grants import MAX_DOWNLOADS


def spend(grant: Grant, *, nonce: str, valid_until: datetime, at: datetime) -> Delivery:
    """Spend one download for a click, or ride on the Delivery that this click opened before.

    `grant` has order and asset loaded (`lookups.grant_of_address`). The same nonce spends once,
    whoever is quicker; different nonces spend exactly as many as are left.
    Source: CONTRACTS, "What counts as a download".

    Raises:
        StorageDown: the file cannot be read; nothing was spent.
        Unavailable: `refusal_of_click` says why; nothing was spent.
    """
    # Asked before the transaction: parallel segments of one click must not queue for a lock.
    delivery = Delivery.objects.of_click(grant, nonce)
    refusal = refusal_of_click(grant, delivery, valid_until=valid_until, at=at)
    if refusal is not None:
        raise Unavailable(refusal)
    if delivery is not None:
        return delivery
    require_file(grant.asset)
    return _open_delivery(grant, nonce=nonce, at=at)


@transaction.atomic
def _open_delivery(grant: Grant, *, nonce: str, at: datetime) -> Delivery:
    # The Delivery comes first: a rival with the same nonce waits here, at the unique constraint,
    # and finds it instead of spending a second time. Refused, it is rolled back.
    delivery, is_new = Delivery.objects.get_or_create(
        grant=grant,
        nonce=nonce,
        defaults={
            "opened_at": at,
            "closes_at": at + timedelta(seconds=window_seconds(grant.asset.size_bytes)),
        },
    )
    if is_new and not take_one(grant, at=at):
        now = Grant.objects.with_facts().get(pk=grant.pk)
        raise Unavailable(now.refusal(at) or Unavailable.USED_UP)
    return delivery


def take_one(grant: Grant, *, at: datetime) -> bool:
    """Count one download if one is left: one conditional UPDATE, which alone decides."""
    counted = Grant.objects.available(at).filter(pk=grant.pk)
    return counted.update(used=F("used") + 1, updated_at=at) == 1


def reset(grant: Grant, *, at: datetime) -> None:
    """Give back every download spent so far."""
    Grant.objects.filter(pk=grant.pk).update(used=0, updated_at=at)


@transaction.atomic
def raise_limit(grant: Grant, *, by: int, at: datetime) -> None:
    """Allow `by` downloads more, on top of what was bought.

    Raises:
        BadInput: not at least one, beyond what can be counted, or unlimited already.
    """
    if by < 1:
        raise BadInput("Enter how many downloads to add: 1 or more.")
    order = lock_order(grant.order)
    grant = Grant.objects.get(pk=grant.pk)
    if grant.bought is None:
        raise BadInput("This download is unlimited already.")
    if grant.bought + by > MAX_DOWNLOADS:
        raise BadInput(f"At most {MAX_DOWNLOADS:,} downloads can be allowed.")
    Grant.objects.filter(pk=grant.pk).update(added=F("added") + by, updated_at=at)
    settle(order, at=at)


def extend(grant: Grant, *, days: int, at: datetime) -> None:
    """Let a download end `days` later, counted from now when it has ended already.

    Raises:
        BadInput: not at least a day, past the calendar, or without an end.
    """
    if days < 1:
        raise BadInput("Enter how many days to add: 1 or more.")
    with transaction.atomic():
        lock_order(grant.order)
        grant = Grant.objects.get(pk=grant.pk)
        if grant.expires_at is None:
            raise BadInput("This download has no end to extend.")
        try:
            end = max(grant.expires_at, at) + timedelta(days=days)
        except OverflowError:
            raise BadInput("That many days reach past the calendar.") from None
        Grant.objects.filter(pk=grant.pk).update(expires_at=end, updated_at=at)


def revoke(grant: Grant, *, at: datetime) -> None:
    """Close one download at once, also for addresses handed out already. `restore` undoes it."""
    Grant.objects.filter(pk=grant.pk, withdrawn_at=None).update(withdrawn_at=at, updated_at=at)


def restore(grant: Grant, *, at: datetime) -> None:
    """Open a revoked download again; its count is as it was."""
    Grant.objects.filter(pk=grant.pk).exclude(withdrawn_at=None).update(
        withdrawn_at=None, updated_at=at
    )


def withdraw_asset(asset: Asset, *, at: datetime) -> None:
    """Close an asset in every order, at once. `restore_asset` undoes it."""
    Asset.objects.filter(pk=asset.pk, withdrawn_at=None).update(withdrawn_at=at)


def restore_asset(asset: Asset) -> None:
    """Open a withdrawn asset again in every order."""
    Asset.objects.filter(pk=asset.pk).update(withdrawn_at=None)


def revoke_tickets(order: Order) -> None:
    """End every page ticket of an order that was handed out so far."""
    Order.objects.filter(pk=order.pk).update(ticket_revision=F("ticket_revision") + 1)
