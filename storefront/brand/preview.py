"""Preview of a mail as a page: its inline styles become a style sheet of ours.

The content security policy lets no inline style through, and mail programs know no other.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone, translation

from downloads.models import Shop
from downloads.models.shops import LANGUAGES
from downloads.time_zones import zone_named
from storefront.brand.addresses import logo_url
from storefront.mail.messages.example import example_letter
from storefront.mail.messages.layout import as_html

_STYLE = re.compile(r'style="([^"]*)"')
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)


@dataclass(frozen=True)
class MailPreview:
    """A mail's subject, its HTML without styles, and the style sheet they went into."""

    subject: str
    body: str
    sheet: str


def mail_preview(shop: Shop, language: str, *, at: datetime) -> MailPreview:
    """Return the mail about an example order in a language, as its buyers would see it."""
    logo = logo_url(str(shop.logo.name)) if shop.logo else ""
    with translation.override(language), timezone.override(zone_named(shop.time_zone)):
        letter = example_letter(shop, at=at)
        html = as_html(letter, shop=shop, logo=logo)
        subject = letter.subject.text
    styles: list[str] = []

    def name(found: re.Match[str]) -> str:
        styles.append(found[1])
        return f'class="mail-{len(styles)}"'

    body = _STYLE.sub(name, _BODY.findall(html)[0])
    sheet = "\n".join(f".mail-{number} {{{style}}}" for number, style in enumerate(styles, 1))
    return MailPreview(subject, body, sheet)


def language_of(text: str, shop: Shop) -> str:
    """Return the language that is asked for, or the shop's own for one that there is not."""
    return text if text in dict(LANGUAGES) else shop.language
