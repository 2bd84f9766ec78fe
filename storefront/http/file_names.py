"""File names in `Content-Disposition` (RFC 6266) and at the end of a URL."""

import re
import unicodedata
from urllib.parse import quote

# What a file system takes.
PLAIN_MAX_LENGTH = 255
NAMELESS = "download"
# Letters and signs that Unicode takes apart into nothing plainer.
_PLAINER = str.maketrans(
    dict(zip("ßẞæÆœŒþÞ", ("ss", "SS", "ae", "AE", "oe", "OE", "th", "Th"), strict=True))
    | dict(zip("øØłŁđĐðÐħĦıŋŊŧŦə×", "oOlLdDdDhHinNtTex", strict=True))
    | dict.fromkeys("‘’‚‛′ʼʻ“”„‟″«»‹›", "'")
    | dict.fromkeys("‐‑‒–—―−⁄·•", "-")
    | {"€": "EUR"}
)
# What would end the quotes, be taken for a folder, or be read as encoded by some clients and as
# it stands by others (RFC 6266, appendix D).
_MISREAD = re.compile(r'[\x00-\x1f\x7f"%\\/]')
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ENDING = re.compile(r"(?:\.[A-Za-z0-9]{1,10}){1,2}\Z")


def disposition(name: str) -> str:
    """Return a Content-Disposition header: `filename`, and `filename*` where they differ.

    Many programs know the plain form alone. Source: CONTRACTS, "`Content-Disposition`".
    """
    if not name:
        return "attachment"
    plain = plain_name(name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=utf-8''{url_name(name)}"


def plain_name(name: str) -> str:
    """Transliterate a file name to ASCII, with the same extension.

    Letters lose their accents; those of other scripts are left out, and `download` stands where
    no letter and no digit remains.
    """
    plain = _MISREAD.sub("_", name)
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", plain.translate(_PLAINER))
        # Once more: a sign of full width, say, has become a plain one.
        plain = _MISREAD.sub("_", _NOT_ASCII.sub("", decomposed.translate(_PLAINER)))
    match = _ENDING.search(plain)
    ending = match.group() if match else ""
    stem = plain.removesuffix(ending)
    if not name.isascii():
        stem = " ".join(stem.split()).strip(" ._-")
        stem = stem if any(char.isalnum() for char in stem) else NAMELESS
    return stem[: PLAIN_MAX_LENGTH - len(ending)] + ending


def url_name(name: str) -> str:
    """Percent-encode a name for a URL or a header: UTF-8, all but letters and digits."""
    return quote(name, safe="", errors="replace")
