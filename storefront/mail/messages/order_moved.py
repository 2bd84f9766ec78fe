"""Mail to an order's former address: mail about it goes to another one now."""

from datetime import datetime

from django.utils.translation import gettext as _

from downloads.errors import NotFound
from downloads.lookups.mails import NOTHING_TO_TELL
from downloads.models import Mail
from storefront.mail.messages.layout import Letter
from storefront.mail.messages.text import fill


def about_moved(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail that tells a former address so. It names neither the new one nor a link.

    Raises:
        NotFound: mail about the order goes to this address again.
    """
    order = mail.order
    if order is None or order.email == mail.email:
        raise NotFound(NOTHING_TO_TELL)
    about = {"number": order.shown_number, "shop": mail.shop.name}
    moved = fill(
        _("Mail about order {number} at {shop} goes to another mail address from now on."), **about
    )
    ended = _("Links to its downloads that were sent to this address have ended.")
    advice = _("If you placed this order and did not ask for that, please contact the shop.")
    reason = _(
        "You receive this mail because mail about order {number} at {shop} went to this address "
        "until now."
    )
    return Letter(
        subject=fill(_("Order {number} at {shop}: another mail address"), **about),
        preheader=moved,
        opening=[fill(_("Hello,")), moved, fill(ended)],
        ways=[],
        closing=[fill(advice)],
        reason=fill(reason, **about),
    )
