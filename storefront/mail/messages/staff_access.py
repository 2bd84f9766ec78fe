"""Mails by which staff get in: a link to choose a password.

Strangers can have one sent: nothing that one has typed stands in it.
"""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads.errors import NotFound
from downloads.models import Mail
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import fill
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
