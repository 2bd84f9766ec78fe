"""Email address validation and normalization (IDNA 2008 hosts, Unicode NFC).

Rights go by `mailbox_of`, which never makes one of two mailboxes. Rate limits go by
`counted_spelling`, which makes one of all that look or read alike.
"""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop

from downloads.errors import BadInput

NO_ADDRESS = gettext_noop("Enter a mail address, like ada@example.com.")
MAX_LENGTH = 254
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# NFC makes an ASCII sign of these three (the KELVIN SIGN a K). A mail server that does not may have
# two mailboxes there.
_NOT_ASCII = re.compile("([\u037e\u1fef\u212a])")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")


def mailbox_of(email: str) -> str:
    """Normalize a mail address: two are one mailbox if the results are equal.

    The host by IDNA, in letters and without a dot at its end; before it NFC and A to Z in lower
    case. What the databases and Python call lower case would make one of different mailboxes.
    """
    local, at, host = email.strip().rpartition("@")
    return f"{_canonical_local(local)}{at}{_in_letters(host) if at else _canonical_local(host)}"


def accepted_email(text: str) -> str | None:
    """Return the mail address that a shop took at its checkout, normalized; None if it is none.

    Shops take more than mail can be sent to (`takes_mail`): it names the buyer all the same.
    """
    text = text.strip()
    local, _at, host = text.rpartition("@")
    is_one = bool(local and host) and ("@" not in local or _is_quoted(local))
    # Before it is normalized: that takes long for a long one.
    if not is_one or len(text) > MAX_LENGTH or not text.isprintable():
        return None
    email = mailbox_of(text)
    return email if len(email) <= MAX_LENGTH else None


def require_email(text: str) -> str:
    """Validate and normalize a mail address.

    Raises:
        BadInput: it is none, or mail cannot be sent there: an address literal, `localhost`, a host
            without a dot, other letters than ASCII's before the host.
    """
    # Between quotes an address may hold what ends the line of a mail's header; in a host stand
    # letters that nobody sees.
    if not text.strip().isprintable():
        raise BadInput(NO_ADDRESS)
    email = mailbox_of(text)
    if len(email) > MAX_LENGTH or not takes_mail(email):
        raise BadInput(NO_ADDRESS)
    return email


def takes_mail(email: str) -> bool:
    """Say whether mail can be sent to an address, as `wire_spelling` writes it."""
    local, _at, host = email.rpartition("@")
    if has_odd_dots(local):
        email = f"{local.replace('.', '')}@{host}"
    # Django's pattern ignores case, and takes the KELVIN SIGN for a k.
    return has_form(email) and is_mailable(email)


def has_odd_dots(local: str) -> bool:
    """Say whether a local part has a dot at an end, or two in a row: `a..b`, `x.`.

    Japanese carriers gave out such addresses; between quotes mail gets there.
    """
    return bool(_ATOMS.fullmatch(local)) and "" in local.split(".") and local.strip(".") != ""


def has_form(text: str) -> bool:
    """Say whether a text has the form of a mail address, whether or not mail gets there."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_mailable(email: str) -> bool:
    """Say whether mail can be sent there: the local part ASCII, the host public and with a dot."""
    local, _at, host = email.rpartition("@")
    host = host.removesuffix(".")
    is_public = "." in host and not host.startswith("[") and not f".{host}".endswith(".localhost")
    return is_public and local.isascii()


def spellings_of(email: str) -> set[str]:
    """Return the spellings one mailbox may be stored in; compare them with `AsciiLower`."""
    mailbox = mailbox_of(email)
    as_given = email.strip().translate(_ASCII_LOWER)
    return {as_given, mailbox, _with_host(mailbox, _in_ascii)}


def wire_spelling(email: str) -> str:
    """Return a mail address as SMTP takes it: its host in ASCII, by IDNA 2008, odd dots in quotes.

    Left to Python, `ada@faß.example` would be mailed at fass.example, which is somebody else's.
    A host that cannot be written so stays as it is.
    """
    local, at, host = _with_host(email, _in_ascii).rpartition("@")
    return f'"{local}"{at}{host}' if has_odd_dots(local) else f"{local}{at}{host}"


def counted_spelling(email: str) -> str:
    """Return the spelling that rate limits count by (NFKC, case-folded): look-alikes share one."""
    spelling = _with_host(email.strip(), _in_letters)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", spelling).casefold())
    return "".join(sign for sign in folded if sign.isprintable())


def count_key(email: str) -> str:
    """Return a rate limit's key for a mail address, of fixed length."""
    spelling = counted_spelling(email).encode(errors="surrogatepass")
    return hashlib.sha256(spelling).hexdigest()[:32]


def _is_quoted(local: str) -> bool:
    return len(local) > 2 and local[0] == local[-1] == '"'


def _canonical_local(local: str) -> str:
    return _nfc(_nfc(local).translate(_ASCII_LOWER))


def _nfc(text: str) -> str:
    parts = _NOT_ASCII.split(text)
    return "".join(
        part if _NOT_ASCII.fullmatch(part) else unicodedata.normalize("NFC", part) for part in parts
    )


def _with_host(email: str, spell: Callable[[str], str]) -> str:
    local, at, host = email.rpartition("@")
    return f"{local}{at}{spell(host)}" if at else email


def _in_letters(host: str) -> str:
    # Most buyers have their mailboxes at few hosts. A name of the DNS has no more letters.
    return _kept_in_letters(host) if len(host) <= MAX_LENGTH else _spelt_in_letters(host)


def _spelt_in_letters(host: str) -> str:
    try:
        return idna.decode(idna.encode(host, uts46=True)).removesuffix(".")
    except UnicodeError:
        # The same letters are still the same.
        return _in_older_ascii(unicodedata.normalize("NFKC", host).lower().removesuffix("."))


_kept_in_letters = lru_cache(1000)(_spelt_in_letters)


def _in_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode().removesuffix(".")
    except UnicodeError:
        return _in_older_ascii(host)


def _in_older_ascii(host: str) -> str:
    """Return a host that IDNA 2008 has none for (one with a sign in it) by IDNA 2003, unless that
    makes another host of it, as it does of an ß."""
    with suppress(UnicodeError):
        older = host.encode("idna")
        return older.decode() if older.decode("idna") == host else host
    return host
