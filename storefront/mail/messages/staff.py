"""Alert mails to staff: wrong passwords at a sign-in, messages of the shop that were set aside.

Strangers can have the first one sent: nothing that one has typed stands in it, nor whose name it
was.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from downloads.errors import NotFound
from downloads.models import Mail, Message
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


def about_set_aside(mail: Mail, *, at: datetime) -> Letter:
    """Compose the alert about messages of a shop that were set aside.

    Raises:
        NotFound: none is any more.
    """
    count = mail.shop.messages.filter(state=Message.State.SET_ASIDE).count()
    if not count:
        raise NotFound
    opening = _(
        "Some of what the system of {shop} told us could not be applied: orders may be missing "
        "here, or be out of date."
    )
    waiting = _("Messages that wait for you: {count}")
    advice = _(
        "Each names its order and says why. Once the cause is mended it can be applied again, or "
        "its order be fetched anew. You are told of it once a day at most."
    )
    of_shop = {"state__exact": Message.State.SET_ASIDE.value, "shop__id__exact": mail.shop_id}
    listed = f"{reverse('admin:downloads_message_changelist')}?{urlencode(of_shop)}"
    return Letter(
        subject=fill(_("Messages of {shop} could not be applied"), shop=mail.shop.name),
        preheader=fill(waiting, count=count),
        opening=[fill(opening, shop=mail.shop.name), fill(waiting, count=count)],
        ways=[Way(fill(_("Look at the messages")), absolute(listed))],
        closing=[fill(advice)],
        reason=fill(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
    )
