"""System checks of security settings: refuse to start where they are unsafe in production."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from downloads.encryption import is_key

MIN_SECRET_LENGTH = 50
MIN_SECRET_VARIETY = 10
WAYS_OUT = ("application", "nginx")
SECOND_FACTOR = ("optional", "required")
# With RETURNING: a new row's number comes back with the statement that made it.
LEAST_SQLITE = (3, 35, 0)
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that decide who can forge, read or lose something."""
    return [
        *_secret(),
        *_encryption(),
        *_public_address(),
        *_debug(),
        *_sqlite(),
        *_sqlite_version(),
        *_hosts(),
        *_limits(),
        *_cache(),
        *_way_out(),
        *_graphiql(),
        *_second_factor(),
    ]


def register_all() -> None:
    """Register the checks with Django."""
    register(settings_are_safe)


def _secret() -> list[CheckMessage]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not settings.PRODUCTION or not any(map(_is_weak, keys)):
        return []
    return [
        Error(
            "SECRET_KEY, or one of SECRET_KEY_FALLBACKS, is too weak or known to everybody.",
            hint="Set SECRET_KEY to 50 or more random characters, for example from "
            '`python -c "import secrets; print(secrets.token_urlsafe(50))"`.',
            id="downloads.E001",
        )
    ]


def _is_weak(key: str) -> bool:
    is_known = key == settings.LAPTOP_SECRET_KEY or key.startswith("django-insecure-")
    return is_known or len(key) < MIN_SECRET_LENGTH or len(set(key)) < MIN_SECRET_VARIETY


def _encryption() -> list[CheckMessage]:
    keys = settings.ENCRYPTION_KEYS
    is_known = settings.PRODUCTION and settings.LAPTOP_ENCRYPTION_KEY in keys
    if keys and all(map(is_key, keys)) and not is_known:
        return []
    return [
        Error(
            "ENCRYPTION_KEYS is empty, known to everybody, or not made of keys.",
            hint="Set ENCRYPTION_KEYS to one or more keys, separated by commas, each from "
            '`python -c "from cryptography.fernet import Fernet; '
            'print(Fernet.generate_key().decode())"`.',
            id="downloads.E008",
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
            hint="Use config.databases.SQLITE_OPTIONS, or set DATABASE_URL to PostgreSQL.",
            id="downloads.E005",
        )
    ]


def _sqlite_version() -> list[CheckMessage]:
    is_used = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if not is_used or sqlite3.sqlite_version_info >= LEAST_SQLITE:
        return []
    least = ".".join(map(str, LEAST_SQLITE))
    return [
        Error(
            f"SQLite here is {sqlite3.sqlite_version}; {least} or newer is needed.",
            hint="Use a Python whose sqlite3 is newer, or set DATABASE_URL to PostgreSQL.",
            id="downloads.E015",
        )
    ]


def _hosts() -> list[CheckMessage]:
    if not settings.PRODUCTION or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "ALLOWED_HOSTS answers to any name.",
            hint="Name the hosts, or leave ALLOWED_HOSTS unset: PUBLIC_BASE_URL's is then used.",
            id="downloads.E006",
        )
    ]


def _limits() -> list[CheckMessage]:
    too_small = [
        (name, f"Set {least} or more.")
        for name, (least, _most) in settings.BOUNDS.items()
        if getattr(settings, name) < least
    ]
    too_large = [
        (name, f"Set {most} or less: no calendar reaches farther.")
        for name, (_least, most) in settings.BOUNDS.items()
        if most is not None and getattr(settings, name) > most
    ]
    return [
        Error(f"{name} is {getattr(settings, name)}.", hint=hint, id="downloads.E007")
        for name, hint in (*too_small, *too_large)
    ]


def _cache() -> list[CheckMessage]:
    is_shared = not settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    if not settings.PRODUCTION or is_shared:
        return []
    return [
        Warning(
            "Each process counts for itself who asks too often.",
            hint="Serve with one process, or set CACHE_URL to a Redis that all of them share.",
            id="downloads.W001",
        )
    ]


def _graphiql() -> list[CheckMessage]:
    if not (settings.PRODUCTION and settings.GRAPHIQL_HEADERS):
        return []
    return [
        Error(
            "GRAPHIQL_HEADERS shows a key and a bearer to whoever opens GraphiQL.",
            hint="Leave GRAPHIQL_HEADERS unset in production; each user enters their own.",
            id="downloads.E010",
        )
    ]


def _way_out() -> list[CheckMessage]:
    if settings.FILES_LEAVE_BY in WAYS_OUT:
        return []
    return [
        Error(
            f'FILES_LEAVE_BY is "{settings.FILES_LEAVE_BY}", which is no way out for files.',
            hint=f"Set it to one of: {', '.join(WAYS_OUT)}.",
            id="downloads.E009",
        )
    ]


def _second_factor() -> list[CheckMessage]:
    if settings.STAFF_SECOND_FACTOR in SECOND_FACTOR:
        return []
    return [
        Error(
            f'STAFF_SECOND_FACTOR is "{settings.STAFF_SECOND_FACTOR}", which says nothing.',
            hint=f"Set it to one of: {', '.join(SECOND_FACTOR)}.",
            id="downloads.E014",
        )
    ]
