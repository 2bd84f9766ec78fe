"""File name sanitization: as sent, but for what breaks out of a line, a folder or a header."""

import re
import unicodedata

from downloads.errors import BadInput

# What nearly every file system takes, counted in UTF-8.
MAX_NAME_BYTES = 255
_ZWNJ, _ZWJ = "\u200c", "\u200d"
# Invisible, and part of the word: joiners of Persian, of Indic scripts and of emoji, the marks
# that only lean to one side, and the tags that flags of regions are spelt with.
_KEPT = {_ZWNJ, _ZWJ, "\u200e", "\u200f", "\u061c", *map(chr, range(0xE0020, 0xE0080))}
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Some programs read a header's plain words as encoded ones (RFC 2047): the name would be another.
_ENCODED_WORD = "=?"
# What the device chooses a program by: "book.epub", "music.tar.gz".
_EXTENSION = re.compile(r"(?<=.)(?:\.tar)?\.[^. ]{1,32}\Z", re.IGNORECASE)


def safe_file_name(name: str) -> str:
    """Sanitize a file name, otherwise as it was sent.

    Spaces of every width become plain ones. Controls, embeddings, overrides and isolates go, and
    what stands before the last slash or backslash, dots and spaces at either end, and the beginning
    of an encoded word. A name of more than 255 bytes is cut before its extension, between two
    characters as they are seen. What else a header or a device reads as a sign is for whoever
    writes the header.

    Raises:
        BadInput: nothing is left of it.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = _cut("".join(map(_safe, name)).replace(_ENCODED_WORD, "=_").strip(" ."))
    if all(char in _KEPT or unicodedata.category(char)[0] in "MZ" for char in name):
        raise BadInput("The file needs a name. Rename it and upload it again.")
    return name


def _safe(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    is_dropped = category in _DROPPED and char not in _KEPT
    # What is assigned only in a later Unicode than ours is kept; what never will be is not.
    return "" if is_dropped or _is_noncharacter(ord(char)) else char


def _is_noncharacter(point: int) -> bool:
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _cut(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    match = _EXTENSION.search(name)
    extension = match[0] if match else ""
    stem = name.removesuffix(extension)
    room = MAX_NAME_BYTES - len(extension.encode())
    kept = stem.encode()[:room].decode(errors="ignore")
    # Not within a letter and its marks, or a picture that is joined of several.
    while kept and len(kept) < len(stem) and (_joins(stem[len(kept)]) or kept[-1] == _ZWJ):
        kept = kept[:-1]
    return f"{kept.rstrip(' .')}{extension}" if kept else stem[: room // 4] + extension


def _joins(char: str) -> bool:
    is_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
    return char in _KEPT or is_tone or unicodedata.category(char)[0] == "M"
