"""Secrets that must be used again: stored encrypted, so that a dump of the database opens nothing.

What is only compared is hashed instead (`tokens`).
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from downloads.errors import SealBroken


def seal(secret: str) -> str:
    """Return a secret encrypted with the first of `ENCRYPTION_KEYS`."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return a sealed secret.

    Raises:
        SealBroken: none of `ENCRYPTION_KEYS` opens it.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken("A stored secret cannot be opened with ENCRYPTION_KEYS.") from None


def reseal(sealed: str) -> str:
    """Return a sealed secret encrypted anew with the first key, whichever it was sealed with.

    Raises:
        SealBroken: none of `ENCRYPTION_KEYS` opens it.
    """
    return seal(unseal(sealed))


def is_key(text: str) -> bool:
    """Say whether a text is a key as `Fernet.generate_key` makes them."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
