"""Reconciliation: fetch a platform's orders and products, and repair what webhooks missed.

Each row goes through the same door as a message does, in a transaction of its own; so a run may be
stopped anywhere, started anew, and go on beside another one, and the end is the same.

Its name stands in the rows of queued tasks: the release before, and the one after, look there.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django_tasks import task

from downloads import fulfilment
from downloads.errors import BadInput, DownloadsError
from downloads.fulfilment import Outcome
from downloads.models import Product, RemovedProduct, Shop
from storefront.connections.opening import open_access, require_remote
from storefront.inbox import let_others_write
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.base import Remote, Stage
from storefront.platforms.client import Connection, Missing, NotTaken, PlatformFault, Refused
from storefront.reconciliation.fetches import QUEUE, fetch_order
from storefront.reconciliation.run import Listener, Run

__all__ = ["QUEUE", "begin", "fetch_order", "finish", "proceed", "reconcile_in_background"]

logger = logging.getLogger(__name__)

# What changed while the last run began, and what the two clocks differ by.
OVERLAP = timedelta(hours=1)
# How often a listing is read from its beginning again, because its cursor was past its time.
RESTARTS = 3
# One task's share, so that several shops have their turn.
SHARE_SECONDS = 20
# So many does a platform answer for within a share, also where each is asked for by itself.
PRODUCTS_AT_ONCE = 100
MOVED = "The address was changed meanwhile. Run it again."
FAULT = "A fault of ours ({}); the log has more. Run it again."
OUTAGE = "The database could not be reached. Run it again."


def begin(
    access: PlatformAccess,
    *,
    at: datetime,
    since: datetime | None = None,
    is_full: bool = False,
    placed_since: datetime | None = None,
) -> Run:
    """Return a run that has not asked anything yet; without `since` it takes up the last one.

    Orders placed since `placed_since` are asked for whether or not they changed.
    """
    if since is None and not is_full:
        complete_from = access.complete_from
        since = placed_since if complete_from is None else complete_from - OVERLAP
    return Run(address=access.address, began_at=at, since=since, placed_since=placed_since)


def proceed(
    access: PlatformAccess, run: Run, listener: Listener, *, seconds: float | None = None
) -> None:
    """Go on with a run until it is over, or for about so many seconds.

    Raises:
        PlatformFault: the platform cannot be asked.
        SealBroken: the token cannot be opened.
        OperationalError: the database is gone.
    """
    remote = require_remote(access.source)
    deadline = None if seconds is None else time.monotonic() + seconds
    with open_access(access) as connection:
        while not run.is_over and (deadline is None or time.monotonic() < deadline):
            try:
                _step(access, remote, connection, run, listener)
            except Refused as error:
                advice = "Make a new token with all rights named here, and enter it."
                raise PlatformFault(f"{error}. {advice} {remote.WHERE_TO_GET_ACCESS}") from None
            except Missing as error:
                raise PlatformFault(f"{error}: is this the address of the shop?") from None


def finish(access: PlatformAccess, run: Run, *, at: datetime, fault: str = "") -> str:
    """Note on the access how a run ended and return it in words; `fault` is what stopped it.

    It is complete if nothing was left out. The next one takes it up if it also left no gap behind
    the one before.
    """
    known_to = access.complete_from
    is_gapless = run.since is None or (known_to is not None and run.since <= known_to)
    was_complete = run.is_over and not run.troubles
    summary = fault or run.summary
    access.note_run(
        at=at,
        summary="\n".join([summary, *run.named]),
        was_complete=was_complete,
        complete_from=run.began_at if was_complete and is_gapless else None,
    )
    return summary


@task(queue_name=QUEUE)
def reconcile_in_background(access_id: int, state: dict[str, Any] | None = None) -> str:
    """Do one share of a run and have the next one done; return what has come of it so far."""
    access = PlatformAccess.objects.select_related("shop").filter(pk=access_id).first()
    if access is None:
        return "The access was deleted."
    run = begin(access, at=timezone.now()) if state is None else Run.from_json(state)
    if run.address != access.address:
        return finish(access, run, at=timezone.now(), fault=MOVED)
    try:
        proceed(access, run, Listener(), seconds=SHARE_SECONDS)
    except (PlatformFault, DownloadsError) as error:
        return finish(access, run, at=timezone.now(), fault=str(error))
    except (OperationalError, InterfaceError):
        return finish(access, run, at=timezone.now(), fault=OUTAGE)
    # Else the run would end without a word to whoever looks at the access.
    except Exception as error:
        logger.exception("Reconciling %s failed", access.shop.domain)
        fault = FAULT.format(type(error).__name__)
        return finish(access, run, at=timezone.now(), fault=fault)
    if run.is_over:
        return finish(access, run, at=timezone.now())
    reconcile_in_background.enqueue(access_id, run.as_json())
    return run.summary


def _step(
    access: PlatformAccess, remote: Remote, connection: Connection, run: Run, listener: Listener
) -> None:
    if run.stage == len(_stages_of(remote, run)):
        # Of two platforms neither knows what the other one sells.
        others = WebhookSecret.objects.filter(shop=access.shop).exclude(source=access.source)
        run.is_over = others.exists() or not _remove_products(
            access.shop, remote, connection, run, listener
        )
        return
    stage = _stages_of(remote, run)[run.stage]
    since = run.placed_since if stage is remote.RECENT else run.since
    asked_at = timezone.now()
    try:
        page = stage.read(connection, since, run.cursor)
    except NotTaken:
        # Cursors have their time, and ours may have waited: what was read already is soon passed.
        if not run.cursor or run.restarts == RESTARTS:
            raise
        run.cursor, run.restarts = "", run.restarts + 1
        return
    except (Refused, Missing) as error:
        if not stage.is_optional:
            raise type(error)(f"{error}, asked for {stage.noun}") from None
        listener.note(f"{stage.noun} were left out: {error}.")
        run.stage, run.cursor = run.stage + 1, ""
        return
    if not run.cursor:
        run.begin_list(asked_at=asked_at)
        listener.stage(stage.noun, page.total)
    for row in page.rows:
        _take_in(access.shop, stage, row, run, listener, asked_at=asked_at)
    run.cursor = page.cursor
    if not run.cursor:
        _take_back(access.shop, stage, run, listener)
        run.stage += 1


def _stages_of(remote: Remote, run: Run) -> Sequence[Stage]:
    return remote.STAGES if run.placed_since is None else (*remote.STAGES, remote.RECENT)


def _take_in(
    shop: Shop, stage: Stage, row: Any, run: Run, listener: Listener, *, asked_at: datetime
) -> None:
    if stage.number is not None:
        run.note_listed(stage.number(row))
    started = time.monotonic()
    run.seen[stage.noun] += 1
    try:
        outcome = stage.record(shop, row, timezone.now(), asked_at)
    except BadInput as error:
        _report_trouble(run, listener, f"{stage.name(row)}: {error}")
    except (OperationalError, InterfaceError):
        raise
    # A fault of ours with one row must not keep the others out.
    except Exception as error:
        logger.exception("%s of %s could not be taken in", stage.name(row), shop.domain)
        fault = f"a fault of ours ({type(error).__name__}); the log has more"
        _report_trouble(run, listener, f"{stage.name(row)}: {fault}")
    else:
        if outcome != Outcome.UNCHANGED:
            _report_repair(run, listener, stage.noun, f"{stage.name(row)}: {outcome}")
    listener.row()
    let_others_write(time.monotonic() - started)


def _take_back(shop: Shop, stage: Stage, run: Run, listener: Listener) -> None:
    """Take back what a listing that was read to its end no longer has."""
    if stage.replace is None or run.listed_from is None:
        return
    now = timezone.now()
    count = stage.replace(shop, run.listed, asked_at=run.listed_from, at=now)
    if count:
        run.repaired[stage.noun] += count - 1
        sentence = f"{stage.noun}: {count} taken back, or there again"
        _report_repair(run, listener, stage.noun, sentence)
    run.listed, run.listed_from = [], None


def _remove_products(
    shop: Shop, remote: Remote, connection: Connection, run: Run, listener: Listener
) -> bool:
    """Note what the platform no longer sells: it is asked for what we know, by number, a share at
    a time. Say whether there may be more.
    """
    removed = RemovedProduct.objects.filter(shop=shop).values("product_id")
    known = Product.objects.filter(shop=shop, product_id__isnull=False)
    ahead = known.filter(product_id__gt=int(run.cursor)) if run.cursor else known
    numbers = ahead.exclude(product_id__in=removed)
    rows = numbers.order_by("product_id").values_list("product_id", flat=True).distinct()
    batch = [number for number in rows[:PRODUCTS_AT_ONCE] if number is not None]
    for number in sorted(remote.lacking(connection, batch)) if batch else ():
        if fulfilment.remove_product(shop, number, at=timezone.now()) != Outcome.UNCHANGED:
            _report_repair(run, listener, "products", f"product {number}: removed")
    if batch:
        run.cursor = str(batch[-1])
    return len(batch) == PRODUCTS_AT_ONCE


def _report_repair(run: Run, listener: Listener, noun: str, sentence: str) -> None:
    run.name_repair(noun, sentence)
    listener.repaired(sentence)


def _report_trouble(run: Run, listener: Listener, sentence: str) -> None:
    run.name_trouble(sentence)
    listener.trouble(sentence)
