"""Bidirectional text isolation (UAX #9): others' words do not reorder what stands beside them.

Names, titles and addresses come from platforms, merchants and strangers, in any script. In HTML
`bdi` sets them apart; where no element can stand (an option, a title, a message), the isolates of
UAX #9 do. The faces for programs tell them as they are.
"""

import re
import unicodedata

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi

FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
ISOLATES = FIRST_STRONG_ISOLATE + END_OF_ISOLATE
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
# They would turn around what stands after them, or end the isolate they stand in.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def without_turns(text: str) -> str:
    """Return a text without embeddings, overrides and isolates, those of `isolate` included."""
    return _TURNS.sub("", text)


def isolate(text: object) -> str:
    """Isolate others' words in a plain text, where they need it.

    They do if they hold anything that runs from right to left, or stand among words that do. Not
    for what is isolated inside: a row's own words (`str(row)`) are so already.
    """
    plain = without_turns(str(text))
    if get_language_bidi() or _turns_left(plain):
        return f"{FIRST_STRONG_ISOLATE}{plain}{END_OF_ISOLATE}"
    return plain


def isolate_html(text: object) -> SafeString:
    """Escape others' words and isolate them in HTML, by a `bdi` element."""
    return format_html("<bdi>{}</bdi>", without_turns(str(text)))


def _turns_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text)
