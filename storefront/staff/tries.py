"""Tries at sign-in. Each is taken before it is judged, so that no crowd of guesses gets more."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from downloads.errors import BadInput
from downloads.fulfilment.auditing import enter_audit
from storefront.models import CountedTries


class Locked(BadInput):
    """Too many wrong tries; the message, the same for everybody, says when to try again."""

    def __init__(self, ends_at: datetime, *, at: datetime) -> None:
        # No more than the whole lock: another's try may have begun it a moment after ours.
        whole = timedelta(seconds=settings.STAFF_LOCK_SECONDS)
        minutes = max(1, -(-min(ends_at - at, whole) // timedelta(minutes=1)))
        super().__init__(
            f"Too many wrong tries. Try again in {minutes} minute{'s' if minutes > 1 else ''}, "
            "or ask whoever runs this service to unlock your sign-in."
        )


def of_name(name: str) -> str:
    """Return under what the passwords are counted that are tried for a name, known or not."""
    return _keyed(f"name:{name.casefold()}")


def of_codes(user: Any) -> str:
    """Return under what a person's codes are counted."""
    return _keyed(f"codes:{user.pk}")


def take(who: str, *, at: datetime) -> int:
    """Take a try ahead of its judgement; return the how-manieth in a row it is.

    Raises:
        Locked: none is left. What was entered is not to be looked at.
    """
    rows = CountedTries.objects.filter(who=who)
    # In one piece, so that the number read is one's own.
    with transaction.atomic():
        while not rows.take(at):
            locked = rows.locked(at).first()
            if locked is not None:
                raise Locked(locked.ends_at, at=at)
            # None yet, or cleared this very moment by a right one.
            lasts = at + timedelta(seconds=settings.STAFF_LOCK_SECONDS)
            CountedTries.objects.bulk_create(
                [CountedTries(who=who, ends_at=lasts)], ignore_conflicts=True
            )
        return rows.values_list("taken", flat=True).get()


def refuse_last(number: int, *, at: datetime, user: Any, what: str) -> None:
    """Lock once the last of the tries was wrong, and enter that.

    `user` may be no row, where the name is nobody's: a trail that nobody can shorten is not for
    strangers to fill. Then a row that goes by itself is written instead, so that neither case is
    the quicker.

    Raises:
        Locked: it was the last.
    """
    if number < settings.STAFF_TRIES:
        return
    with transaction.atomic():
        if user.pk is not None:
            enter_audit(what.format(number), row=user)
        else:
            CountedTries.objects.create(who=secrets.token_hex(32), ends_at=at)
    raise Locked(at + timedelta(seconds=settings.STAFF_LOCK_SECONDS), at=at)


def clear(*who: str) -> None:
    """Begin the counts anew: something right was shown."""
    CountedTries.objects.filter(who__in=who).delete()


def locked_until(users: list[Any], *, at: datetime) -> dict[Any, datetime]:
    """Return when the lock of each ends who is locked out, by number. One query."""
    whose = {each: user.pk for user in users for each in _all_of(user)}
    rows = CountedTries.objects.locked(at).filter(who__in=whose).order_by("ends_at")
    return {whose[row.who]: row.ends_at for row in rows}


def unlock(user: Any, *, at: datetime) -> bool:
    """Let somebody try again; return whether they were locked out."""
    with transaction.atomic():
        was_locked = bool(CountedTries.objects.locked(at).filter(who__in=_all_of(user)))
        clear(*_all_of(user))
        if was_locked:
            enter_audit("Unlocked the sign-in", row=user)
    return was_locked


def _all_of(user: Any) -> tuple[str, str]:
    return of_name(user.get_username()), of_codes(user)


def _keyed(text: str) -> str:
    return salted_hmac("storefront.staff.tries", text, algorithm="sha256").hexdigest()
