"""Compose an email message from a row of the outbox; safe against header injection."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from email.charset import QP, Charset
from email.utils import format_datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation

from downloads.email_addresses import takes_mail, wire_spelling
from downloads.errors import MailRefused
from downloads.models import Mail, Shop
from downloads.time_zones import zone_named
from storefront.mail.messages.account import about_password, about_registration
from storefront.mail.messages.example import about_example
from storefront.mail.messages.layout import Letter, as_html, as_text
from storefront.mail.messages.links import about_links
from storefront.mail.messages.logo import MailLogo
from storefront.mail.messages.order_moved import about_moved
from storefront.mail.messages.order_ready import about_order
from storefront.mail.messages.staff import about_set_aside, about_sign_in
from storefront.mail.messages.staff_access import about_invitation, about_staff_link
from storefront.mail.messages.staff_news import about_figures, about_used_up
from storefront.mail.messages.text import Sentence, one_line
from storefront.models import StaffLanguage

LONGEST_SENDER = 70
LONGEST_SUBJECT = 78
SHORTEST_NAME = 20
LETTERS: dict[str, Callable[..., Letter]] = {
    Mail.Kind.ORDER: about_order,
    Mail.Kind.LINKS: about_links,
    Mail.Kind.REGISTRATION: about_registration,
    Mail.Kind.PASSWORD: about_password,
    Mail.Kind.SIGN_IN: about_sign_in,
    Mail.Kind.SET_ASIDE: about_set_aside,
    Mail.Kind.ONCE: about_order,
    Mail.Kind.MOVED: about_moved,
    Mail.Kind.STAFF_LINK: about_staff_link,
    Mail.Kind.INVITATION: about_invitation,
    Mail.Kind.USED_UP: about_used_up,
    Mail.Kind.FIGURES: about_figures,
    Mail.Kind.TEST: about_example,
}
# Both parts as any mail server takes them, their lines short.
SEVEN_BITS = Charset("utf-8")
SEVEN_BITS.body_encoding = QP
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
# Within quotes these two alone mean something.
_QUOTABLE = str.maketrans({'"': "'", "\\": "/"})


def compose(mail: Mail, *, at: datetime) -> EmailMultiAlternatives:
    """Compose a mail as text and as HTML, in the shop's time and language, or in its person's.

    Raises:
        NotFound: there is nothing to tell any more.
        MailRefused: its address is none that a mail server takes.
    """
    shop = mail.shop
    language = _language_of(mail)
    with translation.override(language), timezone.override(zone_named(shop.time_zone)):
        letter = LETTERS[mail.kind](mail, at=at)
        logo = MailLogo(shop)
        text = as_text(letter, shop=shop)
        html = as_html(letter, shop=shop, logo=logo.source)
        subject = _in_header(_fitted(letter.subject).text)
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=f'"{_sender(shop)}" <{settings.MAIL_FROM}>',
        to=[_require_email(mail.email)],
        reply_to=[wire_spelling(shop.reply_to)] if _is_sendable(shop.reply_to) else None,
        headers=_headers(mail, language=language, at=at),
    )
    message.attach_alternative(html, "text/html")
    logo.attach_to(message)
    message.encoding = SEVEN_BITS
    return message


def _language_of(mail: Mail) -> str:
    if mail.person_id is None:
        return mail.shop.language
    chosen = StaffLanguage.objects.filter(user=mail.person_id).values_list("language", flat=True)
    return chosen.first() or mail.shop.language


def message_id_of(mail: Mail) -> str:
    """Return a mail's Message-ID: the same at each try.

    Whoever gets one twice after all is shown it once by a mail program that knows it by this.
    """
    if _MESSAGE_ID.fullmatch(mail.message_id):
        return mail.message_id
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    facts = f"{host} {mail.pk} {mail.kind} {mail.email} {mail.order_id}"
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, facts)}@{host}>"


def _headers(mail: Mail, *, language: str, at: datetime) -> dict[str, str]:
    return {
        "Message-ID": message_id_of(mail),
        "Date": format_datetime(at),
        "Content-Language": language,
        # No answering machine is to answer it.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _fitted(subject: Sentence) -> Sentence:
    """Shorten the shop's name in a subject so that it is shown whole."""
    too_long = len(subject.text) - LONGEST_SUBJECT
    name = str(subject.gaps["shop"])
    if too_long <= 0:
        return subject
    shorter = one_line(name, most=max(SHORTEST_NAME, len(name) - too_long))
    return Sentence(subject.words, subject.gaps | {"shop": shorter})


def _sender(shop: Shop) -> str:
    name = _in_header(one_line(shop.name, most=LONGEST_SENDER)).translate(_QUOTABLE)
    return name or shop.domain


def _in_header(text: str) -> str:
    # Else a reader would decode what only looks encoded, and was never ours.
    return text.replace("=?", "= ?")


def _require_email(email: str) -> str:
    if not _is_sendable(email):
        raise MailRefused("Mail cannot be sent to this address.", for_good=True)
    return wire_spelling(email)


def _is_sendable(email: str) -> bool:
    """Say whether this is one mail address that is sent as it is, encoded by nobody else."""
    is_written_plainly = email.isprintable() and wire_spelling(email).isascii()
    return is_written_plainly and takes_mail(email)
