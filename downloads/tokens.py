"""Secrets that are only compared: made here, kept as a hash, shown once."""

import hashlib
import secrets

MIN_LENGTH = 16


def make_token() -> str:
    """Return a fresh secret of 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a secret in lower-case hex, the only form that is stored.

    A plain hash is enough: these secrets are random, so there is nothing to guess from it.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
