"""Queued tasks that apply stored webhook messages and order policies.

Its path stands in the rows of queued tasks: the release before, and the one after, look there.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult, get_date_max

from downloads import fulfilment
from downloads.errors import NoMessage
from downloads.fulfilment import InboundMessage, Proviso
from downloads.json_names import MARK, require_unmarked
from downloads.models import Message, Shop
from downloads.prepared_statements import Prepared, Slot, vendor
from storefront.platforms.base import UNCLEAR, Envelope, Platform
from storefront.platforms.registry import PLATFORMS
from storefront.reconciliation.fetches import fetch_soon
from storefront.webhooks.bell import OneForAll

# One task's share, so that a worker asked to stop need not finish a whole backlog first.
BATCH = 100
# Messages of a shop in one transaction: a turn is over before another shop's owner notices.
MESSAGES_AT_ONCE = 25
# Orders between two pauses, where a policy is applied to all of a shop's.
AT_ONCE = 10
LONGEST_PAUSE_SECONDS = 0.1
# In the place of a message of which nothing can be read: an object with this name alone.
NOTHING = "says nothing"
WORD = re.compile(r"[\x21-\x7e]{1,100}", re.ASCII)
_one_writer = threading.Lock()
# What the backend calls `ready()`, with its time as a slot.
_BELL = Prepared(
    lambda: DBTaskResult.objects.filter(
        Q(run_after=get_date_max()) | Q(run_after__lte=Slot("at", models.DateTimeField())),
        status=TaskResultStatus.READY,
        task_path=Slot("task_path", models.TextField()),
    ).exists()
)


def store(shop: Shop, inbound: InboundMessage, *, at: datetime) -> bool:
    """Store a message once and enqueue its application; say whether it was new."""
    return _store(shop, inbound, lambda: fulfilment.receive(shop, inbound, at=at))


def store_if(proviso: Proviso, shop: Shop, inbound: InboundMessage, *, at: datetime) -> bool:
    """Store a message as `store` does, if something stands by now; say whether it was.

    Where it was not, it was here before, or that does not stand.
    """
    return _store(shop, inbound, lambda: fulfilment.receive_if(proviso, shop, inbound, at=at))


def _store(shop: Shop, inbound: InboundMessage, receive: Callable[[], bool]) -> bool:
    # SQLite has one writer: who repeats something does not wait for a turn.
    if vendor() == "sqlite" and fulfilment.is_stored(shop, inbound):
        return False
    with _turn_to_write():
        is_news = receive()
        if is_news and inbound.is_known:
            transaction.on_commit(_ring_for_all)
    return is_news


def _turn_to_write() -> AbstractContextManager[Any]:
    # Those who find SQLite taken do not queue for it but look again now and then, and are
    # overtaken; a lock of their own process lets them go one after the other.
    return _one_writer if vendor() == "sqlite" else nullcontext()


def ring(*, at: datetime | None = None) -> None:
    """Enqueue a task that processes due inbox rows, now or at a time.

    It carries no payload, a bell: the inbox knows what is due. So one lost with its worker, or rung
    twice, does no harm; the worker rings at its start and every `MESSAGE_SWEEP_SECONDS`.

    The outbox needs none, since the worker alone sends from it. Messages may be applied by another
    backend of tasks (`TASKS_BACKEND`), which runs no loop of ours, and by a worker of the release
    before, which looks into its queue alone.
    """
    if at is None:
        if not _is_rung():
            apply_messages.enqueue()
    elif apply_messages.get_backend().supports_defer:
        apply_messages.using(run_after=at).enqueue()


def _is_rung() -> bool:
    # A bell that no worker has taken yet will find whatever is stored by now. Only the backend in
    # our own database can be asked; with another each message rings for itself.
    if not isinstance(apply_messages.get_backend(), DatabaseBackend):
        return False
    bell = _BELL.first(task_path=apply_messages.module_path, at=timezone.now())
    return bell is not None


# While a look for a bell lasts, others store: the next look is for all of them.
_ring_for_all = OneForAll(lambda: ring())


def unclear(platform: Platform, envelope: Envelope, body: bytes, problem: str) -> InboundMessage:
    """Return what to store of a message of which nothing can be read: no more than why.

    It is known by its content alone, and is set aside as it is applied, `problem` being told.
    """
    empty = platform.parse(envelope, {})
    has_topic = WORD.fullmatch(empty.topic) is not None
    return InboundMessage(
        source=platform.name,
        topic=empty.topic if has_topic else UNCLEAR,
        delivery_id=f"sha256:{sha256(body).hexdigest()}",
        is_known=empty.is_known or not has_topic,
        body=json.dumps({NOTHING: problem}),
    )


@task()
def apply_messages() -> int:
    """Apply what is due, some of each shop in turn; return how many messages that was."""
    after, count = 0, 0
    while count < BATCH:
        started = time.monotonic()
        at_most = min(_at_once(), BATCH - count)
        messages = fulfilment.apply_some(_apply, at=timezone.now(), after=after, at_most=at_most)
        if not messages:
            return count
        after, count = messages[0].shop_id, count + len(messages)
        for message in messages:
            if message.state == Message.State.WAITING:
                ring(at=message.due_at)
        let_others_write(time.monotonic() - started)
    ring()
    return count


def _at_once() -> int:
    # One of SQLite's, whose one writer buyers wait for.
    return 1 if connection.vendor == "sqlite" else MESSAGES_AT_ONCE


def let_others_write(seconds: float) -> None:
    """Pause after so many seconds of writing, where the database has one writer (SQLite)."""
    # SQLite has one writer at a time and no queue for it: buyers' clicks and new messages would
    # find it taken again and again while a backlog is worked off without a pause.
    if connection.vendor == "sqlite":
        time.sleep(min(seconds, LONGEST_PAUSE_SECONDS))


@task()
def apply_policies(shop_id: int, after: int = 0, changed: int = 0) -> int:
    """Apply a shop's policies to a batch of its orders, and enqueue the next one.

    Return how many changed so far. Between two shares messages are applied, of other shops too.
    """
    shop = Shop.objects.get(pk=shop_id)
    for _turn in range(BATCH):
        started = time.monotonic()
        batch = fulfilment.apply_policies(shop, at=timezone.now(), after=after, at_most=AT_ONCE)
        changed += batch.changed
        if batch.last is None:
            return changed
        after = batch.last
        let_others_write(time.monotonic() - started)
    apply_policies.enqueue(shop_id, after, changed)
    return changed


def _apply(message: Message) -> None:
    # What is stored is what is read to decide, and nothing beside it.
    for stored in (message.body, message.person):
        if MARK in stored:
            require_unmarked(json.loads(stored), "message")
    if message.body.startswith(f'{{"{NOTHING}"'):
        raise NoMessage(json.loads(message.body)[NOTHING])
    doubt = PLATFORMS[message.source].apply(message, at=timezone.now())
    if doubt is not None:
        fetch_soon(message.shop, doubt.order, source=message.source)
