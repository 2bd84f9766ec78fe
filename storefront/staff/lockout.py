"""Login lockout. An attempt is counted before it is verified: parallel guesses get no more.

What locks is a name from one address, or one known device: a stranger locks out nobody but
whoever shares the stranger's address and has no known device. Over all addresses a name is slowed,
and those who wait are served in the order in which their addresses came.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput, PasswordsBusy
from storefront.models import CountedTries
from storefront.models.staff import HELD_TURNS


class Locked(BadInput):
    """Too many wrong tries; the message, the same for everybody, says when to try again."""

    def __init__(self, ends_at: datetime, *, at: datetime) -> None:
        # No more than the whole lock: another's try may have begun it a moment after ours.
        whole = timedelta(seconds=settings.STAFF_LOCK_SECONDS)
        minutes = max(1, -(-min(ends_at - at, whole) // timedelta(minutes=1)))
        super().__init__(
            ngettext(
                "Too many wrong tries. Try again in {minutes} minute, or ask whoever runs this "
                "service to unlock your sign-in.",
                "Too many wrong tries. Try again in {minutes} minutes, or ask whoever runs this "
                "service to unlock your sign-in.",
                minutes,
            ).format(minutes=minutes)
        )


class Slowed(BadInput):
    """Many tried this name of late, wherever from; the message says when to try again."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, -(-wait // timedelta(seconds=1)))
        lease = HELD_TURNS * settings.STAFF_TRY_SECONDS
        super().__init__(
            ngettext(
                "Many have tried this name of late. Try again in {seconds} second: your password "
                "was not looked at yet. Your place in line is kept for {lease} seconds after each "
                "try.",
                "Many have tried this name of late. Try again in {seconds} seconds: your password "
                "was not looked at yet. Your place in line is kept for {lease} seconds after each "
                "try.",
                seconds,
            ).format(seconds=seconds, lease=lease)
        )


@dataclass(frozen=True)
class Taken:
    """A counted attempt: its key, and its number in the current streak."""

    who: str
    number: int


def of_name(name: str) -> str:
    """Return under what the passwords are counted that are tried for a name, known or not."""
    return _keyed(f"name:{name.casefold()}")


def of_address(name: str, address: str) -> str:
    """Return under what the passwords are counted that an address tries for a name."""
    return _keyed(f"address:{address}:{name.casefold()}")


def of_device(device: str) -> str:
    """Return under what the passwords are counted that are tried on a known device."""
    return _keyed(f"device:{device}")


def of_codes(user: Any) -> str:
    """Return under what a person's codes are counted.

    By person, wherever from: only who has shown the password comes so far, and a code has but six
    digits. Whoever is locked out so chooses a new password, and the other is out of the game.
    """
    return _keyed(f"codes:{user.pk}")


def take_password(name: str, *, address: str, device: str | None, at: datetime) -> Taken:
    """Count a password attempt for a name before it is verified.

    Raises:
        Locked: none is left to this device, or to the name from this address.
        Slowed: too many of late from unknown devices. The try was not taken.
    """
    whose = of_name(name)
    if device is not None:
        who = of_device(device)
        return Taken(who, take(who, at=at, whose=whose))
    who = of_address(name, address)
    place = _keyed(f"line:{who}")
    try:
        # In one piece: a try that is slowed is none, and one that is locked slows nobody.
        with transaction.atomic():
            number = take(who, at=at, whose=whose)
            _pace(whose, place=place, at=at)
    except Slowed:
        while not CountedTries.objects.filter(who=place).queue(at):
            _begin(place, whose=whose, ends_at=at)
        raise
    return Taken(who, number)


