"""The header `Retry-After`, as platforms write it."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from django.utils import timezone

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Read `Retry-After`: seconds, with a fraction at some, or a date."""
    text = headers.get("Retry-After", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return (parsedate_to_datetime(text) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return 1.0
