"""The letter to staff about wrong passwords at a sign-in.

Strangers can have it sent: nothing that one has typed stands in it, nor whose name it was.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from downloads.models import Mail
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import say
from storefront.signed_urls import absolute


def about_sign_in(mail: Mail, *, at: datetime) -> Letter:
    """Tell somebody of a shop's staff that wrong passwords are tried at their sign-in."""
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
        subject=say(_("Wrong passwords at the sign-in of {shop}"), shop=mail.shop.name),
        preheader=say(_("Nobody was let in by them.")),
        opening=[
            say(opening, shop=mail.shop.name),
            say(_("Nobody was let in by them.")),
            say(way_in),
        ],
        ways=[Way(say(_("Open the sign-in")), absolute(reverse("admin:index")))],
        closing=[say(advice)],
        reason=say(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
    )
