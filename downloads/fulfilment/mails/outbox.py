"""Transactional outbox of mails: stored with what they tell of, sent afterwards, each once.

As far as mail allows: between the moment a mail server has the last byte and the moment we have
noted its answer lies a gap. A process that dies there, or a line that breaks, leaves a mail that
was perhaps sent; it is marked so and is not sent again by itself.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from downloads.errors import (
    BadInput,
    ClaimLost,
    DownloadsError,
    MailRefused,
    MailUnsure,
    NotFound,
    PostClosed,
)
from downloads.fulfilment.changes import assign
from downloads.fulfilment.mails.answers import MESSAGE_ID_LENGTH, one_line
from downloads.fulfilment.mails.order_mails import require_tellable
from downloads.fulfilment.mails.requested_mails import (
    is_requested_too_often,
    is_shop_busy,
    look_up_recipients,
    stored_email_of,
)
from downloads.fulfilment.mails.staff_mails import forget_token
from downloads.fulfilment.recalculation import lock_order
from downloads.models import Grant, Mail, Order
from downloads.turns import next_in_turn

LONGEST_PAUSE = 60 * 60
SHOP_PAUSE = timedelta(minutes=10)
DIED = "Its sender stopped while handing it over."
FAULT = "A fault of ours ({}); the log has more."


logger = logging.getLogger(__name__)

# Sends a mail and returns by what the server knows it. It calls its second argument once, right
# before the point from which the mail may have been sent.
Send = Callable[[Mail, Callable[[], None]], str]


def send_next(send: Send, *, at: datetime, after: int = 0) -> Mail | None:
    """Send the next mail by priority, the longest waiting of each shop in turn.

    Those about orders first, then those to people we know, then those requested for unknown ones.

    Return it as it stands then, None if none is due. `after` is the shop whose turn was before.

    Raises:
        PostClosed: no mail can be sent just now. This one is due again after a pause, unless it
            was perhaps sent.
    """
    # Without a look first each idle round would take SQLite's one lock for writing.
    if not Mail.objects.due(at).exists():
        return None
    look_up_recipients()
    mail = _claim(at, after=after)
    if mail is None or mail.state != Mail.State.SENDING:
        return mail
    if not mail.email:
        return _drop(mail, at=at)
    try:
        message_id = send(mail, lambda: _begin_handing(mail))
    except ClaimLost:
        return mail  # another one has it by now
    except NotFound:
        return _drop(mail, at=at)
    except MailUnsure as error:
        _end(mail, Mail.State.DOUBTFUL, at=at, error=one_line(str(error)))
        # The next one would likely meet the same line, and be in doubt as well.
        raise PostClosed(str(error)) from error
    except MailRefused as error:
        return _put_off(mail, error, at=at)
    except PostClosed as error:
        _put_off(mail, error, at=at)
        raise
    # Any fault, also one of ours, must neither lose the mail nor stop those behind it.
    except Exception as error:
        logger.exception("Mail %s could not be sent", mail.pk)
        return _put_off(mail, error, at=at)
    return _note_sent(mail, message_id, at=at)


@transaction.atomic
def try_mail_again(mail: Mail, *, at: datetime) -> None:
    """Queue again a mail that was given up, or perhaps sent, on the merchant's word.

    Raises:
        BadInput: it is neither, or would not be sent when its turn comes.
    """
    stuck = Mail.objects.filter(pk=mail.pk, state__in=(Mail.State.SET_ASIDE, Mail.State.DOUBTFUL))
    # One attempt: nobody asked for it anew, so it is not held to how often anybody may ask.
    fresh = {"attempts": 1, "created_at": at, "due_at": at, "error": ""}
    if not stuck.update(state=Mail.State.WAITING, **fresh):
        raise BadInput("Only what was not sent, or perhaps not, can be sent again.")
    if mail.order is not None and mail.kind != Mail.Kind.MOVED:
        require_tellable(mail.order, at=at)


@transaction.atomic
def _claim(at: datetime, *, after: int) -> Mail | None:
    """Claim the next mail for this process alone, for the time of its lease."""
    due = Mail.objects.due(at).select_related("shop", "order")
    free = due.select_for_update(skip_locked=True, of=("self",))
    # However many strangers register, a buyer's mail waits for none of theirs.
    by_rank = (free.filter(kind=Mail.Kind.ORDER), free.to_known(), free)
    candidates = (next_in_turn(rows, after=after) for rows in by_rank)
    mail = next((row for row in candidates if row is not None), None)
    if mail is None:
        return None
    if mail.state == Mail.State.HANDED:
        return _end(mail, Mail.State.DOUBTFUL, at=at, error=DIED)
    if is_requested_too_often(mail, at=at):
        return _drop(mail, at=at)
    if is_shop_busy(mail, at=at):
        return _save(mail, _claimed(mail), due_at=at + SHOP_PAUSE)
    return _save(
        mail,
        _claimed(mail),
        state=Mail.State.SENDING,
        claim=secrets.token_hex(16),
        due_at=at + timedelta(seconds=settings.MAIL_LEASE_SECONDS),
        # The order's as it is by now: it may have been corrected, or forgotten.
        email=_email_of(mail),
    )


def _email_of(mail: Mail) -> str:
    if mail.order is None:
        return stored_email_of(mail)
    return mail.email if mail.kind in Mail.ELSEWHERE else mail.order.email


def _begin_handing(mail: Mail) -> None:
    """Mark a mail as handed over: from now on it may have been sent.

    Raises:
        ClaimLost: another process has taken it over meanwhile.
    """
    # Nor may its order have become somebody else's.
    theirs = Order.objects.filter(email=mail.email)
    is_theirs = Q(order=None) | Q(kind__in=Mail.ELSEWHERE) | Q(order__in=theirs.values("pk"))
    claimed = Mail.objects.filter(is_theirs, pk=mail.pk, claim=mail.claim, state=Mail.State.SENDING)
    if not claimed.update(state=Mail.State.HANDED):
        raise ClaimLost("Another process is sending this mail.")
    mail.state = Mail.State.HANDED


def _note_sent(mail: Mail, message_id: str, *, at: datetime) -> Mail:
    with transaction.atomic():
        # The order first, as whoever deletes one takes them.
        if mail.order_id is not None and mail.kind == Mail.Kind.ORDER:
            Order.objects.filter(pk=mail.order_id).update(email_sent_at=at)
        if mail.kind == Mail.Kind.INVITATION:
            forget_token(mail)
        # Said to be doubtful meanwhile? It is not any more.
        claimed = Mail.objects.filter(pk=mail.pk, claim=mail.claim)
        return _save(
            mail,
            claimed,
            state=Mail.State.SENT,
            sent_at=at,
            due_at=at,
            message_id=message_id[:MESSAGE_ID_LENGTH],
            error="",
        )


def _put_off(mail: Mail, error: Exception, *, at: datetime) -> Mail:
    is_ours = not isinstance(error, DownloadsError)
    reason = FAULT.format(type(error).__name__) if is_ours else one_line(str(error))
    if is_ours and mail.state == Mail.State.HANDED:
        return _end(mail, Mail.State.DOUBTFUL, at=at, error=reason)
    is_hopeless = isinstance(error, MailRefused) and error.for_good
    is_old = at - mail.created_at >= timedelta(hours=settings.MAIL_GIVE_UP_HOURS)
    # An old one may be so for want of a worker: it is tried twice all the same.
    if is_hopeless or (is_old and mail.attempts):
        return _end(mail, Mail.State.SET_ASIDE, at=at, error=reason)
    pause = min(settings.MAIL_RETRY_SECONDS * 2 ** min(mail.attempts, 16), LONGEST_PAUSE)
    return _save(
        mail,
        _claimed(mail),
        state=Mail.State.WAITING,
        attempts=mail.attempts + 1,
        due_at=at + timedelta(seconds=pause),
        error=reason,
    )


def _drop(mail: Mail, *, at: datetime) -> Mail:
    """Drop a mail that has nothing to tell."""
    if mail.order is None:
        # It was asked for, for an address that may be anybody's.
        _claimed(mail).delete()
        mail.state = Mail.State.NOT_NEEDED
        return mail
    if mail.kind in Mail.ELSEWHERE:
        return _end(mail, Mail.State.NOT_NEEDED, at=at)
    with transaction.atomic(), suppress(Order.DoesNotExist):  # deleted, and the mail with it
        order = lock_order(mail.order)
        permitted = Grant.objects.filter(order=order).permitted(at)
        if order.email and permitted.exists():  # opened again meanwhile
            soon = at + timedelta(seconds=settings.MAIL_RETRY_SECONDS)
            return _save(mail, _claimed(mail), state=Mail.State.WAITING, due_at=soon)
        if order.email_sent_at is None:
            assign(order, announced_at=None)  # its buyer is told once it opens again
        return _end(mail, Mail.State.NOT_NEEDED, at=at)
    return mail


def _end(mail: Mail, state: str, *, at: datetime, error: str = "") -> Mail:
    return _save(mail, _claimed(mail), state=state, due_at=at, error=error)


def _claimed(mail: Mail) -> QuerySet[Mail]:
    """Return the query of this mail while its claim is ours."""
    return Mail.objects.filter(pk=mail.pk, claim=mail.claim, state__in=Mail.MOVING)


def _save(mail: Mail, claimed: QuerySet[Mail], **values: Any) -> Mail:
    if claimed.update(**values):
        for name, value in values.items():
            setattr(mail, name, value)
    return mail