def take(who: str, *, at: datetime, whose: str = "") -> int:
    """Count an attempt before it is verified; return its number in the current streak.

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
            _begin(who, whose=whose, ends_at=lasts)
        return rows.values_list("taken", flat=True).get()


@contextmanager
def judging(
    taken: Taken, *, at: datetime, user: Callable[[], Any], what: str, alarm: str
) -> Iterator[None]:
    """Judge a taken try inside: a right one begins its count anew, a wrong last one locks.

    `user` is looked up once it was wrong; of them the alarm tells `what`.

    Raises:
        Locked: it was wrong, and the last.
        BadInput, ValidationError: as raised inside: it was wrong.
        PasswordsBusy: as raised inside: it was not judged. The try is given back.
    """
    try:
        yield
    except PasswordsBusy:
        CountedTries.objects.filter(who=taken.who, taken__gt=0).update(taken=F("taken") - 1)
        raise
    except (BadInput, ValidationError):
        whose = user()
        if taken.number < settings.STAFF_TRIES:
            raise
        sound(alarm, at=at, user=whose, what=what.format(taken.number))
        raise Locked(at + timedelta(seconds=settings.STAFF_LOCK_SECONDS), at=at) from None
    clear(taken.who)


def sound(alarm: str, *, at: datetime, user: Any, what: str) -> None:
    """Audit a lockout and queue the alarm by mail; once in `STAFF_ALARM_SECONDS`.

    A trail that nobody can shorten, and a mailbox, are not for strangers to fill. `user` may be no
    row, where the name is nobody's: then a row that goes by itself is written instead, so that
    neither case is the quicker. Who is mailed is looked up afterwards, out of the asker's sight.
    """
    who = _keyed(f"alarm:{alarm}")
    rows = CountedTries.objects.filter(who=who)
    with transaction.atomic():
        while not rows.sound(at, person=user.pk):
            if rows.filter(ends_at__gt=at).exists():
                return
            _begin(who, ends_at=at)
        if user.pk is not None:
            enter_audit(what, row=user)
        else:
            _begin(secrets.token_hex(32), ends_at=at)


def clear(*who: str) -> None:
    """Begin the counts anew: something right was shown.

    Not that of the name from anywhere: it counts what strangers do.
    """
    CountedTries.objects.filter(who__in=who).delete()


def locked_until(users: list[Any], *, at: datetime) -> dict[Any, datetime]:
    """Return when the last lock of each ends who is locked out somewhere, by number. One query."""
    names = {of_name(user.get_username()): user.pk for user in users}
    codes = {of_codes(user): user.pk for user in users}
    rows = CountedTries.objects.locked(at).filter(Q(whose__in=names) | Q(who__in=codes))
    return {names.get(row.whose) or codes[row.who]: row.ends_at for row in rows.order_by("ends_at")}


def unlock(user: Any, *, at: datetime) -> bool:
    """Let somebody try again from everywhere; return whether they were locked out or slowed."""
    name = of_name(user.get_username())
    rows = CountedTries.objects.filter(Q(whose=name) | Q(who=of_codes(user)))
    with transaction.atomic():
        total = CountedTries.objects.filter(who=name)
        was_locked = rows.locked(at).exists() or total.wait(at) is not None
        # The name's own row last, as whoever takes a try takes them.
        rows.exclude(who=name).delete()
        total.delete()
        if was_locked:
            enter_audit("Unlocked the sign-in", row=user)
    return was_locked


def _pace(who: str, *, place: str, at: datetime) -> None:
    rows = CountedTries.objects.filter(who=who)
    first = CountedTries.objects.in_line(who, at).first()
    # The last free turn is for who waits longest, so that no crowd is quicker every time than
    # one who comes by themselves. Once a second is free, whoever waits has not come back for it.
    free = 1 if first is None or first.who == place else 2
    if first is not None:
        clear(place)
    while not rows.pace(at, free=free):
        wait = rows.wait(at, free=free)
        if wait is not None:
            raise Slowed(wait)
        _begin(who, whose=who, ends_at=at)


def _begin(who: str, *, ends_at: datetime, whose: str = "") -> None:
    row = CountedTries(who=who, whose=whose, ends_at=ends_at)
    CountedTries.objects.bulk_create([row], ignore_conflicts=True)


def _keyed(text: str) -> str:
    return salted_hmac("storefront.staff.tries", text, algorithm="sha256").hexdigest()
