"""Order mail: the downloads are ready."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads import lookups
from downloads.errors import NotFound
from downloads.lookups import OpenedOrder
from downloads.lookups.mails import NOTHING_TO_TELL
from downloads.models import Customer, Grant, Mail, Shop
from storefront.mail.messages.layout import Item, Letter, Section, Way
from storefront.mail.messages.text import Sentence, as_lines, fill, is_private, moment, quote
from storefront.signed_urls import ticket_url

MOST_ITEMS = 50
# Gmail hides what is past 102 KB of HTML, and the way to the page is below the titles.
MOST_TITLE_BYTES = 30_000
LONGEST_GREETED = 60
# What a mail program makes a link of is no name.
_LINK_LIKE = re.compile(r"[/:@]|\w\.\w\w")

# One download, and the words it stands under.
Download = tuple[str, Grant]


def about_order(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail about an order whose downloads are ready.

    Raises:
        NotFound: they are not, any more.
    """
    opened = lookups.order_for_mail(mail.order_id or 0, at=at)
    return letter_about(opened, mail.shop, at=at, is_elsewhere=mail.kind in Mail.ELSEWHERE)


def letter_about(
    opened: OpenedOrder, shop: Shop, *, at: datetime, is_elsewhere: bool = False, url: str = ""
) -> Letter:
    """Compose the mail about an order; `url` stands in for the way to its page, for an example.

    Raises:
        NotFound: nothing of it can be downloaded.
    """
    order = opened.order
    downloads = list(_downloads(opened, at=at))
    if not downloads:  # closed since the look-up found it open
        raise NotFound(NOTHING_TO_TELL)
    listed = downloads[: _room_for(downloads)]
    about = {"number": order.shown_number, "shop": shop.name}
    ready = _ready(len(downloads))
    return Letter(
        subject=fill(_("Your downloads from {shop}, order {number}"), **about),
        preheader=ready,
        opening=[
            fill(_("Hello,")) if is_elsewhere else _greeting(order.customer),
            fill(_("Thank you for your order {number} at {shop}."), **about),
            ready,
        ],
        shop_words=as_lines(shop.mail_text),
        sections=[
            Section(quote(title), [_item(grant) for _title, grant in group])
            for title, group in groupby(listed, key=lambda pair: pair[0])
        ],
        left_out=_left_out(len(downloads) - len(listed)),
        ways=[Way(fill(_("Open your downloads")), url or ticket_url(order))],
        closing=_closing(),
        reason=fill(_reason_elsewhere() if is_elsewhere else _reason(), **about),
    )


def _downloads(opened: OpenedOrder, *, at: datetime) -> Iterator[Download]:
    """Yield the permitted downloads, also those used up: the page tells how often."""
    for line in opened.lines:
        title = str(line.product)
        yield from ((title, grant) for grant in line.grants if _is_permitted(grant, at=at))
    title = _("With your order")
    yield from ((title, grant) for grant in opened.grants if _is_permitted(grant, at=at))


def _is_permitted(grant: Grant, *, at: datetime) -> bool:
    return grant.refusal_of_right(at) is None


def _room_for(downloads: list[Download]) -> int:
    """Return how many of these fit into a mail that is shown whole."""
    size = 0
    for count, (title, grant) in enumerate(downloads[:MOST_ITEMS]):
        size += len((quote(title).html + quote(grant.asset.title).html).encode())
        if size > MOST_TITLE_BYTES:
            return count
    return min(len(downloads), MOST_ITEMS)


def _item(grant: Grant) -> Item:
    allowed = grant.allowed
    if allowed is None:
        facts = [fill(_("unlimited downloads"))]
    else:
        facts = [fill(ngettext("{count} download", "{count} downloads", allowed), count=allowed)]
    if grant.expires_at is not None:
        facts.append(fill(_("until {end}"), end=moment(grant.expires_at)))
    return Item(quote(grant.asset.title), facts)


def _greeting(customer: Customer | None) -> Sentence:
    name = customer.first_name.strip() if customer else ""
    is_name = bool(name) and len(name) <= LONGEST_GREETED and not _LINK_LIKE.search(name)
    if not is_name or is_private(name):
        return fill(_("Hello,"))
    return fill(_("Hello {name},"), name=name)


def _ready(count: int) -> Sentence:
    words = ngettext(
        "{count} item is ready to download.", "{count} items are ready to download.", count
    )
    return fill(words, count=count)


def _left_out(count: int) -> Sentence | None:
    if not count:
        return None
    words = ngettext(
        "… and {count} more item, which the page shows.",
        "… and {count} more items, which the page shows.",
        count,
    )
    return fill(words, count=count)


def _closing() -> list[Sentence]:
    return [
        fill(
            _(
                "This link opens the page of your order without a password, so please keep it to "
                "yourself."
            )
        ),
        fill(_("It stays valid until the shop ends it. Opening it does not use up any download.")),
    ]


def _reason() -> str:
    return _(
        "You receive this mail because order {number} at {shop} was placed with this mail address."
    )


def _reason_elsewhere() -> str:
    return _(
        "You receive this mail because {shop} has sent the downloads of order {number} to this "
        "mail address, once."
    )
