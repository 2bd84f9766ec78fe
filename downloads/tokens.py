"""Random tokens, stored as SHA-256 and shown once, with optional checksums."""

import hashlib
import secrets
import string
import zlib

MIN_LENGTH = 16
# No shop's is as long, and to hash one takes time.
MAX_LENGTH = 10_000
BASE_62 = string.digits + string.ascii_letters
TOKEN_LENGTH = 43
CHECKSUM_LENGTH = 6


def make_token() -> str:
    """Return a fresh secret of 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a secret in lower-case hex, the only form that is stored.

    A plain hash is enough: these secrets are random, so there is nothing to guess from it.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def is_fit(token: object) -> bool:
    """Say whether it may be the token by which a shop opens an order's page."""
    return isinstance(token, str) and MIN_LENGTH <= len(token) <= MAX_LENGTH


def with_checksum(text: str) -> str:
    """Append a CRC-32 checksum, in six characters of base 62."""
    return text + _checksum(text)


def has_checksum(text: str) -> bool:
    """Verify a text's checksum: whether it was copied whole."""
    body, tail = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return bool(body) and tail == _checksum(body)


def may_be_whole(text: str) -> bool:
    """Say whether a text may be a secret of `make_token`: with its checksum or, if older, without.

    Any other is not worth a query.
    """
    return len(text) == TOKEN_LENGTH or (
        len(text) == TOKEN_LENGTH + CHECKSUM_LENGTH and has_checksum(text)
    )


def _checksum(text: str) -> str:
    rest, digits = zlib.crc32(text.encode(errors="surrogatepass")), ""
    for _position in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE_62))
        digits = BASE_62[digit] + digits
    return digits
