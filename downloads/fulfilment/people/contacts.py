"""An order's contact address: what the newest report says, and what a merchant corrected.

An address that takes the place of another ends the links that were mailed to that one.
"""

from collections.abc import Collection
from datetime import datetime

from downloads.email_addresses import mailbox_of
from downloads.fulfilment.changes import assign, rank, save_assigned
from downloads.fulfilment.mails.order_mails import announce
from downloads.incoming import OrderReport
from downloads.models import Mail, Order

FORGOTTEN_CONTACT = {
    "email": "",
    "reported_email": "",
    "corrected_email": "",
    "corrected_from": "",
}
# What will yet be addressed: when its turn comes, it goes where the order's mail goes by then.
NOT_HANDED = (Mail.State.WAITING, Mail.State.SENDING)


def record_contact(order: Order, report: OrderReport, *, at: datetime) -> bool:
    """Learn an order's contact address from a report that names one; say if anything changed.

    What a merchant put in the place of an address stands for as long as that one is reported.
    """
    contact_rank = rank(report.reported_at, fetch_stage(report), content=report.email)
    # A repetition brings nothing back of an address that was forgotten since.
    if report.email is None or contact_rank <= order.contact_rank:
        return False
    reported = {"reported_email": mailbox_of(report.email), "contact_rank": contact_rank}
    changed = assign(order, **reported)
    return change_contact(order, contact_of(order), at=at) or changed


def fetch_stage(report: OrderReport) -> str:
    """Return what ranks a report among those of its time: what we asked for above what was sent."""
    return "0" if report.fetched_at is None else f"{int(report.fetched_at.timestamp() * 1e6):016d}"


def contact_of(order: Order) -> str:
    """Return where mail about an order goes by what is reported and corrected."""
    is_corrected = order.corrected_email and order.corrected_from == order.reported_email
    return order.corrected_email if is_corrected else order.reported_email


def change_contact(order: Order, email: str, *, at: datetime) -> bool:
    """Save an order's contact address; say if it is another one.

    One that takes the place of another ends the links that were mailed, and is told of the order
    if that one was.
    """
    former = order.email
    if email == former:
        return False
    assign(order, email=email, **consequences(order, former=former))
    if former and order.announced_at is None:
        save_assigned(order)
        announce([order.pk], at=at, is_anew=True)
        order.refresh_from_db(fields=["announced_at"])
    return True


def consequences(order: Order, *, former: str) -> dict[str, object]:
    """Return what else changes of an order whose contact address was another one."""
    if not former:
        return {}
    ended = {"ticket_revision": order.ticket_revision + 1}
    mails = order.mails.filter(kind=Mail.Kind.ORDER)
    was_told = order.email_sent_at is not None or mails.exists()
    is_to_be_told = was_told and not mails.filter(state__in=NOT_HANDED).exists()
    return ended | ({"announced_at": None} if is_to_be_told else {})


def follow_buyer(order: Order, fields: Collection[str] | None) -> Collection[str] | None:
    """Give an order made by hand, unsaved, the address of the buyer chosen for it.

    Return the names of what is to be saved; `fields` are those that changed, null for a new order.
    """
    is_chosen = fields is None or ("customer" in fields and "email" not in fields)
    email = (order.customer and order.customer.email) or ""
    if not is_chosen or email == order.email or (fields is None and order.email):
        return fields
    former, order.email = order.email, email
    order.corrected_email = order.corrected_from = ""
    changed = {"email": email} | (consequences(order, former=former) if order.pk else {})
    for name, value in changed.items():
        setattr(order, name, value)
    if fields is None:
        return None
    return [*fields, *changed, "corrected_email", "corrected_from"]
