"""Throttle password attempts for a name, wherever one is entered."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from downloads.errors import BadInput
from storefront.http.client_ip import client_ip
from storefront.staff import lockout
from storefront.staff.devices import device_of

LOCKED = "Sign-in locked after {} wrong passwords"
SLOWED = "Sign-in slowed: many wrong passwords from unknown devices"


@contextmanager
def counted(name: str, request: HttpRequest) -> Iterator[None]:
    """Judge a password inside, which has its try taken before; a right one begins the count anew.

    Known names and others take the same work.

    Raises:
        ValidationError: as raised inside, or the name is locked or slowed.
        PasswordsBusy: it was not judged. The try is given back.
    """
    at, address = timezone.now(), client_ip(request)
    try:
        device = device_of(request, name)
        taken = lockout.take_password(name, address=address, device=device, at=at)
        who, alarm = partial(_named, name), lockout.of_name(name)
        with lockout.judging(taken, at=at, user=who, what=LOCKED, alarm=alarm):
            yield
    except lockout.Slowed as error:
        lockout.sound(lockout.of_name(name), at=at, user=_named(name), what=SLOWED)
        raise ValidationError(str(error), code="slowed") from None
    except BadInput as error:
        raise ValidationError(str(error), code="locked") from None


def _named(name: str) -> Any:
    people = get_user_model()._default_manager
    # As counted: upper case or lower. Nobody's name is nobody's row.
    return people.filter(username__iexact=name).first() or get_user_model()()
