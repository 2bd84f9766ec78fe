"""Parse file sizes as people write them ("1.5GB", "1,500 MB", "10 Mo") in any locale."""

import re
import unicodedata

from downloads.errors import BadInput

HOW = 'Enter a number and a unit, like "10MB" or "1.5GB".'
LARGEST_BYTES = 10**18
_DECIMAL_LETTERS = ("", "k", "m", "g", "t", "p")
_BINARY_LETTERS = ("", "ki", "mi", "gi", "ti", "pi")
_ENDINGS = ("b", "byte", "bytes", "o", "octet", "octets")
_NAMES = ("", "kilo", "mega", "giga", "tera", "peta")
_BINARY_NAMES = ("", "kibi", "mebi", "gibi", "tebi", "pebi")
_CYRILLIC = ("б", "кб", "мб", "гб", "тб", "пб")
# Each unit in lower case → its bytes. A bare "M" or "gig" is a unit too.
UNITS: dict[str, int] = {
    **{unit: 1000**power for power, unit in enumerate(_DECIMAL_LETTERS[1:], start=1)},
    **{unit: 1000**power for power, unit in enumerate(_CYRILLIC)},
    "meg": 1000**2,
    "megs": 1000**2,
    "gig": 1000**3,
    "gigs": 1000**3,
    **{
        start + ending: base**power
        for base, starts in (
            (1000, _DECIMAL_LETTERS),
            (1024, _BINARY_LETTERS),
            (1000, _NAMES),
            (1024, _BINARY_NAMES),
        )
        for power, start in enumerate(starts)
        for ending in (_ENDINGS if starts in (_NAMES, _BINARY_NAMES) else ("b", "o"))
    },
}
_SIZE = re.compile(r"([0-9.,][0-9.,' _]{,30}?) *([^\W\d_]*)\.?")
# By thousands, or by lakhs and crores.
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' _][0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_POINTS = str.maketrans("٫٬،’ʼ′`", ".,,''''")


def read_size(text: str) -> int:
    """Parse a size; return how many bytes it is.

    A comma or a point is understood by where it stands: "1,5 GB" and "1.5 GB" are one size, and
    so are "1,500 MB", "1 500 MB" and "1'500 MB".

    Raises:
        BadInput: it is no size, or may be one of two; the message says what to write.
    """
    match = _SIZE.fullmatch(_plain(text))
    if match is None:
        raise BadInput(HOW)
    number, unit = match[1], match[2].lower()
    if number[0] in ".,":
        number = f"0{number}"
    if not unit:
        raise BadInput(f'Add the unit: "{number} MB", say.')
    if unit not in UNITS:
        raise BadInput(HOW)
    whole, fraction = _read_number(number, match[2])
    size_bytes = int(f"{whole}{fraction}") * UNITS[unit] // 10 ** len(fraction)
    if not size_bytes:
        raise BadInput("Enter a size above 0, or leave it empty if unknown.")
    if size_bytes > LARGEST_BYTES:
        raise BadInput("This is larger than any file. Check the number and the unit.")
    return size_bytes


def _plain(text: str) -> str:
    """Return a text with ASCII digits, plain spaces and plain signs, whatever keyboard wrote it."""
    text = unicodedata.normalize("NFKC", text).translate(_POINTS)
    signs = (" " if char.isspace() else str(unicodedata.decimal(char, char)) for char in text)
    # "é" as in "mégaoctets", and marks that only turn.
    letters = unicodedata.normalize("NFD", "".join(signs))
    return "".join(c for c in letters if unicodedata.category(c) not in {"Mn", "Cf"}).strip()


def _read_number(number: str, unit: str) -> tuple[str, str]:
    """Return the digits before and after the decimal sign."""
    signs = [sign for sign in number if not sign.isdigit()]
    decimal = signs[-1] if signs and _ends_in_fraction(number, signs, unit) else None
    whole, _, fraction = number.rpartition(decimal) if decimal else (number, "", "")
    marks = set(whole) - set("0123456789")
    is_whole = whole.isdigit() or (len(marks) == 1 and _GROUPED.fullmatch(whole))
    if not is_whole or (decimal and not fraction):
        raise BadInput(HOW)
    return re.sub(r"\D", "", whole), fraction


def _ends_in_fraction(number: str, signs: list[str], unit: str) -> bool:
    """Say whether the last sign in a number begins its fraction, and does not group thousands."""
    last = signs[-1]
    if last not in ".,":
        return False
    if len(signs) > 1:
        return signs.count(last) == 1
    whole, _, rest = number.partition(last)
    if len(rest) != 3 or len(whole) > 3 or whole.startswith("0"):
        return True
    if UNITS[unit.lower()] == 1 or (last == "," and UNITS[unit.lower()] < 1000**3):
        return False
    short = f"{float(f'{whole}.{rest}'):.2f}".rstrip("0").rstrip(".")
    raise BadInput(
        f'"{number} {unit}" can be read in two ways. Write "{short} {unit}" or '
        f'"{whole}{rest} {unit}".'
    )
