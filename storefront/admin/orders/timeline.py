"""An order's timeline: what its tables hold of it in one list, the newest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from downloads.audit.history import entries_about
from downloads.bidi import isolate_html
from downloads.models import DownloadEvent, Grant, Mail, Order, StaffNote
from storefront.admin.ledger.text import REASONS, sent_text
from storefront.admin.orders.acts_told import act_text, is_told_by_note
from storefront.admin.orders.facts import Fact
from storefront.admin.orders.words import moment_text, program_text

ON_PAGE = 30
# Older than so many pages is told by the list of all activity.
MOST_PAGES = 40
Kind = DownloadEvent.Kind
Reason = DownloadEvent.Reason
# These the trail tells, with who did it.
OF_STAFF = (Reason.RESET, Reason.RETAKEN)


@dataclass(frozen=True)
class Moment:
    """One thing that happened, in words."""

    at: datetime
    words: SafeString

    @property
    def when(self) -> str:
        """When it happened, as people say it."""
        return moment_text(self.at, now=timezone.now())


@dataclass(frozen=True)
class Timeline:
    """One page of moments; `next_page` is null where these are the last."""

    moments: list[Moment]
    page: int
    next_page: int | None


def timeline_of(order: Order, grants: list[Grant], facts: list[Fact], *, page: int = 1) -> Timeline:
    """Return a page of an order's timeline. Five queries, however long it is.

    From each table no more is read than the page can hold, with all pages before it.
    """
    most = page * ON_PAGE + 1
    found = sorted(_moments(order, grants, facts, most), key=lambda each: each.at, reverse=True)
    begin = (page - 1) * ON_PAGE
    has_more = len(found) > begin + ON_PAGE and page < MOST_PAGES
    return Timeline(found[begin : begin + ON_PAGE], page, page + 1 if has_more else None)


def _moments(order: Order, grants: list[Grant], facts: list[Fact], most: int) -> Iterator[Moment]:
    titles = {grant.pk: grant.asset.title for grant in grants}
    notes = list(order.staff_notes.filter(kind__in=StaffNote.ADDRESSED)[:most])
    yield from _of_order(order)
    yield from (Moment(fact.at, format_html("{}", fact.what)) for fact in facts)
    yield from _of_mails(order.mails.all()[:most])
    yield from _of_ledger(titles, most)
    yield from _of_notes(notes)
    about_grants = entries_about(grants)[:most] if grants else ()
    for entry in (*entries_about([order])[:most], *about_grants):
        if not is_told_by_note(entry, notes):
            yield Moment(entry.at, act_text(entry, titles))


def _of_order(order: Order) -> Iterator[Moment]:
    total = SafeString()
    if order.grand_total is not None:
        total = format_html(", {}", isolate_html(f"{order.grand_total} {order.currency}".rstrip()))
    yield Moment(order.placed_at, format_html("{}{}", _("Placed"), total))
    if order.cancelled_at is not None:
        yield Moment(order.cancelled_at, format_html("{}", _("Cancelled")))


def _of_mails(mails: Iterable[Mail]) -> Iterator[Moment]:
    for mail in mails:
        to = isolate_html(mail.email)
        if mail.bounced_at is not None:
            words = _("Mail to {email} came back: {why}")
            why = isolate_html(mail.bounce or "–")
            yield Moment(mail.bounced_at, _filled(words, email=to, why=why))
        if mail.sent_at is not None:
            words = {
                Mail.Kind.ONCE: _("Mail sent once to {email}: accepted by the mail server"),
                Mail.Kind.MOVED: _("{email} was told that mail goes elsewhere now"),
            }.get(Mail.Kind(mail.kind), _("Mail accepted by the mail server for {email}"))
            yield Moment(mail.sent_at, _filled(words, email=to))
        else:
            words = _("Mail to {email}: {state}")
            state = mail.get_state_display().lower()
            yield Moment(mail.created_at, _filled(words, email=to, state=state))


def _of_ledger(titles: dict[int, str], most: int) -> Iterator[Moment]:
    events = DownloadEvent.objects.filter(grant__in=titles).exclude(reason__in=OF_STAFF)
    # Beside each charge of a file stands the line of its bytes, which tells more.
    events = events.exclude(kind=Kind.CHARGED, delivery__size_bytes__isnull=False)
    for event in events.select_related("delivery")[:most]:
        words, named = _of_event(event)
        line = _filled(words, title=isolate_html(titles[event.grant_id]), **named)
        program = program_text(event.user_agent)
        yield Moment(event.at, format_html("{}, {}", line, program) if program else line)


def _of_event(event: DownloadEvent) -> tuple[str, dict[str, Any]]:
    count = abs(event.downloads)
    why = REASONS.get(event.reason, event.reason)
    match event.kind:
        case Kind.SERVED:
            size = event.delivery.size_bytes if event.delivery else None
            return _("Downloaded “{title}”, {sent}"), {
                "sent": sent_text(event.sent_bytes or 0, size)
            }
        case Kind.CHARGED:
            return _("Opened “{title}”"), {}
        case Kind.RELEASED:
            words = _("“{title}”: {count} given back, because {why}")
            return words, {"count": count, "why": why}
        case Kind.REFUSED:
            return _("“{title}” was refused: {why}"), {"why": why}
    return _("“{title}”: {count} counted earlier, in sum"), {"count": count}


def _of_notes(notes: Iterable[StaffNote]) -> Iterator[Moment]:
    for note in notes:
        words = _("{who} had the mail sent once to {email}, beside {former}")
        if note.kind == StaffNote.Kind.CORRECTED:
            words = _("{who} corrected the mail address from {former} to {email}")
        named = {
            "who": isolate_html(note.author),
            "former": isolate_html(note.former_email or "–"),
            "email": isolate_html(note.email or "–"),
        }
        yield Moment(note.at, _filled(words, **named))


def _filled(words: str, **named: Any) -> SafeString:
    return format_html(words, **named)
