"""Logging settings: console and file handlers, every one of which redacts tokens."""

from pathlib import Path
from typing import Any

from config.table import given

FILTERS = ["repeats", "request_id"]
CONSOLE = {
    "class": "logging.StreamHandler",
    "filters": FILTERS,
    "formatter": "redacted",
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def logging_to(file: Path | None, *, level: str) -> dict[str, Any]:
    """Return Django's logging settings: lines of `level` and above, on the console and in a file.

    Every handler redacts; there is no other way out. Several processes write the file, and any of
    them begins a new one when it is full. What requests can cause without end is counted.
    """
    handlers = {"console": CONSOLE} | ({"file": _into(file)} if file else {})
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "django_guid.log_filters.CorrelationId"},
            "repeats": {
                "()": "config.log_repeats.CountsRepeats",
                "per_minute": given.LOG_SAME_PER_MINUTE,
            },
        },
        "formatters": {
            "redacted": {
                "()": "storefront.http.log_redaction.RedactingFormatter",
                "format": "{asctime} {levelname} {correlation_id} {name} {message}",
                "defaults": {"correlation_id": "-"},
                "style": "{",
            },
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": {
            # Django hangs handlers of its own on these two, which know no redaction.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # It says of every request that it has an id, and repeats one that it does not take,
            # whatever stands there.
            "django_guid": {"level": "ERROR"},
            # Several lines a message otherwise; the inbox says more, and a failure is logged.
            "django_tasks": {"level": "WARNING"},
            "django_tasks_db": {"level": "WARNING"},
        },
    }


def _into(file: Path) -> dict[str, Any]:
    return {
        "()": "config.log_files.SharedRotatingFileHandler",
        "filename": str(file),
        "max_bytes": given.LOG_MAX_BYTES,
        "kept_files": given.LOG_KEPT_FILES,
        "delay": True,
        "encoding": "utf-8",
        "filters": FILTERS,
        "formatter": "redacted",
    }
