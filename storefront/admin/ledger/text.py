"""A line of the ledger in a shopkeeper's words."""

from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.bidi import isolate
from downloads.errors import Unavailable
from downloads.models import DownloadEvent
from storefront.formats import spaced_size

HASH_CHARS = 8
PROGRAM_CHARS = 40
# What nearly every program says first, and so says nothing.
EVERYBODY = "Mozilla/5.0 "
REASONS = {
    Unavailable.PENDING: gettext_lazy("not paid yet"),
    Unavailable.HELD: gettext_lazy("the payment was still being checked"),
    Unavailable.CANCELED: gettext_lazy("the order was cancelled"),
    Unavailable.REFUNDED: gettext_lazy("the purchase was refunded"),
    Unavailable.REPLACED: gettext_lazy("replaced by another product"),
    Unavailable.WITHDRAWN: gettext_lazy("withdrawn by the shop"),
    Unavailable.PAST: gettext_lazy("its time was over"),
    Unavailable.USED_UP: gettext_lazy("all downloads used"),
    Unavailable.CLICK_OVER: gettext_lazy("that click was over"),
    Unavailable.LINK_PAST: gettext_lazy("the link was too old"),
    **dict(DownloadEvent.Reason.choices),
}


def what_happened(event: DownloadEvent) -> str:
    """Write what a line says. Needs `delivery` loaded."""
    count = abs(event.downloads)
    several = f"{count} " if count > 1 else ""
    why = f": {isolate(REASONS.get(event.reason, event.reason))}" if event.reason else ""
    match event.kind:
        case DownloadEvent.Kind.SERVED:
            size_bytes = event.delivery.size_bytes if event.delivery else None
            return _("sent {size}").format(size=sent_text(event.sent_bytes or 0, size_bytes))
        case DownloadEvent.Kind.CARRIED if event.reason:
            return _("{count} counted again{why}").format(count=count, why=why)
        case DownloadEvent.Kind.CARRIED:
            if event.downloads < 0:
                return _("{count} given back earlier, in sum").format(count=count)
            return _("{count} counted earlier, in sum").format(count=count)
    return f"{several}{event.get_kind_display()}{why}"


def sent_text(sent_bytes: int, size_bytes: int | None) -> str:
    """Write how much was sent, and of how much where that is known: "4.2 MB of 10 MB"."""
    if size_bytes is None:
        return f"{spaced_size(sent_bytes)}"
    words = _("{sent} of {size}")
    if sent_bytes > size_bytes:
        words = _("{sent} of {size}, some of it again")
    return words.format(sent=spaced_size(sent_bytes), size=spaced_size(size_bytes))


def letters_of(event: DownloadEvent) -> str:
    """Return what tells one visitor's address from another's; empty where nobody came."""
    return event.address_hash[:HASH_CHARS]


def visitor_text(event: DownloadEvent) -> str:
    """Write who came: their letters, and what their program calls itself.

    The name is short, with all of it to point at, and written apart (`bdi`): one that runs from
    right to left turns nothing beside it around. Empty where nobody came.
    """
    letters = letters_of(event)
    if not event.user_agent:
        return format_html("<code>{}</code>", letters) if letters else ""
    return format_html(
        '<code>{}</code> <bdi title="{}" class="quiet">{}</bdi>',
        letters,
        event.user_agent,
        Truncator(event.user_agent.removeprefix(EVERYBODY)).chars(PROGRAM_CHARS),
    )
