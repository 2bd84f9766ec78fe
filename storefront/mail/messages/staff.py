"""Security alert mail to staff: wrong passwords at a sign-in.

Strangers can have it sent: nothing that one has typed stands in it, nor whose name it was.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from downloads.models import Mail
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import fill
from storefront.signed_urls import absolute


def about_sign_in(mail: Mail, *, at: datetime) -> Letter:
    """Compose the alert about wrong passwords at a staff sign-in."""
    opening = _(
        "At the sign-in for staff of {shop}, somebody has entered wrong passwords or codes many "
        "times: with your name, or with that of one of your staff."
    )
    way_in = _(
        "A device on which you have signed in before lets you in as always. On a new one you may "
        "be asked to wait for a moment."
    )
    advice = _(
        "A long password that you use nowhere else, and two-factor sign-in, keep such tries "
        "harmless. Whose name it was stands in the audit trail."
    )
    return Letter(
        subject=fill(_("Wrong passwords at the sign-in of {shop}"), shop=mail.shop.name),
        preheader=fill(_("Nobody was let in by them.")),
        opening=[
            fill(opening, shop=mail.shop.name),
            fill(_("Nobody was let in by them.")),
            fill(way_in),
        ],
        ways=[Way(fill(_("Open the sign-in")), absolute(reverse("admin:index")))],
        closing=[fill(advice)],
        reason=fill(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
    )
