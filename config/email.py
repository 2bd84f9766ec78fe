"""Email backend settings, from `EMAIL_URL` and the mail provider."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.environment import Unreadable

_DJANGO = "django.core.mail.backends"
OURS = {
    f"{_DJANGO}.smtp.EmailBackend": "storefront.mail.smtp_backend.EmailBackend",
    f"{_DJANGO}.console.EmailBackend": "storefront.mail.console_backend.EmailBackend",
}


def read_url(parse: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return Django's mail settings that `EMAIL_URL` stands for.

    Raises:
        Unreadable: it cannot be read; the message says what to write.
    """
    try:
        return parse()
    # What it could not read, it repeats: a piece of the password, where a sign stands there bare.
    except (ImproperlyConfigured, ValueError, LookupError):
        raise Unreadable(
            "EMAIL_URL cannot be read: write it like smtp+tls://user:password@mail.example:587, "
            "with signs such as # / @ : in the user or password percent-encoded (# is %23)."
        ) from None


def sent_by(url: dict[str, Any], *, provider: str) -> dict[str, Any]:
    """Return Django's mail settings from a parsed `EMAIL_URL`, or for a provider's interface."""
    if provider:
        return url | {"EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend"}
    backend = url["EMAIL_BACKEND"]
    return url | {"EMAIL_BACKEND": OURS.get(backend, backend)}
