"""Content-Disposition for downloads: a file name every client understands (RFC 6266)."""

import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

# Letters that Unicode takes apart no further, as people write them without.
_PLAIN = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
     "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i",
     "–": "-", "—": "-", "‘": "'", "’": "'", "“": "'", "”": "'", "„": "'", "…": "..."}
)  # fmt: skip
# What ends a quoted string, or is read as a code by clients that decode what is none.
_UNQUOTABLE = str.maketrans({'"': "'", "\\": "_", "%": "_"})
NAMELESS = "download"


def attachment(name: str) -> str:
    """Return a Content-Disposition that saves an answer under a name; plain where it has none.

    Clients that know no `filename*` take `filename`, which is in ASCII and keeps the ending; both
    stand there where they differ. Source: RFC 6266 4.3 and appendix D; CONTRACTS, Amendments.
    """
    if not name:
        return "attachment"
    plain = plain_name(name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=utf-8''{quote(name, safe='')}"


def plain_name(name: str) -> str:
    """Return a file name in ASCII, with the ending of this one, fit to stand between quotes."""
    path = PurePosixPath(name.replace("/", "_"))
    stem, ending = _plain(path.stem), _plain(path.suffix)
    if not any(char.isalnum() for char in stem):
        stem = NAMELESS
    return stem + (ending if len(ending) > 1 else "")


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    ascii_only = apart.encode("ascii", "ignore").decode().translate(_UNQUOTABLE)
    return " ".join("".join(char for char in ascii_only if char.isprintable()).split())
