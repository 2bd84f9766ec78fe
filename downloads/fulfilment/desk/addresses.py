"""Staff acts that name a mail address: correct an order's and send, or send once elsewhere."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from downloads.audit.actors import actor_now
from downloads.audit.entries import enter_audit
from downloads.email_addresses import accepted_email, require_email, takes_mail
from downloads.errors import BadInput
from downloads.fulfilment.mails.order_mails import require_open, send_order_mail
from downloads.fulfilment.people.corrections import correct_email
from downloads.fulfilment.recalculation import lock_order, lock_shop
from downloads.models import Mail, Order, StaffNote

HOUR = timedelta(hours=1)
# A number of ours among PostgreSQL's advisory locks.
COUNTING = 0x6465736B
MOVED_ON = _(
    "Nothing was done: meanwhile mail about this order goes to {}. Look at the page as it is now."
)
NOBODY = "nobody"
SAME = _("Mail about this order goes to this address already: use “Send the mail”.")
TOO_OFTEN = _(
    "You have entered {} other addresses within an hour, the most that one person may. Wait a "
    "while, or have a colleague do it."
)
ON_ITS_WAY = _("A mail about this order is on its way to this address already.")
FORWARDED = "Sent the mail once to another address"


@transaction.atomic
def correct_and_send(order: Order, email: str, *, former: str, at: datetime) -> str:
    """Put another mail address on an order, and send its mail there; return why that was not sent.

    Empty if it was, or goes by itself. Links mailed to the former address end, and it is told so
    unless what it was sent came back. `former` is the address that the page showed. An empty
    address takes a correction back.

    Raises:
        BadInput: no mail address, the same one, changed meanwhile, too often, or the buyer was
            erased.
    """
    lock_shop(order.shop)
    order = lock_order(order)
    if order.email != former:
        raise BadInput(MOVED_ON.format(order.email or NOBODY))
    if email.strip() and accepted_email(email) == order.email:
        raise BadInput(SAME)
    _count_in(at)
    correct_email(order, email, at=at)
    order.refresh_from_db()
    _enter(order, StaffNote.Kind.CORRECTED, former=former, email=order.email, at=at)
    if order.email == former:
        return ""
    if takes_mail(former) and not _came_back(order, former):
        _queue(order, Mail.Kind.MOVED, former, at=at)
    if _moving(order, Mail.Kind.ORDER).exists():
        return ""
    try:
        send_order_mail(order, at=at)
    except BadInput as error:
        return str(error)
    return ""


@transaction.atomic
def send_once(order: Order, email: str, *, at: datetime) -> Mail:
    """Send an order's mail once to another address; where its mail goes stays as it is.

    Raises:
        BadInput: no mail address, the order's own, nothing may be downloaded, too often, or such a
            mail is on its way.
    """
    address = require_email(email)
    lock_shop(order.shop)
    order = lock_order(order)
    if address == order.email:
        raise BadInput(SAME)
    require_open(order, at=at)
    if _moving(order, Mail.Kind.ONCE).filter(email=address).exists():
        raise BadInput(ON_ITS_WAY)
    _count_in(at)
    note = _enter(order, StaffNote.Kind.FORWARDED, former=order.email, email=address, at=at)
    # The addresses are the note's, which goes with its buyer; the trail stays.
    enter_audit(FORWARDED, row=order, after={"staff_note": note.pk})
    return _queue(order, Mail.Kind.ONCE, address, at=at)


def _count_in(at: datetime) -> None:
    """Refuse whoever has entered as many addresses within an hour as anybody may."""
    # Of two at once both would count as the last. SQLite writes one transaction at a time.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNTING])
    theirs = StaffNote.objects.filter(author=actor_now().name, kind__in=StaffNote.ADDRESSED)
    most = settings.STAFF_ADDRESSES_PER_HOUR
    if theirs.filter(at__gt=at - HOUR).count() >= most:
        raise BadInput(TOO_OFTEN.format(most))


def _enter(order: Order, kind: str, *, former: str, email: str, at: datetime) -> StaffNote:
    return StaffNote.objects.create(
        order=order, kind=kind, author=actor_now().name, former_email=former, email=email, at=at
    )


def _came_back(order: Order, email: str) -> bool:
    return order.mails.filter(email__iexact=email, bounced_at__isnull=False).exists()


def _moving(order: Order, kind: str) -> QuerySet[Mail]:
    return order.mails.filter(kind=kind, state__in=Mail.MOVING)


def _queue(order: Order, kind: str, email: str, *, at: datetime) -> Mail:
    return Mail.objects.create(
        shop=order.shop, kind=kind, email=email, order=order, created_at=at, due_at=at
    )
