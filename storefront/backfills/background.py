"""Runs over past orders as background tasks: a share at a time, each with how far it has come.

Its name stands in the rows of queued tasks: the release before, and the one after, look there.
"""

import logging
import time
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from downloads import fulfilment, lookups
from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.models import Asset
from storefront.models import Backfill
from storefront.models.backfills import SILENCE

logger = logging.getLogger(__name__)

State = Backfill.State
# Beside reconciliation and imports: what shops send waits for none of them.
QUEUE = "platforms"
# One task's share, so that others have their turn.
SHARE_SECONDS = 20
# The orders of one transaction, and the pause behind it as a multiple of its time. SQLite has one
# writer, whom buyers wait for: they find it free most of the time, and are not kept long else.
ORDERS_AT_ONCE = {"sqlite": 10, "postgresql": 50}
PAUSES = {"sqlite": 3.0, "postgresql": 0.5}


def begin_backfill(asset: Asset, *, person: Any, at: datetime) -> Backfill:
    """Begin to give an asset to past orders.

    Raises:
        BadInput: that is under way, or nobody lacks it.
    """
    total = lookups.lines_lacking(asset).count()
    if not total:
        raise BadInput(_("Nobody who bought lacks this file."))
    try:
        with transaction.atomic():
            row = Backfill.objects.create(
                shop=asset.shop,
                asset=asset,
                person=person,
                total=total,
                created_at=at,
                moved_at=at,
            )
            enter_audit("Began to give it to past orders", row=asset, after={"purchases": total})
            transaction.on_commit(partial(give_in_background.enqueue, row.pk))
    except IntegrityError:
        raise BadInput(_("This is under way already.")) from None
    return row


def resume(row: Backfill, *, at: datetime) -> bool:
    """Let a run go on that was cut off or stopped; say whether that was so."""
    stopped = Backfill.objects.filter(pk=row.pk, moved_at=row.moved_at)
    if not (row.is_cut_off(at) or row.state == State.FAILED):
        return False
    fresh = {"state": State.RUNNING, "fault": "", "moved_at": at, "ended_at": None}
    try:
        with transaction.atomic():
            if not stopped.update(**fresh):
                return False
            transaction.on_commit(partial(give_in_background.enqueue, row.pk))
    except IntegrityError:
        return False  # another one has begun since
    return True


def resume_cut_off(*, at: datetime) -> int:
    """Let all runs go on that were cut off; return how many."""
    silent = Backfill.objects.filter(state=State.RUNNING, moved_at__lte=at - SILENCE)
    return sum(resume(row, at=at) for row in silent)


@task(queue_name=QUEUE)
def give_in_background(backfill_id: int) -> str:
    """Do one share of a run and have the next one done; return how far it is."""
    row = Backfill.objects.select_related("asset__shop").filter(pk=backfill_id).first()
    if row is None or not row.is_running:
        return "There is nothing to do."
    try:
        is_over = _do_share(row)
    except (OperationalError, InterfaceError):
        raise  # what is done is saved; the rest goes on once it is found to be cut off
    except Exception as error:
        logger.exception("Giving to past orders %s failed", row.pk)
        _end(row, State.FAILED, fault=type(error).__name__)
        return "It stopped."
    if not is_over:
        give_in_background.enqueue(row.pk)
        return f"{row.done} of {row.total}"
    _end(row, State.DONE)
    return f"{row.given} given"


def _do_share(row: Backfill) -> bool:
    """Go on where the run is, for about `SHARE_SECONDS`; say whether that was all."""
    end = time.monotonic() + SHARE_SECONDS
    while True:
        # Before others' way is barred: where few lack it, many orders are looked at.
        orders = fulfilment.rules.orders_lacking(
            row.asset, after=row.last_order, at_most=ORDERS_AT_ONCE[connection.vendor]
        )
        if not orders:
            return True
        started = time.monotonic()
        _give(row, orders)
        if row.state != State.RUNNING or time.monotonic() > end:
            return False
        # Buyers' clicks and what shops send come in between.
        time.sleep(PAUSES[connection.vendor] * (time.monotonic() - started))


@transaction.atomic
def _give(row: Backfill, orders: list[int]) -> None:
    # Whoever else goes on with it, once it seemed cut off, waits here and sees how far it is.
    stored = Backfill.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if stored is None or not stored.is_running:
        row.state = State.DONE if stored is None else stored.state
        return
    at, share = timezone.now(), fulfilment.rules.Share()
    if stored.last_order < orders[-1]:
        share = fulfilment.rules.give_to_past_orders(row.asset, orders, at=at)
    row.done, row.given = stored.done + share.given, stored.given + share.given
    row.mails, row.moved_at = stored.mails + share.mails, at
    row.last_order = max(stored.last_order, orders[-1])
    row.save(update_fields=("done", "given", "mails", "moved_at", "last_order"))


def _end(row: Backfill, state: str, *, fault: str = "") -> None:
    at = timezone.now()
    running = Backfill.objects.filter(pk=row.pk, state=State.RUNNING)
    if running.update(state=state, fault=fault, moved_at=at, ended_at=at):
        what = "Gave it to past orders" if not fault else "Giving it to past orders stopped"
        enter_audit(what, row=row.asset, after={"given": row.given, "mails": row.mails})
