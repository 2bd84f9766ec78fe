"""Known devices: a signed cookie, set after a full sign-in, that strangers' tries do not slow.

It opens nothing by itself. It names its person and is bound to their password: a new one ends it.
"""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from storefront.staff.access import is_staff, is_through

COOKIE = "staff_device"
SALT = "storefront.staff.devices"
DAY_SECONDS = 24 * 60 * 60


def device_of(request: HttpRequest, name: str) -> str | None:
    """Return the device that a request comes from, where whoever has that name signed in before.

    What it asks the database depends on the cookie alone: it tells nobody which names exist.
    """
    cookie = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=_life())
    number, _colon, rest = (cookie or "").partition(":")
    device, _colon, password = rest.partition(":")
    if not password:
        return None
    user = get_user_model()._default_manager.filter(pk=number).first()
    if user is None or not is_staff(user):
        return None
    is_theirs = user.get_username().casefold() == name.casefold()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_same = any(constant_time_compare(password, _bound(user, key)) for key in keys)
    return device if is_theirs and is_same else None


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Know this device from now on, if whoever asks has shown all that they must."""
    user: Any = request.user
    if not is_through(request):
        return
    # The same one as before, where it was known: it has one count.
    device = device_of(request, user.get_username()) or secrets.token_urlsafe(16)
    response.set_signed_cookie(
        COOKIE,
        f"{user.pk}:{device}:{_bound(user, settings.SECRET_KEY)}",
        salt=SALT,
        max_age=_life(),
        path=reverse("admin:index"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _life() -> int:
    return settings.STAFF_DEVICE_DAYS * DAY_SECONDS


def _bound(user: Any, key: str | bytes) -> str:
    return salted_hmac(SALT, user.password, secret=key, algorithm="sha256").hexdigest()
