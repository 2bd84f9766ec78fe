"""Notes of staff about an order, for their colleagues."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from downloads.audit.actors import actor_now
from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment.recalculation import lock_order
from downloads.models import Order, StaffNote
from downloads.models.desk import LONGEST_NOTE

EMPTY = _("Write what your colleagues should know.")
TOO_LONG = _("A note has {most:,} letters at most.")
TWICE = _("This note is there already.")
GONE = _("This note is not there any more.")


@transaction.atomic
def write_note(order: Order, text: str, *, at: datetime) -> StaffNote:
    """Keep a note about an order. The audit trail tells of it, and not what it says.

    Raises:
        BadInput: empty, too long, what no database keeps, or the newest one once more.
    """
    words = text.strip().replace("\r\n", "\n").replace("\0", "")
    words = words.encode(errors="replace").decode()
    if not words:
        raise BadInput(EMPTY)
    if len(words) > LONGEST_NOTE:
        raise BadInput(TOO_LONG.format(most=LONGEST_NOTE))
    order, author = lock_order(order), actor_now().name
    newest = order.staff_notes.filter(kind=StaffNote.Kind.NOTE).first()
    if newest is not None and (newest.text, newest.author) == (words, author):
        raise BadInput(TWICE)
    note: StaffNote = order.staff_notes.create(author=author, text=words, at=at)
    enter_audit("Wrote a note", row=order)
    return note


@transaction.atomic
def delete_note(order: Order, number: int) -> None:
    """Delete a note about an order.

    Raises:
        BadInput: it is not there.
    """
    notes = lock_order(order).staff_notes.filter(kind=StaffNote.Kind.NOTE, pk=number)
    if not notes.delete()[0]:
        raise BadInput(GONE)
    enter_audit("Deleted a note", row=order)
