"""Two-factor authentication (TOTP, recovery codes): set up, verify, renew, remove. No HTTP."""

import base64
import re
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.tokens import hash_token
from storefront.models import RecoveryCode, SecondFactor
from storefront.staff import lockout
from storefront.staff.access import must_set_up
from storefront.staff.session_list import end_sessions

ISSUER = "Digital downloads"
KEY_BYTES = 20
STEPS_OFF = 1
CODES = 10
# Without those that look alike; sixteen of thirty-two are eighty bits.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 4, 4
WRONG = _("This code is wrong, or was used already. Wait for the next one that your app shows.")
CHANGED = _("Your second factor was changed meanwhile. Look at it once more.")
NOT_REMOVED = _("A second factor is required here: replace it instead.")
LOCKED = "Second factor locked after {} wrong codes"


def fresh_key() -> str:
    """Return a key of 160 random bits, as people type it into an app."""
    return base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode()


def qr_of(key: str, name: str) -> str:
    """Return the picture that an app reads a key from, as a `data:` address."""
    label = f"{quote(ISSUER)}:{quote(name, safe='')}"
    params = urlencode({"secret": key, "issuer": ISSUER}, quote_via=quote)
    picture = segno.make(f"otpauth://totp/{label}?{params}", micro=False)
    return picture.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def in_groups(key: str) -> str:
    """Return a key as it is read aloud."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def step_of(key: str, entered: str, *, at: datetime, after: int = -1) -> int | None:
    """Return the half minute that a code belongs to; None where it is wrong or not after `after`.

    A clock may be off by half a minute, either way.
    """
    code = re.sub(r"\s", "", entered)
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    totp = TOTP(base64.b32decode(key))
    totp.time = at.timestamp()
    return totp.t() if totp.verify(int(code), tolerance=STEPS_OFF, min_t=after + 1) else None


def spend(user: Any, entered: str, *, at: datetime) -> SecondFactor:
    """Spend a code of somebody's app, or one of their recovery codes; return the factor.

    Raises:
        Locked: too many were wrong. Nothing was looked at.
        BadInput: this one is.
    """
    who = lockout.of_codes(user)
    taken = lockout.Taken(who, lockout.take(who, at=at))
    with lockout.judging(taken, at=at, user=lambda: user, what=LOCKED, alarm=who):
        factor = SecondFactor.objects.filter(user=user.pk).first()
        if factor is None or not (_spends(factor, entered, at) or _recovers(user, entered, at)):
            raise BadInput(WRONG)
    return factor


@transaction.atomic
def set_up(
    user: Any, key: str, *, step: int, replaces: SecondFactor | None
) -> tuple[SecondFactor, list[str]]:
    """Keep a key of which a code was shown; return it with fresh recovery codes, shown once.

    Raises:
        BadInput: another was set up or removed meanwhile.
    """
    _lock(user)
    earlier = SecondFactor.objects.filter(user=user.pk).first()
    if earlier != replaces:
        raise BadInput(CHANGED)
    if earlier is not None:
        earlier.delete()
    factor = SecondFactor.keep(user, key=key, last_step=step)
    enter_audit(f"{'Replaced' if earlier else 'Set up'} the second factor", row=user)
    return factor, _fresh_codes(user)


@transaction.atomic
def renew_codes(user: Any) -> list[str]:
    """Make the recovery codes anew, shown once; the earlier ones end."""
    _lock(user)
    enter_audit("Renewed the recovery codes", row=user)
    return _fresh_codes(user)


def remove_own(user: Any, factor: SecondFactor) -> None:
    """Go without a second factor from now on.

    Raises:
        BadInput: one is required.
    """
    if must_set_up():
        raise BadInput(NOT_REMOVED)
    remove(user, factor)


@transaction.atomic
def remove(user: Any, factor: SecondFactor | None = None) -> bool:
    """Take somebody's second factor and recovery codes away; return whether there were any.

    `factor` is the one meant, where only that one is.
    """
    _lock(user)
    rows = SecondFactor.objects.filter(user=user.pk)
    if factor is not None:
        rows = rows.filter(pk=factor.pk)
    if not rows.exists():
        return False
    rows.delete()
    RecoveryCode.objects.filter(user=user.pk).delete()
    lockout.clear(lockout.of_codes(user))
    enter_audit("Removed the second factor", row=user)
    return True


@transaction.atomic
def reset(user: Any) -> bool:
    """Take away a lost second factor, and end the sessions; return whether there was one.

    What was lost may be in other hands, and signed in.
    """
    was_there = remove(user)
    if was_there:
        end_sessions(user)
    return was_there


def codes_left(user: Any) -> int:
    """Return how many recovery codes somebody has."""
    return RecoveryCode.objects.filter(user=user.pk, used_at=None).count()


def _lock(user: Any) -> None:
    get_user_model()._default_manager.select_for_update().get(pk=user.pk)


def _spends(factor: SecondFactor, entered: str, at: datetime) -> bool:
    step = step_of(factor.reveal(), entered, at=at, after=factor.last_step)
    return step is not None and factor.take_step(step)


def _recovers(user: Any, entered: str, at: datetime) -> bool:
    letters = "".join(re.findall(r"\w", entered.lower()))
    if len(letters) != GROUPS * GROUP_LENGTH:
        return False
    rows = RecoveryCode.objects.filter(user=user.pk, code_hash=hash_token(_written(letters)))
    if not rows.filter(used_at=None).update(used_at=at):
        return False
    enter_audit("Used a recovery code", row=user, after={"left": codes_left(user)})
    return True


def _fresh_codes(user: Any) -> list[str]:
    RecoveryCode.objects.filter(user=user.pk).delete()
    length = GROUPS * GROUP_LENGTH
    codes = [
        _written("".join(secrets.choice(LETTERS) for _ in range(length))) for _ in range(CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user.pk, code_hash=hash_token(code)) for code in codes
    )
    return codes


def _written(letters: str) -> str:
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, len(letters), GROUP_LENGTH))
