"""Mails that anybody may request for any address, without revealing whether we know it.

That is looked up afterwards: an answer takes the same work, and says the same, for every address.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from downloads.email_addresses import count_key, require_email
from downloads.models import Account, Customer, Grant, LinkRequest, Mail, Order, Shop
from downloads.models.ascii_lower import AsciiLower

HOUR = timedelta(hours=1)
LOOKED_UP_AT_ONCE = 500
# A number of ours among PostgreSQL's advisory locks.
COUNTING = 0x61736B65


def request_links(email: str, *, at: datetime) -> None:
    """Queue a request for the links of a mail address. One query.

    Raises:
        BadInput: no mail address.
    """
    LinkRequest.objects.create(email=require_email(email), asked_at=at)


def request_password(shop: Shop, email: str, *, at: datetime, by_merchant: bool = False) -> None:
    """Queue a password reset mail for the owner of a mail address. One query.

    A merchant's word is not held to how often anybody may ask.

    Raises:
        BadInput: no mail address.
    """
    email, attempts = require_email(email), int(by_merchant)
    write_requested(shop, Mail.Kind.PASSWORD, email, at=at, attempts=attempts)


def write_requested(
    shop: Shop, kind: Mail.Kind, email: str, *, at: datetime, attempts: int = 0
) -> None:
    """Queue a requested mail to a valid address; one with an attempt is not rate limited."""
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
    """Queue the mails that a request for links comes to, one a shop; say if there was one."""
    # Without a look first each idle round would take SQLite's one lock for writing.
    return LinkRequest.objects.exists() and _answer_next(at)


@transaction.atomic
def _answer_next(at: datetime) -> bool:
    request = LinkRequest.objects.select_for_update(skip_locked=True).first()
    if request is None:
        return False
    for shop in _shops_that_know(request.email):
        theirs = Order.objects.of_owner(request.email, shop=shop)
        if Grant.objects.permitted(at).filter(order__in=theirs.values("pk")).exists():
            write_requested(shop, Mail.Kind.LINKS, request.email, at=at)
    request.delete()
    return True


def _shops_that_know(email: str) -> QuerySet[Shop]:
    # Shop by shop: the indexes of addresses begin with it.
    orders = Order.objects.filter(shop=OuterRef("pk")).with_email(email)
    accounts = Customer.objects.filter(shop=OuterRef("pk")).with_email(email)
    return Shop.objects.filter(Exists(orders) | Exists(accounts)).order_by("pk")


def look_up_recipients() -> int:
    """Mark requested mails to people with an order or a confirmed account; return how many.

    Afterwards and not as they are asked for: the answer takes the same for every address.
    """
    # Without a look first each round would take SQLite's one lock for writing.
    return _look_up() if Mail.objects.not_looked_up().exists() else 0


@transaction.atomic
def _look_up() -> int:
    unknown = Mail.objects.not_looked_up().order_by("pk")
    locked = unknown.select_for_update(skip_locked=True)[:LOOKED_UP_AT_ONCE]
    numbers = list(locked.values_list("pk", flat=True))
    same = {"shop": OuterRef("shop"), "address": OuterRef("email")}
    orders = Order.objects.alias(address=AsciiLower("email"))
    has_bought = Q(orders__isnull=False) | Q(identities__orders__isnull=False)
    buyers = Customer.objects.alias(address=AsciiLower("email")).filter(has_bought, person=None)
    owners = Account.objects.alias(address=AsciiLower("email")).filter(confirmed_at__isnull=False)
    bearers = [Exists(rows.filter(**same)) for rows in (orders, buyers, owners)]
    is_known = Q(bearers[0]) | Q(bearers[1]) | Q(bearers[2])
    Mail.objects.filter(pk__in=numbers).update(is_known=Case(When(is_known, True), default=False))
    return len(numbers)


def stored_email_of(mail: Mail) -> str:
    """Return the stored mail address for a requested mail, never the one that somebody typed.

    Where we keep none it tells nothing, and is dropped.
    """
    models: tuple[Any, ...] = ()
    if mail.kind == Mail.Kind.LINKS:
        models = (Order, Customer)
    elif mail.kind in Mail.ASKED:
        models = (Account,)
    for model in models:
        rows = model.objects.filter(shop=mail.shop).with_email(mail.email)
        if email := rows.values_list("email", flat=True).first():
            return email
    return mail.email


def is_requested_too_often(mail: Mail, *, at: datetime) -> bool:
    """Rate limit by mail address: say whether its hourly mails are spent, however it is spelled."""
    if not _is_strangers(mail):
        return False
    _count_in_turn()
    # Anybody may ask, for any address: nobody is to be drowned in mail that way.
    begun = Mail.objects.begun_lately(since=at - HOUR).exclude(pk=mail.pk)
    # Rows of an earlier version have no key.
    alike = Q(counted_as=count_key(mail.email)) | Q(counted_as="", email=mail.email)
    return begun.filter(alike).count() >= settings.ASKED_MAILS_PER_HOUR


def is_shop_busy(mail: Mail, *, at: datetime) -> bool:
    """Rate limit by shop: say whether the hourly mails that strangers may cause are spent.

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
    """Serialize claims of requested mails: two at once would both count as the third."""
    # SQLite writes one transaction at a time.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNTING])


def _is_strangers(mail: Mail) -> bool:
    return mail.kind in Mail.ASKED and not mail.attempts and mail.state == Mail.State.WAITING
