"""What Shopify writes outside on a webhook, and how it signs one."""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime

from storefront.platforms.base import Envelope


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Return what the headers of a webhook say; what is missing is empty."""
    return Envelope(
        shop_domain=headers.get("X-Shopify-Shop-Domain", ""),
        topic=headers.get("X-Shopify-Topic", ""),
        # The same in every retry; the event's id is shared by several topics.
        delivery_id=headers.get("X-Shopify-Webhook-Id", ""),
        signature=headers.get("X-Shopify-Hmac-Sha256", ""),
    )


def is_signed(envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
    """Say, in constant time, whether a secret signed exactly these bytes (HMAC-SHA256, base64)."""
    expected = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
    return hmac.compare_digest(expected, envelope.signature.encode())


def is_ping(body: bytes) -> bool:
    """Say no: each webhook of Shopify's is signed, also its tests."""
    return False


def new_secret() -> None:
    """Return none: Shopify makes its secrets itself."""


def complaint_about(secret: str) -> None:
    """Return none: Shopify's secrets have no form that is told."""
