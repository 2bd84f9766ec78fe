"""Webhook inbox: store a message once, apply it afterwards, retry with backoff, set aside."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import models, transaction

from downloads.chained_statements import Provided
from downloads.errors import BadInput, DownloadsError, NotYet
from downloads.fulfilment.changes import assign
from downloads.models import Message, Shop
from downloads.prepared_statements import Prepared, Slot, slots_of
from downloads.round_trips import read
from downloads.savepoints import undone_whole
from downloads.turns import next_in_turn
from downloads.upgrades import pending_migrations

_APPLIED: dict[str, Any] = {
    "state": Message.State.APPLIED,
    "body": "",
    "person": "",
    "error": "",
}
LONGEST_PAUSE = 24 * 60 * 60

_IS_STORED = Prepared(
    lambda: Message.objects.filter(
        shop=Slot("shop", models.BigAutoField()),
        **{name: Slot(name, models.CharField()) for name in ("source", "topic", "delivery_id")},
    ).exists()
)
_STORE = Prepared(
    lambda: Message.objects.create(**slots_of(Message)),
    on_conflict='("shop_id", "source", "topic", "delivery_id") DO NOTHING',
)

# What every column of a new message has that nothing is said of.
_DEFAULTS = {field.attname: field.get_default() for field in Message._meta.concrete_fields}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InboundMessage:
    """A webhook as it is stored. `body` and `person` are JSON in ASCII without secrets.

    `person` holds what is personal in it, so that it can be forgotten apart from the rest.
    `is_known` is false where there is nothing to apply. `about_customer` and `about_order` are the
    platform's numbers of the buyer and of the order it speaks of.
    """

    source: str
    topic: str
    delivery_id: str
    is_known: bool = True
    body: str = ""
    person: str = ""
    about_customer: int | None = None
    about_order: int | None = None


@dataclass(frozen=True)
class Proviso:
    """What must stand for a message to be stored: a query of existence, and its values."""

    condition: Prepared
    values: dict[str, Any]


def is_stored(shop: Shop, inbound: InboundMessage) -> bool:
    """Say whether a message was stored before. One query, no lock: most repetitions end here."""
    return _IS_STORED.first(shop=shop.pk, **_key(inbound)) is not None


def receive(shop: Shop, inbound: InboundMessage, *, at: datetime) -> bool:
    """Store a message, once; say whether it was new. One statement."""
    return _STORE.first(**_row(shop, inbound, at=at)) is not None


def receive_if(proviso: Proviso, shop: Shop, inbound: InboundMessage, *, at: datetime) -> bool:
    """Store a message, once, if something stands by now; say whether it was. One statement."""
    values = _row(shop, inbound, at=at) | proviso.values
    # Where the line had gone dead it may be sent twice, which stores it once.
    [stored] = read(_provided(proviso.condition).given(**values))
    return bool(stored.rows)


@cache
def _provided(condition: Prepared) -> Provided:
    return Provided(_STORE, condition)


def _row(shop: Shop, inbound: InboundMessage, *, at: datetime) -> dict[str, Any]:
    # An instance of the model would cost as much as all else here.
    return {
        **_DEFAULTS,
        **_key(inbound),
        "shop_id": shop.pk,
        "body": inbound.body,
        "person": inbound.person,
        "about_customer": inbound.about_customer,
        "about_order": inbound.about_order,
        "state": (Message.State.WAITING if inbound.is_known else Message.State.IGNORED).value,
        "received_at": at,
        "due_at": at,
    }


def apply_next(apply: Callable[[Message], None], *, at: datetime, after: int = 0) -> Message | None:
    """Apply the longest waiting message of the shop next in turn; return it, or None.

    `after` is the shop whose turn was before. The message is locked until it is done. Whatever
    `apply` had changed is undone when it fails or the process dies, and the message is due again:
    at once after a death, after a pause that doubles each time after a failure, and after
    `MESSAGE_MAX_ATTEMPTS` failures only on a merchant's word; after the first one already where it
    fails by what it is.
    """
    return next(iter(apply_some(apply, at=at, after=after, at_most=1)), None)


@transaction.atomic
def apply_some(
    apply: Callable[[Message], None], *, at: datetime, after: int = 0, at_most: int
) -> list[Message]:
    """Apply the longest waiting messages of the shop next in turn, in one transaction; return them.

    Each by itself, as `apply_next`: what one had changed is undone when it fails, and keeps no
    other out. When the process dies, all of them are due again, and none was applied. So a shop's
    backlog costs a commit, and its lock a wait, once for so many.
    """
    free = Message.objects.due(at).select_for_update(skip_locked=True, of=("self",))
    first = next_in_turn(free.select_related("shop"), after=after)
    if first is None:
        return []
    messages = [first]
    if at_most > 1:
        more = free.filter(shop=first.shop_id).exclude(pk=first.pk)[: at_most - 1]
        for message in more:
            message.shop = first.shop
            messages.append(message)
    if not _apply_together(apply, messages, at=at):
        for message in messages:
            _apply(apply, message, at=at)
    return messages


def _apply_together(
    apply: Callable[[Message], None], messages: list[Message], *, at: datetime
) -> bool:
    """Apply several messages as if none failed; say whether none did. One that does undoes all."""
    if len(messages) == 1:
        return False
    try:
        with undone_whole():
            for message in messages:
                apply(message)
    # Which one it was, and what comes of it, is found as each is applied by itself.
    except Exception as error:
        if pending_migrations.explain(error):
            raise
        return False
    values = _APPLIED | {"applied_at": at}
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(**values)
    for message in messages:
        vars(message).update(values)
    return True


def _apply(apply: Callable[[Message], None], message: Message, *, at: datetime) -> None:
    state = _APPLIED | {"applied_at": at}
    try:
        with transaction.atomic():
            apply(message)
    # Any fault, also one of ours, must neither lose the message nor stop those behind it.
    except Exception as error:
        # None of the message's, and it is gone once the database is as it should be.
        if pending_migrations.explain(error):
            raise
        state = _put_off(message, error, at=at)
    assign(message, **state)


def replay(message: Message, *, at: datetime) -> None:
    """Requeue a message that was set aside, with its full number of attempts.

    Raises:
        BadInput: it is not set aside.
    """
    aside = Message.objects.filter(pk=message.pk, state=Message.State.SET_ASIDE)
    if not aside.update(state=Message.State.WAITING, attempts=0, due_at=at):
        raise BadInput("Only what was set aside can be tried again.")


def settle_message(message: Message, *, at: datetime, note: str) -> None:
    """Mark a message that was set aside as needing nothing more, its content deleted.

    It was not applied, and is not called so; `note` says what was done instead.

    Raises:
        BadInput: it is not set aside.
    """
    aside = Message.objects.filter(pk=message.pk, state=Message.State.SET_ASIDE)
    values = {"state": Message.State.IGNORED, "body": "", "person": "", "due_at": at}
    if not aside.update(**values, error=note):
        raise BadInput("Only what was set aside can be settled.")


def _key(inbound: InboundMessage) -> dict[str, str]:
    return {"source": inbound.source, "topic": inbound.topic, "delivery_id": inbound.delivery_id}


def _put_off(message: Message, error: Exception, *, at: datetime) -> dict[str, Any]:
    """Return what a message comes to by a failure."""
    attempts = message.attempts + 1
    if isinstance(error, DownloadsError):
        # No database stores half a surrogate pair, PostgreSQL no NUL.
        reason = str(error).encode(errors="replace").decode().replace("\0", "")
    else:
        logger.error("Message %s could not be applied", message.pk, exc_info=error)
        reason = f"A fault of ours ({type(error).__name__}); the log has more."
    tried = {"attempts": attempts, "error": reason}
    if attempts >= settings.MESSAGE_MAX_ATTEMPTS or _stays_so(error):
        # It is not tried again by itself: this is when it was looked at last.
        return tried | {"state": Message.State.SET_ASIDE, "due_at": at}
    pause = min(settings.MESSAGE_RETRY_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE)
    return tried | {"due_at": at + timedelta(seconds=pause)}


def _stays_so(error: Exception) -> bool:
    """Say whether no second try makes it better: the fault is in the message itself."""
    return isinstance(error, BadInput) and not isinstance(error, NotYet)
