"""Validation of platform API URLs, which a merchant enters and we call with a token."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from downloads.links import is_public_host

_UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"'<>^`{|}]")


def clean_url(text: str) -> str:
    """Return an address as it is stored: the scheme, the host in lower case, and a folder if any.

    Raises:
        ValidationError: with a message that says what to enter instead.
    """
    text = text.strip()
    schemes = ("https", "http") if settings.ALLOW_PRIVATE_PLATFORMS else ("https",)
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError("This is not a web address. Copy it from your browser.") from None
    if _UNSAFE.search(text) or not host:
        raise ValidationError("This is not a web address. Copy it from your browser.")
    if parts.scheme not in schemes:
        raise ValidationError("The address must begin with https://: a token goes there.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("Remove the user name and password from the address.")
    if parts.query or parts.fragment:
        raise ValidationError("Remove what follows the ? or # in the address.")
    if not settings.ALLOW_PRIVATE_PLATFORMS and not is_public_host(host):
        raise ValidationError("Enter the shop's public address, not a local or private one.")
    place = f"[{host}]" if ":" in host else host
    place = place if port is None else f"{place}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def has_same_host(address: str, other: str) -> bool:
    """Say whether what is meant for one of these addresses may go to the other."""
    first, second = urlsplit(address), urlsplit(other)
    return (first.scheme, first.netloc) == (second.scheme, second.netloc)
