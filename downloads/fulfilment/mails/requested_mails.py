"""Mail that anybody may ask for, for any address. Whether we know it is looked up afterwards.

So an answer takes the same work, and says the same, for every address.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from downloads.email_addresses import count_key, require_address
from downloads.models import Account, Customer, Grant, LinkRequest, Mail, Shop
from downloads.models.ascii_lower import AsciiLower

HOUR = timedelta(hours=1)
LOOKED_UP_AT_ONCE = 500
# A number of ours among PostgreSQL's advisory locks.
COUNTING = 0x61736B65


def ask_links(email: str, *, at: datetime) -> None:
    """Note that somebody wants an address to be sent its links. One query.

    Raises:
        BadInput: no mail address.
    """
    LinkRequest.objects.create(email=require_address(email), asked_at=at)


def ask_password(shop: Shop, email: str, *, at: datetime, by_merchant: bool = False) -> None:
    """Note that somebody wants the owner of an address to choose a new password. One query.

    A merchant's word is not held to how often anybody may ask.

    Raises:
        BadInput: no mail address.
    """
    address, attempts = require_address(email), int(by_merchant)
    write_asked(shop, Mail.Kind.PASSWORD, address, at=at, attempts=attempts)


def write_asked(
    shop: Shop, kind: Mail.Kind, email: str, *, at: datetime, attempts: int = 0
) -> None:
    """Write down a mail that somebody asked for. `email` is an address as `require_address`
    returns them; one with an attempt is not held to how often anybody may ask."""
    Mail.objects.create(
        shop=shop,
        kind=kind,
        email=email,
        counted_as=count_key(email),
        created_at=at,
        due_at=at,
        attempts=attempts,
    )


def answer_next_request(*, at: datetime) -> bool:
    """Write down the mails that a request for links comes to, one a shop; say if there was one."""
    # Without a look first each idle round would take SQLite's one lock for writing.
    return LinkRequest.objects.exists() and _answer_next(at)


@transaction.atomic
def _answer_next(at: datetime) -> bool:
    request = LinkRequest.objects.select_for_update(skip_locked=True).first()
    if request is None:
        return False
    customers = Customer.objects.with_email(request.email)
    grants = Grant.objects.permitted(at).filter(order__customer__in=customers)
    for shop in Shop.objects.filter(pk__in=grants.values("order__shop")):
        write_asked(shop, Mail.Kind.LINKS, request.email, at=at)
    request.delete()
    return True


def look_up_askers() -> int:
    """Note of the mails that anybody could ask for which are to somebody with an order or a
    confirmed account in the shop; return how many were looked at, at most 500.

    Afterwards and not as they are asked for: the answer takes the same for every address.
    """
    # Without a look first each round would take SQLite's one lock for writing.
    return _look_up() if Mail.objects.not_looked_up().exists() else 0


@transaction.atomic
def _look_up() -> int:
    unknown = Mail.objects.not_looked_up().order_by("pk")
    held = unknown.select_for_update(skip_locked=True)[:LOOKED_UP_AT_ONCE]
    numbers = list(held.values_list("pk", flat=True))
    same = {"shop": OuterRef("shop"), "address": OuterRef("email")}
    buyers = Customer.objects.alias(address=AsciiLower("email")).filter(orders__isnull=False)
    owners = Account.objects.alias(address=AsciiLower("email")).filter(confirmed_at__isnull=False)
    is_known = Q(Exists(buyers.filter(**same))) | Q(Exists(owners.filter(**same)))
    Mail.objects.filter(pk__in=numbers).update(is_known=Case(When(is_known, True), default=False))
    return len(numbers)


def stored_address_of(mail: Mail) -> str:
    """Return the address that a mail goes to which was asked for: the one we keep, never the one
    that somebody typed. Where we keep none it tells nothing, and is dropped."""
    rows: QuerySet[Any]
    if mail.kind == Mail.Kind.LINKS:
        rows = Customer.objects.filter(shop=mail.shop).with_email(mail.email)
    elif mail.kind in Mail.ASKED:
        rows = Account.objects.filter(shop=mail.shop).with_email(mail.email)
    else:
        return mail.email
    return rows.values_list("email", flat=True).first() or mail.email


def is_asked_too_often(mail: Mail, *, at: datetime) -> bool:
    """Say whether an address was sent as much in this hour as anybody may ask for, whatever it is
    spelled like."""
    if not _is_strangers(mail):
        return False
    _count_in_turn()
    # Anybody may ask, for any address: nobody is to be drowned in mail that way.
    begun = Mail.objects.begun_lately(since=at - HOUR).exclude(pk=mail.pk)
    # Rows of an earlier version have no key.
    alike = Q(counted_as=count_key(mail.email)) | Q(counted_as="", email=mail.email)
    return begun.filter(alike).count() >= settings.ASKED_MAILS_PER_HOUR


def is_shop_busy(mail: Mail, *, at: datetime) -> bool:
    """Say whether a shop sent as much in this hour as strangers may have it send.

    Mails to people it knows are counted for themselves: addresses that nobody knows take nothing
    from them.
    """
    if not _is_strangers(mail):
        return False
    # Nor is a shop's name to be spent at mail servers: what is beyond its hour waits for the next.
    begun = Mail.objects.begun_lately(since=at - HOUR).filter(shop=mail.shop)
    if mail.is_known or mail.kind in Mail.KNOWN:
        begun = begun.to_known()
    return begun.count() >= settings.ASKED_MAILS_PER_SHOP_HOUR


def _count_in_turn() -> None:
    """Wait for whoever claims such a mail just now: two at once would both count as the third."""
    # SQLite writes one transaction at a time.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNTING])


def _is_strangers(mail: Mail) -> bool:
    return mail.kind in Mail.ASKED and not mail.attempts and mail.state == Mail.State.WAITING
