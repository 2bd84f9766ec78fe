"""Account mails: confirm the mail address, or choose a new password.

Anybody can have them sent, to anybody: nothing that a stranger has typed stands in them.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads import lookups
from downloads.models import Account, Mail, Shop
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import Sentence, fill
from storefront.signed_urls import account_url


def about_registration(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail about a registration, or about one that had been before.

    Raises:
        NotFound: its account is gone.
    """
    account = lookups.account_for_mail(mail.shop, mail.email)
    if account.confirmed_at is not None:
        return _registered_before(mail.shop, account, at=at)
    opening = _(
        "Somebody, probably you, registered an account at {shop} with this mail address. To "
        "confirm the address, please choose a password here."
    )
    return _letter(
        mail.shop,
        account,
        at=at,
        subject=_("Confirm your mail address at {shop}"),
        opening=[fill(opening, shop=mail.shop.name)],
        action=_("Confirm and choose a password"),
        otherwise=_(
            "If it was not you, you need not do anything. Nobody gets to see anything of yours."
        ),
    )


def about_password(mail: Mail, *, at: datetime) -> Letter:
    """Compose the password reset mail.

    Raises:
        NotFound: the account is gone.
    """
    account = lookups.account_for_mail(mail.shop, mail.email)
    opening = _(
        "Somebody, probably you, asked for a new password for the account at {shop} with this "
        "mail address. You can choose it here."
    )
    return _letter(
        mail.shop,
        account,
        at=at,
        subject=_("Choose a new password for {shop}"),
        opening=[fill(opening, shop=mail.shop.name)],
        action=_("Choose a new password"),
        otherwise=_unchanged(),
    )


def _registered_before(shop: Shop, account: Account, *, at: datetime) -> Letter:
    opening = _(
        "Somebody, probably you, wanted to register an account at {shop} with this mail address. "
        "There is one already: please sign in with its password."
    )
    forgotten = _("If you have forgotten the password, you can choose a new one here.")
    return _letter(
        shop,
        account,
        at=at,
        subject=_("You already have an account at {shop}"),
        opening=[fill(opening, shop=shop.name), fill(forgotten)],
        action=_("Choose a new password"),
        otherwise=_unchanged(),
    )


def _letter(
    shop: Shop,
    account: Account,
    *,
    at: datetime,
    subject: str,
    opening: list[Sentence],
    action: str,
    otherwise: str,
) -> Letter:
    life = _life()
    return Letter(
        subject=fill(subject, shop=shop.name),
        preheader=life,
        opening=[fill(_("Hello,")), *opening],
        ways=[Way(fill(action), account_url(account, at=at))],
        closing=[life, fill(otherwise)],
        reason=fill(
            _("You receive this mail because this address was entered at {shop}."), shop=shop.name
        ),
    )


def _life() -> Sentence:
    hours = settings.ACCOUNT_TICKET_HOURS
    words = ngettext(
        "The link works once and is good for {count} hour.",
        "The link works once and is good for {count} hours.",
        hours,
    )
    return fill(words, count=hours)


def _unchanged() -> str:
    return _("If it was not you, you need not do anything. Your password stays as it is.")
