"""Translated sentences of a mail, with placeholders for untrusted text.

What is filled in comes from platforms, merchants and strangers. It stays on its line, cannot turn
the direction of what follows it, and is escaped where it stands in HTML.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from downloads.bidi import isolate, isolate_html, without_turns

LONGEST_NAME = 200
LONGEST_TEXT = 5_000
# Django has their months with a capital, which they have at most at a sentence's beginning.
SMALL_MONTHS = frozenset({"it", "pt"})

_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Sentence:
    """Translated words with `{gaps}`, and what stands in each gap.

    A whole number stands as it is; a text is set apart from the direction of its surroundings.
    """

    words: str
    gaps: dict[str, str | int] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        return self.words.format(**{name: _in_text(gap) for name, gap in self.gaps.items()})

    @cached_property
    def html(self) -> SafeString:
        if not self.gaps:
            return escape(self.words)
        return format_html(self.words, **{name: _in_html(gap) for name, gap in self.gaps.items()})


def fill(words: str, **gaps: str | int) -> Sentence:
    """Fill a sentence's gaps. Each text becomes one line of bounded length."""
    lines = {name: gap if isinstance(gap, int) else one_line(gap) for name, gap in gaps.items()}
    return Sentence(words, lines)


def quote(text: str) -> Sentence:
    """Return others' words, as a title, as a sentence of their own."""
    return fill("{text}", text=text)


def one_line(text: str, *, most: int = LONGEST_NAME) -> str:
    """Sanitize a text to one line of at most so many characters."""
    line = " ".join(_CONTROLS.sub(" ", _plain(text)).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def as_lines(text: str) -> str:
    """Sanitize a text of several lines, of at most 5,000 characters."""
    lines = [_CONTROLS.sub(" ", line).rstrip() for line in _LINE_BREAK.split(_plain(text))]
    return "\n".join(lines).strip()[:LONGEST_TEXT].rstrip()


def moment(at: datetime) -> str:
    """Format a time in the language of the mail, with its zone."""
    local = timezone.localtime(at)
    return _("{date}, {time}").format(date=day(at), time=date_format(local, "H:i e"))


def day(at: datetime) -> str:
    """Format a date in the language of the mail."""
    text = date_format(timezone.localtime(at), "DATE_FORMAT")
    return text.lower() if get_language() in SMALL_MONTHS else text


def is_private(text: str) -> bool:
    """Say whether a text holds control or invisible characters."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text)


def _plain(text: str) -> str:
    return _HALF_CHARACTERS.sub("\ufffd", without_turns(text))


def _in_text(gap: str | int) -> str:
    return str(gap) if isinstance(gap, int) else isolate(gap)


def _in_html(gap: str | int) -> str:
    return str(gap) if isinstance(gap, int) else isolate_html(gap)
