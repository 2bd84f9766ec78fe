"""Encryption of stored secrets that must be used again (Fernet, rotating keys).

A dump of the database opens none. What is only compared is hashed instead (`tokens`).
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from downloads.errors import SealBroken


def seal(secret: str) -> str:
    """Encrypt a secret with the first of `ENCRYPTION_KEYS`."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt a sealed secret.

    Raises:
        SealBroken: none of `ENCRYPTION_KEYS` opens it.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken("A stored secret cannot be opened with ENCRYPTION_KEYS.") from None


def reseal(sealed: str) -> str:
    """Encrypt a sealed secret anew with the first key, whichever it was sealed with.

    Raises:
        SealBroken: none of `ENCRYPTION_KEYS` opens it.
    """
    return seal(unseal(sealed))


def is_key(text: str) -> bool:
    """Say whether a text is a Fernet key."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
