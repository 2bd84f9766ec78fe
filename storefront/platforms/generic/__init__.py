"""A shop of one's own, which signs as Standard Webhooks says and speaks in our own words."""

from storefront.platforms.generic.envelopes import is_ping, read_envelope
from storefront.platforms.generic.messages import NAME, TITLE, WHERE_TO_SET_UP, apply, hear
from storefront.platforms.generic.signing import (
    complaint_about,
    is_signed,
    new_secret,
    secret_of,
)

__all__ = [
    "NAME",
    "TITLE",
    "WHERE_TO_SET_UP",
    "apply",
    "complaint_about",
    "hear",
    "is_ping",
    "is_signed",
    "new_secret",
    "read_envelope",
    "secret_of",
]
