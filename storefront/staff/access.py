"""Admin access: password, and second factor where one is set up or mandatory."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from storefront.models import SecondFactor

OPTIONAL, REQUIRED = "optional", "required"


def is_staff(user: Any) -> bool:
    """Say whether somebody of the staff has shown their password at least."""
    return bool(user.is_active and user.is_staff)


def is_verified(user: Any) -> bool:
    """Say whether this session has shown the second factor."""
    return getattr(user, "otp_device", None) is not None


def has_factor(request: HttpRequest) -> bool:
    """Say whether whoever asks has set up a second factor. A session that was read knows it."""
    row = getattr(request.session, "row", None)
    if row is not None and row.user_id == request.user.pk:
        return row.has_factor
    return SecondFactor.objects.filter(user=request.user.pk).exists()


def must_set_up() -> bool:
    """Say whether 2FA is mandatory. An unknown setting value counts as mandatory (fail closed)."""
    return bool(settings.STAFF_SECOND_FACTOR != OPTIONAL)


def is_through(request: HttpRequest) -> bool:
    """Say whether the admin is open to whoever asks: staff who have shown all that they must."""
    if not is_staff(request.user):
        return False
    return is_verified(request.user) or not (must_set_up() or has_factor(request))
