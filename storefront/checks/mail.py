"""System checks of mail settings: refuse to start where mail would reach nobody."""

import warnings
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from downloads.email_addresses import has_form
from downloads.errors import NotFound
from storefront.http.errors import SignatureRefused
from storefront.mail.providers import reaches_people, require_view

# Of anymail, for tests of its own.
NO_PROVIDERS = {"console", "test"}


def mail_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that decide whether mails arrive and whose bounces are believed."""
    return [*_way_out(), *_provider(), *_sender(), *_bounces()]


def register_all() -> None:
    """Register the check with Django."""
    register(mail_is_safe)


def _way_out() -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if not reaches_people():
        found.append(
            Error(
                "Mail to buyers is printed or kept here, and sent to nobody.",
                hint="Set EMAIL_URL, for example to smtp+tls://user:password@mail.example:587, or "
                "MAIL_PROVIDER and its keys in ANYMAIL.",
                id="downloads.E011",
            )
        )
    if settings.MAIL_FROM == settings.LAPTOP_MAIL_FROM:
        found.append(
            Error(
                f"Mail to buyers comes from {settings.MAIL_FROM}, which no mail server takes.",
                hint="Set MAIL_FROM to an address that your mail server or provider may send from.",
                id="downloads.E011",
            )
        )
    return found


def _provider() -> list[CheckMessage]:
    provider = settings.MAIL_PROVIDER
    if not provider:
        return []
    why = _fault_of(provider)
    if why is None:
        return []
    return [
        Error(
            f'MAIL_PROVIDER is "{provider}", by which no mail can be sent: {why}',
            hint="Name one that django-anymail knows (brevo, mailgun, postmark, resend, …) and set "
            'its keys, for example ANYMAIL={"POSTMARK_SERVER_TOKEN": "…"}.',
            id="downloads.E012",
        )
    ]


def _fault_of(provider: str) -> str | None:
    if provider in NO_PROVIDERS or not provider.isidentifier():
        return "django-anymail knows no such provider."
    try:
        # Of what is deprecated there, anymail tells whoever sends by it.
        with warnings.catch_warnings(action="ignore"):
            import_string(f"anymail.backends.{provider}.EmailBackend")()
    # What is missing tells it by either; a key of the wrong kind by the others.
    except ModuleNotFoundError:
        return "django-anymail knows no such provider."
    except (ImportError, ImproperlyConfigured, AttributeError, TypeError, ValueError) as error:
        return " ".join(str(error).split())
    return None


def _sender() -> list[CheckMessage]:
    address = settings.MAIL_FROM
    if has_form(address) and address.isprintable() and address.rpartition("@")[0].isascii():
        return []
    return [
        Error(
            f'MAIL_FROM is "{address}", which is no mail address.',
            hint="Set the address alone, like downloads@shop.example: the name is the shop's.",
            id="downloads.E013",
        )
    ]


def _bounces() -> list[CheckMessage]:
    try:
        require_view(settings.MAIL_PROVIDER)
    except NotFound:
        return []
    except SignatureRefused:
        return [
            Warning(
                "Nobody is told which mails came back: what the provider says cannot be believed.",
                hint='Set "WEBHOOK_SECRET" in ANYMAIL to a user and a password of your choice, '
                'like "user:password", and give the provider PUBLIC_BASE_URL/mail/bounces/'
                f"{settings.MAIL_PROVIDER} with them; or set the key it signs with.",
                id="downloads.W002",
            )
        ]
    return []
