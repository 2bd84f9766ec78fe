"""Requested links mail: the order pages of a mail address."""

from datetime import datetime

from django.utils.translation import gettext as _

from downloads import lookups
from downloads.lookups.mails import MOST_ORDERS
from downloads.models import Mail, Order
from storefront.mail.messages.layout import Letter, Way
from storefront.mail.messages.text import Sentence, day, fill
from storefront.signed_urls import ticket_url


def about_links(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail with the links to an address's orders in the mail's shop.

    Raises:
        NotFound: none of them has anything to download.
    """
    orders = lookups.orders_for_mail(mail.shop, mail.email, at=at)
    ways = [Way(_name_of(order), ticket_url(order)) for order in orders]
    opening = _(
        "You asked for the links to your downloads at {shop}. Here they are, the newest order "
        "first."
    )
    return Letter(
        subject=fill(_("Your download links from {shop}"), shop=mail.shop.name),
        preheader=ways[0].words,
        opening=[fill(_("Hello,")), fill(opening, shop=mail.shop.name)],
        ways=ways,
        closing=_closing(is_full=len(orders) == MOST_ORDERS),
        reason=_reason(),
    )


def _name_of(order: Order) -> Sentence:
    words = _("Order {number} of {date}")
    return fill(words, number=order.shown_number, date=day(order.placed_at))


def _closing(*, is_full: bool) -> list[Sentence]:
    newest = _(
        "Only your newest orders are listed here. If you miss an older one, please contact the "
        "shop."
    )
    secret = _(
        "These links open the pages of your orders without a password, so please keep them to "
        "yourself."
    )
    life = _("They stay valid until the shop ends them. Opening them does not use up any download.")
    return [fill(words) for words in ([newest] if is_full else []) + [secret, life]]


def _reason() -> Sentence:
    return fill(
        _(
            "You receive this mail because somebody entered your mail address and asked for these "
            "links. If it was not you, you need not do anything: nobody but you has received them."
        )
    )
