"""Time zones by their IANA names, as far as this machine knows them."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def _known() -> frozenset[str]:
    # Python looks through the whole folder of them each time, some 600 files.
    return frozenset(available_timezones())


def check_time_zone(name: str) -> None:
    """Judge a name of a time zone as IANA writes them."""
    if name not in _known():
        raise ValidationError(_("There is no such time zone. Enter one like Europe/Berlin."))


def zone_named(name: str) -> ZoneInfo | None:
    """Return a zone; none for no name, or for one that was renamed since and is not known here."""
    return ZoneInfo(name) if name and name in _known() else None
