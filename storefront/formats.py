"""Read numbers that people and programs send, and write sizes for people."""

import re
from datetime import datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

# What a key of a row, and whatever else is counted in 64 bits, may be at most.
MAX_KEY = 2**63 - 1
UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
# Of the languages that have letters of their own for them, in the order of `UNITS`.
UNITS_IN = {
    "ar": ("بايت", "ك.ب", "م.ب", "غ.ب", "ت.ب", "ب.ب"),
    "fr": ("o", "Ko", "Mo", "Go", "To", "Po"),
}
SIZE = re.compile(r"([\d.]+)([A-Z]+)")


# A file's size stands in the answers of all who bought it.
@lru_cache(4096)
def size_text(size_bytes: int | None) -> str | None:
    """Format a size for people: 1000-based, no space, at most one decimal ("10MB", "1.5GB")."""
    if size_bytes is None:
        return None
    size = float(size_bytes)
    for unit in UNITS[:-1]:
        # Rounded first, so that 999,950 bytes read "1MB" and not "1000KB".
        if round(size, 1) < 1000:
            return f"{size:.1f}".removesuffix(".0") + unit
        size /= 1000
    return f"{size:.1f}".removesuffix(".0") + UNITS[-1]


def spaced_size(size_bytes: int | None) -> str | None:
    """Format a size for a screen: as `size_text`, in the reader's language, its unit apart."""
    return _size_in(get_language() or "en", size_bytes)


@lru_cache(4096)
def _size_in(language: str, size_bytes: int | None) -> str | None:
    text = size_text(size_bytes)
    found = None if text is None else SIZE.fullmatch(text)
    if found is None:
        return None
    number, unit = found.groups()
    words = UNITS_IN.get(language)
    shown = words[UNITS.index(unit)] if words else unit
    # On the same line as its number.
    return f"{number_format(number, use_l10n=True)}\N{NARROW NO-BREAK SPACE}{shown}"


def day_text(at: datetime | None) -> str:
    """Write a time as its day, as the reader's language does, in the zone of the screen."""
    return "" if at is None else date_format(timezone.localtime(at), "SHORT_DATE_FORMAT")


def moment_text(at: datetime | None) -> str:
    """Write a time, as the reader's language does, in the zone of the screen."""
    return "" if at is None else date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def zoned_text(at: datetime | None) -> str:
    """Write a time with its zone, for whoever reads it elsewhere."""
    return "" if at is None else f"{moment_text(at)} {timezone.localtime(at):%Z}"


def whole_number(text: str, *, most: int = MAX_KEY) -> int | None:
    """Return a number of ASCII digits alone, up to `most`; null for anything else."""
    # Python reads no number of thousands of digits, and says so in an error of its own.
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None
