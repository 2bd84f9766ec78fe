"""Mails by which staff get in: an invitation, or a link to choose a password.

Strangers can have the latter sent: nothing that one has typed stands in it.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads.encryption import unseal
from downloads.errors import NotFound, SealBroken
from downloads.models import Invitation, Mail
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import fill, moment
from storefront.signed_urls import absolute
from storefront.staff.mailed.links import link_minutes, mailed_link


def about_staff_link(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail with a link to choose a password, which is made here and kept nowhere.

    Raises:
        NotFound: its person may no longer sign in, or has another address by now.
    """
    person = mail.person
    if person is None or not (person.is_active and person.is_staff):
        raise NotFound
    if person.email.casefold() != mail.email.casefold():
        raise NotFound
    opening = _(
        "Somebody, probably you, asked for a new password for {name} at the sign-in for staff of "
        "{shop}. You can choose it here."
    )
    minutes = link_minutes()
    life = fill(
        ngettext(
            "The link works once and is good for {count} minute.",
            "The link works once and is good for {count} minutes.",
            minutes,
        ),
        count=minutes,
    )
    ends = _("A new password ends wherever you are signed in. Your second factor stays.")
    unchanged = _(
        "If it was not you, you need not do anything. Your password stays as it is. Give the link "
        "to nobody."
    )
    return Letter(
        subject=fill(_("Choose a new password for the staff of {shop}"), shop=mail.shop.name),
        preheader=life,
        opening=[
            fill(_("Hello,")),
            fill(opening, name=person.get_username(), shop=mail.shop.name),
        ],
        ways=[Way(fill(_("Choose a new password")), mailed_link(person, at=at))],
        closing=[life, fill(ends), fill(unchanged)],
        reason=fill(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
    )


def about_invitation(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail with an invitation to work for a shop.

    Raises:
        NotFound: it was accepted, withdrawn or made anew, or is over.
    """
    offered = Invitation.objects.open(at).filter(shop=mail.shop, email=mail.email)
    invitation = offered.exclude(sealed_token="").first()  # nosec B106 (none)
    if invitation is None:
        raise NotFound
    try:
        token = unseal(invitation.sealed_token)
    except SealBroken:
        raise NotFound from None
    opening = _(
        "{shop} invites you to work with its orders and downloads. With this link you choose a "
        "password, or accept with the sign-in that you have."
    )
    secret = _("Give the link to nobody: whoever opens it works for the shop from then on.")
    stranger = _("If you do not know the shop, you need not do anything.")
    life = fill(
        _("The link works once, until {end}."),
        end=moment(invitation.expires_at),
    )
    return Letter(
        subject=fill(_("You are invited to work for {shop}"), shop=mail.shop.name),
        preheader=life,
        opening=[fill(_("Hello,")), fill(opening, shop=mail.shop.name)],
        ways=[Way(fill(_("Accept the invitation")), absolute(reverse("invitation", args=[token])))],
        closing=[life, fill(secret), fill(stranger)],
        reason=fill(
            _("You receive this mail because {shop} has invited this address."),
            shop=mail.shop.name,
        ),
    )
