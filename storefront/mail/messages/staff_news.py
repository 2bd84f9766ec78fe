"""News to staff whose shop wants them: downloads that were used up, the figures of the week."""

from datetime import date, datetime

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads import lookups
from downloads.errors import NotFound
from downloads.models import Grant, Mail
from storefront.formats import spaced_size
from storefront.mail.messages.layout import Item, Letter, Section, Way
from storefront.mail.messages.text import Sentence, fill, quote
from storefront.signed_urls import absolute

MOST_LISTED = 10


def about_used_up(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail about downloads that buyers have used up.

    Raises:
        NotFound: none is any more.
    """
    grants = lookups.used_up_for_mail(mail, at=at)
    if not grants:
        raise NotFound
    count = len(grants)
    opening = fill(
        ngettext(
            "Buyers of {shop} have used up {count} download since you were told last.",
            "Buyers of {shop} have used up {count} downloads since you were told last.",
            count,
        ),
        shop=mail.shop.name,
        count=count,
    )
    advice = _("You can reset a download, or allow more, on the page of its order.")
    left = count - MOST_LISTED
    more = fill(ngettext("and {count} more", "and {count} more", left), count=left)
    return Letter(
        subject=fill(_("Downloads used up at {shop}"), shop=mail.shop.name),
        preheader=opening,
        opening=[opening],
        ways=[_way_to(grants)],
        closing=[fill(advice), _choice()],
        reason=fill(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
        sections=_by_order(grants[:MOST_LISTED]),
        left_out=more if left > 0 else None,
    )


def about_figures(mail: Mail, *, at: datetime) -> Letter:
    """Compose the mail with the figures of the week before it was written."""
    week = lookups.week_for_mail(mail)
    now, before = week.now, week.before
    period = fill(_("{first} to {last}"), first=_day(week.first), last=_day(week.last))
    fetched = [
        Item(quote(each.title), [fill(_("Downloads: {now}"), now=_number(each.downloads))])
        for each in week.fetched
    ]
    return Letter(
        subject=fill(_("The week at {shop}"), shop=mail.shop.name),
        preheader=period,
        opening=[
            fill(_("The figures of {shop}:"), shop=mail.shop.name),
            period,
            _compared(_("Orders: {now} (the week before: {before})"), now.orders, before.orders),
            _compared(
                _("Downloads: {now} (the week before: {before})"), now.downloads, before.downloads
            ),
            fill(
                _("Sent: {now} (the week before: {before})"),
                now=spaced_size(now.sent_bytes) or "",
                before=spaced_size(before.sent_bytes) or "",
            ),
        ],
        ways=[Way(fill(_("See more on your start page")), _start_page())],
        closing=[_choice()],
        reason=fill(_("You receive this mail because you work for {shop}."), shop=mail.shop.name),
        sections=[Section(fill(_("Fetched most")), fetched)] if fetched else [],
    )


def _by_order(grants: list[Grant]) -> list[Section]:
    sections: dict[int, Section] = {}
    for grant in grants:
        title = fill(_("Order {number}"), number=_label(grant))
        section = sections.setdefault(grant.order_id, Section(title, []))
        used = fill(
            _("{used} of {allowed} used"),
            used=_number(grant.used),
            allowed=_number(grant.allowed or 0),
        )
        section.items.append(Item(quote(grant.asset.title), [used]))
    return list(sections.values())


def _label(grant: Grant) -> str:
    return f"#{grant.order.receipt_number or grant.order.number}"


def _way_to(grants: list[Grant]) -> Way:
    numbers = {grant.order_id for grant in grants}
    if len(numbers) == 1:
        url = reverse("admin:downloads_order_change", args=[numbers.pop()])
        return Way(fill(_("Open the order")), absolute(url))
    return Way(fill(_("Open the orders")), absolute(reverse("admin:downloads_order_changelist")))


def _start_page() -> str:
    return absolute(f"{reverse('admin:index')}?days=7")


def _compared(words: str, now: int, before: int) -> Sentence:
    return fill(words, now=_number(now), before=_number(before))


def _number(number: int) -> str:
    return number_format(number, force_grouping=True)


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _choice() -> Sentence:
    return fill(_("Whether this mail is sent is chosen in the settings of the shop."))
