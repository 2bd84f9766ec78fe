"""Email address validation and comparison: which spellings are one mailbox (IDNA hosts)."""

import unicodedata
from collections.abc import Callable

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from downloads.errors import BadInput

NO_ADDRESS = "Enter a mail address, like ada@example.com."
MAX_LENGTH = 254


def require_address(text: str) -> str:
    """Return a mail address as it is kept: in lower case, its host in IDNA's own spelling.

    Mail servers find one mailbox behind every spelling of a host (`ｖictim.example`), so whatever
    is counted by address would else be counted afresh for each.

    Raises:
        BadInput: it is none, or mail cannot be sent there: an address literal, `localhost`, a host
            without a dot.
    """
    written = text.strip()
    # Between quotes an address may hold what ends the line of a mail's header; in a host stand
    # letters that nobody sees.
    if not written.isprintable():
        raise BadInput(NO_ADDRESS)
    email = _with_host(written.lower(), _in_letters)
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(NO_ADDRESS) from None
    if len(email) > MAX_LENGTH or not is_mailable(email):
        raise BadInput(NO_ADDRESS)
    return email


def is_mailable(email: str) -> bool:
    """Say whether an address's host is one of the public mail system's: a name with a dot."""
    host = email.rpartition("@")[2].removesuffix(".")
    return "." in host and not host.startswith("[") and not f".{host}".endswith(".localhost")


def spellings_of(email: str) -> set[str]:
    """Return how one mailbox may have been written down: its host as given, in letters, in IDNA's
    ASCII; all in lower case."""
    written = email.strip().lower()
    in_letters = _with_host(written, _in_letters)
    return {written, in_letters, _with_host(in_letters, _in_ascii)}


def counted_spelling(email: str) -> str:
    """Return what an address is counted by where a limit is kept: spellings that look or read alike
    share one count, also those of different mailboxes. Never compare rights by it."""
    written = _with_host(email.strip(), _in_letters)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).casefold())
    return "".join(sign for sign in folded if sign.isprintable())


def _with_host(email: str, spell: Callable[[str], str]) -> str:
    local, at, host = email.rpartition("@")
    return f"{local}{at}{spell(host)}" if at else email


def _in_letters(host: str) -> str:
    try:
        return idna.decode(idna.encode(host, uts46=True))
    except UnicodeError:
        # No host of IDNA 2008, as one with a sign in it; the same letters are still the same.
        return unicodedata.normalize("NFKC", host).lower()


def _in_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        return host
