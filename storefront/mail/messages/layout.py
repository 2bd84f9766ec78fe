"""Render a mail's content as text and as HTML from the same sentences."""

from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from downloads.brand.colours import shades_of
from downloads.brand.contacts import support_url
from downloads.models import Shop
from storefront.brand.marks import shown
from storefront.mail.messages.text import Sentence, as_lines, fill, quote

BORDER = "#3b76e1"


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


def as_html(letter: Letter, *, shop: Shop, logo: str = "") -> str:
    """Render a letter as HTML without external resources: no font, no style sheet, no image.

    But for the shop's `logo`, by the Content-ID of what is attached: it comes with the mail. A
    preview names the address of the picture instead.
    """
    return render_to_string("mail/letter.html", _context(letter, shop) | _look(shop, logo))


def _look(shop: Shop, logo: str) -> dict[str, Any]:
    return {
        "logo": logo,
        "logo_width": shown(shop.logo_width),
        "logo_height": shown(shop.logo_height),
        "border": shades_of(shop.accent).mail if shop.accent else BORDER,
    }


def _context(letter: Letter, shop: Shop) -> dict[str, Any]:
    by_hand = _("If the button does not work, copy this address into your browser:")
    return {
        "letter": letter,
        "shop_name": quote(shop.name),
        "by_hand": fill(by_hand) if len(letter.ways) == 1 else None,
        "answers": _answers(shop),
        "help": fill(_("You reach the shop here:")) if shop.support else None,
        "support": shop.support,
        "support_url": support_url(shop.support),
        "shop_lines": [as_lines(text) for text in (shop.address, shop.imprint) if text],
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
    }


def _answers(shop: Shop) -> Sentence:
    if shop.reply_to:
        return fill(_("If you have questions, simply reply to this mail."))
    return fill(
        _("Replies to this mail are not read. If you have questions, please contact the shop.")
    )
