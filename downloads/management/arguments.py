"""Arguments that several commands read: a shop, a time, and what is wrong with an option."""

from collections.abc import Mapping
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from downloads import lookups
from downloads.errors import NotFound
from downloads.models import Shop


def require_shop(domain: str) -> Shop:
    """Return the shop of a domain.

    Raises:
        CommandError: with the domains there are.
    """
    try:
        return lookups.shop_of_domain(domain)
    except NotFound as error:
        raise CommandError(str(error)) from None


def read_time(text: str) -> datetime | None:
    """Return a day's beginning, or a time; null for neither. Without a zone it is `TIME_ZONE`'s."""
    try:
        day = parse_date(text)
        at = parse_datetime(text) if day is None else datetime.combine(day, time())
    except ValueError:
        return None
    return timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at


def words_of(error: ValidationError, options: Mapping[str, str]) -> str:
    """Return what is wrong, by the option it was given with. `options` has them by field."""
    wrong = error.message_dict.items()
    return " ".join(f"{options.get(field, field)}: {' '.join(words)}" for field, words in wrong)
