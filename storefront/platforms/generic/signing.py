"""Which secrets a shop of one's own signs with, and what it signs.

Source: Standard Webhooks 1.0.0, “Signature scheme” (symmetric) and “Verifying signatures”.
"""

import base64
import binascii
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings

from storefront.platforms.base import Envelope

PREFIX = "whsec_"
FRESH_BYTES = 32
MIN_BYTES, MAX_BYTES = 24, 64
EPOCH = datetime.fromtimestamp(0, UTC)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
# In its one form alone: what is signed is the text, and what is compared the number.
_SECONDS = re.compile(r"0|[1-9][0-9]{0,10}")


def is_signed(envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
    """Say, in constant time, whether a secret signed this id, time and body, and lately.

    Lately is `WEBHOOK_TOLERANCE_SECONDS` before or after `at`.
    """
    key = _key_in(secret)
    if key is None or not envelope.delivery_id or not _is_recent(envelope.sent_at, at=at):
        return False
    content = f"{envelope.delivery_id}.{envelope.sent_at}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
    # A sender whose secret rotates signs with both. Other versions than v1 are not for us.
    signatures = envelope.signature.split(" ")
    return any(hmac.compare_digest(expected, each.encode()) for each in signatures)


def new_secret() -> str:
    """Return a fresh secret of 256 random bits."""
    return secret_of(secrets.token_bytes(FRESH_BYTES))


def secret_of(key: bytes) -> str:
    """Return the form in which a key is given to people."""
    return PREFIX + base64.b64encode(key).decode()


def complaint_about(secret: str) -> str | None:
    """Say what is wrong with a secret that somebody made elsewhere; null where nothing is."""
    key = _key_in(secret)
    if key is None:
        return (
            f"Such a secret is {PREFIX} and base64 behind it. "
            "Leave the field empty, and one is made for you."
        )
    if not MIN_BYTES <= len(key) <= MAX_BYTES:
        return f"This secret has {len(key)} bytes; it needs {MIN_BYTES} to {MAX_BYTES}."
    return None


def _key_in(secret: str) -> bytes | None:
    # The prefix tells people what they hold; many a sender leaves it out, or the padding.
    text = secret.removeprefix(PREFIX)
    if not _BASE64.fullmatch(text):
        return None
    text = text.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None


def _is_recent(sent_at: str, *, at: datetime) -> bool:
    if not _SECONDS.fullmatch(sent_at):
        return False
    tolerance = timedelta(seconds=settings.WEBHOOK_TOLERANCE_SECONDS)
    return abs(at - EPOCH - timedelta(seconds=int(sent_at))) <= tolerance
