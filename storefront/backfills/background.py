"""Runs over past orders as background tasks: a share at a time, each with how far it has come.

Its name stands in the rows of queued tasks: the release before, and the one after, look there.
"""

import time
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from downloads import fulfilment, lookups
from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.models import Asset
from storefront.backfills import runs
from storefront.models import Backfill

State = Backfill.State
# The orders of one transaction: of SQLite's, whose one writer buyers wait for, few.
ORDERS_AT_ONCE = {"sqlite": 10, "postgresql": 50}


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
    return runs.resume(row, state=State.RUNNING, at=at, enqueue=give_in_background.enqueue)


def resume_cut_off(*, at: datetime) -> int:
    """Let all runs go on that were cut off; return how many."""
    return sum(resume(row, at=at) for row in runs.cut_off(Backfill, at))


@task(queue_name=runs.QUEUE)
def give_in_background(backfill_id: int) -> str:
    """Do one share of a run and have the next one done; return how far it is."""
    row = Backfill.objects.select_related("asset__shop").filter(pk=backfill_id).first()
    if row is None or not row.is_running:
        return _("There is nothing to do.")
    worked = runs.work(row, _steps(row), enqueue=give_in_background.enqueue)
    if worked.fault:
        _end(row, State.FAILED, fault=worked.fault)
    elif worked.is_over:
        _end(row, State.DONE)
    return f"{row.done} of {row.total}"


def _steps(row: Backfill) -> runs.Steps:
    most = ORDERS_AT_ONCE[connection.vendor]
    # Looked for before others' way is barred: where few lack it, many orders are looked at.
    while orders := fulfilment.rules.orders_lacking(row.asset, after=row.last_order, at_most=most):
        started = time.monotonic()
        runs.reading_first(partial(_give, row, orders))
        yield time.monotonic() - started


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
    if runs.end(row, state, at=timezone.now(), fault=fault):
        what = "Gave it to past orders" if not fault else "Giving it to past orders stopped"
        enter_audit(what, row=row.asset, after={"given": row.given, "mails": row.mails})
