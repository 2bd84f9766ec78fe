"""What WooCommerce writes outside on a webhook, how it signs one, and its knock beforehand."""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from downloads.tokens import make_token
from storefront.platforms.base import Envelope

_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Return what the headers of a webhook say; what is missing is empty."""
    return Envelope(
        shop_domain=_domain_of(headers.get("X-WC-Webhook-Source", "")),
        topic=headers.get("X-WC-Webhook-Topic", ""),
        delivery_id=headers.get("X-WC-Webhook-Delivery-ID", ""),
        signature=headers.get("X-WC-Webhook-Signature", ""),
    )


def is_ping(body: bytes) -> bool:
    """Say whether this is what WooCommerce sends when a webhook is saved: its number alone."""
    return _PING.fullmatch(body) is not None


def is_signed(envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
    """Say, in constant time, whether a secret signed exactly these bytes (HMAC-SHA256, base64)."""
    expected = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
    return hmac.compare_digest(expected, envelope.signature.encode())


def new_secret() -> str:
    """Return a fresh secret for the merchant to paste into WooCommerce.

    WordPress takes `<`, `&` and `%` out of what is pasted there, or rewrites them: it has none.
    """
    return make_token()


def complaint_about(secret: str) -> None:
    """Return none: a secret of WooCommerce's may be any text."""


def _domain_of(address: str) -> str:
    # The shop's home page: with a scheme or without, perhaps in a folder, perhaps with a port.
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return ""
    return (host or "").removeprefix("www.")
