"""How a rule's words are compared with a product's: case-folded, an SKU by its stars."""

import re
from fnmatch import translate
from functools import lru_cache


def same(word: str, *others: str | None) -> bool:
    """Say whether a word is one of the others, upper and lower case alike."""
    return plain(word) in map(plain, others)


def plain(word: str | None) -> str:
    """Return a word as it is compared."""
    return str(word or "").strip().casefold()


@lru_cache(1000)
def pattern(text: str) -> re.Pattern[str]:
    """Compile the stars of an SKU."""
    # A bracket is a bracket in an SKU. What stars are translated to takes linear time.
    return re.compile(translate(plain(text).replace("[", "[[]")))
