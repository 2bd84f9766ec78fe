"""Refuse to start with settings that are unsafe where the public can reach them."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that decide who can forge, read or lose something."""
    return [*_secret(), *_public_address(), *_debug(), *_sqlite()]


def register_all() -> None:
    """Hang the checks into Django's own."""
    register(settings_are_safe)


def _secret() -> list[CheckMessage]:
    if not settings.PRODUCTION or settings.SECRET_KEY != settings.LAPTOP_SECRET_KEY:
        return []
    return [
        Error(
            "SECRET_KEY is the laptop's, which everybody knows.",
            hint="Set SECRET_KEY to 50 or more random characters, for example from "
            '`python -c "import secrets; print(secrets.token_urlsafe(50))"`.',
            id="downloads.E001",
        )
    ]


def _public_address() -> list[CheckMessage]:
    address = urlsplit(settings.PUBLIC_BASE_URL)
    is_local = address.hostname in LOCAL_HOSTS
    if settings.PRODUCTION and (is_local or address.scheme != "https"):
        return [
            Error(
                f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}; links sent to buyers would not "
                "work, or not be private.",
                hint="Set PUBLIC_BASE_URL to the https address buyers reach this service at.",
                id="downloads.E002",
            )
        ]
    if not settings.PRODUCTION and not is_local:
        return [
            Error(
                f"PUBLIC_BASE_URL is public ({settings.PUBLIC_BASE_URL}), but PRODUCTION is off.",
                hint="Set PRODUCTION=true, so that cookies, redirects and secrets are held to it.",
                id="downloads.E003",
            )
        ]
    return []


def _debug() -> list[CheckMessage]:
    if not (settings.PRODUCTION and settings.DEBUG):
        return []
    return [
        Error(
            "DEBUG shows settings and buyers' data to whoever meets an error.",
            hint="Leave DEBUG unset in production.",
            id="downloads.E004",
        )
    ]


def _sqlite() -> list[CheckMessage]:
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    options = database.get("OPTIONS", {})
    is_safe = (
        options.get("transaction_mode") == "IMMEDIATE"
        and options.get("timeout", 0) >= 5
        and "journal_mode=wal" in options.get("init_command", "").lower().replace(" ", "")
    )
    if is_safe:
        return []
    return [
        Error(
            "SQLite runs without the options that keep concurrent downloads from failing.",
            hint="Use config.settings.SQLITE_OPTIONS, or set DATABASE_URL to PostgreSQL.",
            id="downloads.E005",
        )
    ]
