"""Time zones by their IANA names, as far as this machine knows them."""

from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def check_time_zone(name: str) -> None:
    """Judge a name of a time zone as IANA writes them."""
    if name not in available_timezones():
        raise ValidationError(_("There is no such time zone. Enter one like Europe/Berlin."))


def zone_named(name: str) -> ZoneInfo | None:
    """Return a zone; none for no name, or for one that was renamed since and is not known here."""
    return ZoneInfo(name) if name and name in available_timezones() else None
