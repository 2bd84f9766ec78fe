"""What an order's page shows above its form: buyer, payment, downloads, notes, what happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import lookups
from downloads.email_addresses import takes_mail
from downloads.lookups import BareLine, Missing
from downloads.models import Order, StaffNote
from storefront.admin.closures import why_order_is_closed
from storefront.admin.orders.contacts import is_corrected, may_copy_link
from storefront.admin.orders.facts import Fact, facts_of, mail_facts_of
from storefront.admin.orders.rows import Row, rows_of
from storefront.admin.orders.timeline import Timeline, timeline_of
from storefront.admin.orders.words import moment_text

WHY = {
    Missing.PRODUCT: (
        gettext_lazy(
            "Your shop no longer says which product this is: its variant may have been "
            "deleted there."
        )
    ),
    Missing.VARIANT: gettext_lazy("This variant has no files; another variant of the product has."),
    Missing.FILES: gettext_lazy("This product has no files yet."),
}


@dataclass(frozen=True)
class Standing:
    """An order's payment in words, how it is marked, and what would open it where it is closed."""

    words: str
    mark: str
    why: str


@dataclass(frozen=True)
class Note:
    """A note for colleagues; `may_delete` says whether the reader may take it away."""

    row: StaffNote
    when: str
    may_delete: bool


@dataclass(frozen=True)
class Screen:
    """What stands above an order's form; each part may be empty."""

    standing: Standing
    mail: SafeString | str
    placed: str
    notes: list[str]
    missing: list[tuple[BareLine, str]]
    facts: list[Fact]
    rows: list[Row]
    timeline: Timeline
    for_colleagues: list[Note]
    other_orders: int
    lines: int
    is_mailable: bool
    is_corrected: bool
    may_share: bool
    may_mail: bool
    may_copy_link: bool
    may_forward: bool
    may_note: bool


def screen_of(request: HttpRequest, model_admin: Any, order: Order) -> Screen:
    """Return an order's page, above its form. 25 queries at most, however much it has."""
    at, may = timezone.now(), request.user.has_perm
    rows, facts = rows_of(request, order, at=at), facts_of(order)
    noted = order.staff_notes.filter(kind=StaffNote.Kind.NOTE)
    return Screen(
        standing=standing_of(order, at=at),
        mail=mail_facts_of(order),
        placed=moment_text(order.placed_at, now=at),
        notes=notes_of(order),
        missing=[(bare, str(WHY[bare.why])) for bare in lookups.missing_of(order)],
        facts=facts,
        rows=rows,
        timeline=timeline_of(order, [row.grant for row in rows], facts),
        for_colleagues=[
            Note(note, moment_text(note.at, now=at), model_admin.may_delete_note(request, note))
            for note in noted.select_related("order")
        ],
        other_orders=_others(order),
        lines=order.lines.count(),
        is_mailable=takes_mail(order.email),
        is_corrected=is_corrected(order),
        may_share=may("downloads.add_attachment", order),
        may_mail=may("downloads.mail_order", order),
        may_copy_link=may_copy_link(request, order),
        may_forward=may("downloads.forward_order", order),
        may_note=may("downloads.note_order", order),
    )


def notes_of(order: Order) -> list[str]:
    """Return what a merchant should know of an order, in sentences."""
    # An older row has notes alone.
    return list(getattr(order, "remarks", order.notes))


def standing_of(order: Order, *, at: datetime) -> Standing:
    """Return an order's payment in words, with what would open it. Four queries at most."""
    if order.cancelled_at is not None:
        words, mark = _("Cancelled"), "off"
    elif order.status == Order.CLOSED:
        words, mark = _("Refunded"), "off"
    elif order.hold:
        words, mark = _("Held: {why}").format(why=order.get_hold_display()), "warn"
    elif order.payment == Order.Payment.PENDING:
        words, mark = _("Waiting for payment"), "warn"
    else:
        words, mark = _("Paid"), ""
    return Standing(words, mark, why_order_is_closed(order, at=at) if mark else "")


def _others(order: Order) -> int:
    """Count the other orders of whoever bought this one."""
    if order.customer_id is None:
        return 0
    return Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk).count()
