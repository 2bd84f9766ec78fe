"""Render a mail's content as text and as HTML from the same sentences."""

from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from downloads.models import Shop
from storefront.mail.messages.text import Sentence, fill, quote


@dataclass(frozen=True)
class Item:
    """A download in a mail: its title, and what is allowed."""

    title: Sentence
    facts: list[Sentence]


@dataclass(frozen=True)
class Section:
    """A product in a mail, and its downloads."""

    title: Sentence
    items: list[Item]


@dataclass(frozen=True)
class Way:
    """A link in a mail: its URL and its words."""

    words: Sentence
    url: str


@dataclass(frozen=True)
class Letter:
    """The content of a mail, in order, independent of its format.

    `preheader` is what mail programs show beside the subject. `shop_words` are the merchant's own;
    `left_out` tells of what is not listed.
    """

    subject: Sentence
    preheader: Sentence
    opening: list[Sentence]
    ways: list[Way]
    closing: list[Sentence]
    reason: Sentence
    shop_words: str = ""
    sections: list[Section] = field(default_factory=list)
    left_out: Sentence | None = None


def as_text(letter: Letter, *, shop: Shop) -> str:
    """Render a letter as plain text, complete on its own."""
    return render_to_string("mail/letter.txt", _context(letter, shop))


def as_html(letter: Letter, *, shop: Shop) -> str:
    """Render a letter as HTML without external resources: no image, no font, no style sheet."""
    return render_to_string("mail/letter.html", _context(letter, shop))


def _context(letter: Letter, shop: Shop) -> dict[str, Any]:
    by_hand = _("If the button does not work, copy this address into your browser:")
    return {
        "letter": letter,
        "shop_name": quote(shop.name),
        "by_hand": fill(by_hand) if len(letter.ways) == 1 else None,
        "answers": _answers(shop),
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
    }


def _answers(shop: Shop) -> Sentence:
    if shop.reply_to:
        return fill(_("If you have questions, simply reply to this mail."))
    return fill(
        _("Replies to this mail are not read. If you have questions, please contact the shop.")
    )
