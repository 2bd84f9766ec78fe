"""Alerts by mail to staff: wrong passwords at a sign-in, messages of a shop that were set aside."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from downloads.email_addresses import require_email
from downloads.errors import BadInput
from downloads.models import Mail, Membership, Message, Role, Shop

# How long a shop's staff are not told again of messages that were set aside.
PAUSE = timedelta(days=1)
# Who may try a message again, or fetch its order.
TOLD = (Role.OWNER, Role.MANAGER)


@transaction.atomic
def warn_of_wrong_tries(person: Any, *, at: datetime) -> int:
    """Queue an alert to a member of staff, and to the owners of their shops; return how many.

    An address gets one in `STAFF_ALARM_SECONDS`, however many names are tried: strangers cause
    them. Who has no address that can be mailed gets none, nor does anybody where no shop is there
    to write in the name of.
    """
    if not (person.is_active and person.is_staff):
        return 0
    shops = _shops_of(person)
    recipients: dict[str, tuple[Any, Shop]] = {}
    for reader, shop in _readers(person, shops):
        with suppress(BadInput):  # no address, or none that can be mailed
            recipients.setdefault(require_email(reader.email), (reader, shop))
    since = at - timedelta(seconds=settings.STAFF_ALARM_SECONDS)
    lately = Mail.objects.filter(kind=Mail.Kind.SIGN_IN, email__in=recipients, created_at__gt=since)
    for email in lately.values_list("email", flat=True):
        recipients.pop(email, None)
    Mail.objects.bulk_create(
        Mail(
            shop=shop,
            kind=Mail.Kind.SIGN_IN,
            email=email,
            person=reader,
            created_at=at,
            due_at=at,
        )
        for email, (reader, shop) in recipients.items()
    )
    return len(recipients)


def warn_of_set_aside(*, at: datetime) -> int:
    """Queue one mail a day and shop to who may mend messages newly set aside; return how many.

    Where nobody has an address that can be mailed it waits until somebody has.
    """
    news = Message.objects.filter(state=Message.State.SET_ASIDE).filter(
        Q(shop__alerted_at=None) | Q(due_at__gt=F("shop__alerted_at"))
    )
    shops = Shop.objects.filter(_is_due(at), pk__in=news.order_by().values("shop"))
    return sum(_warn_shop(shop, at=at) for shop in shops.order_by("pk"))


@transaction.atomic
def _warn_shop(shop: Shop, *, at: datetime) -> int:
    recipients = readers_of(shop)
    # Whoever comes second waits for this row, and finds that the day is taken.
    is_ours = recipients and Shop.objects.filter(_is_due(at), pk=shop.pk).update(alerted_at=at)
    if not is_ours:
        return 0
    return write_to(recipients, shop, Mail.Kind.SET_ASIDE, at=at)


def readers_of(shop: Shop) -> dict[str, Any]:
    """Return a shop's owners and managers who can sign in and be mailed, by their addresses."""
    staff = Membership.objects.filter(shop=shop, role__in=TOLD).select_related("user")
    active = staff.filter(user__is_active=True, user__is_staff=True).order_by("pk")
    readers: dict[str, Any] = {}
    for member in active:
        with suppress(BadInput):
            readers.setdefault(require_email(member.user.email), member.user)
    return readers


def write_to(readers: dict[str, Any], shop: Shop, kind: Mail.Kind, *, at: datetime) -> int:
    """Queue a mail to each of a shop's staff, by their addresses; return how many."""
    Mail.objects.bulk_create(
        Mail(shop=shop, kind=kind, email=email, person=reader, created_at=at, due_at=at)
        for email, reader in readers.items()
    )
    return len(readers)


def _is_due(at: datetime) -> Q:
    return Q(alerted_at=None) | Q(alerted_at__lte=at - PAUSE)


def _shops_of(person: Any) -> list[Shop]:
    # Held until the end, so that what was mailed lately is seen; always in the same order.
    shops = Shop.objects.order_by("pk").select_for_update(no_key=True)
    theirs = list(shops.filter(pk__in=person.memberships.values("shop")))
    if theirs or not person.is_superuser:
        return theirs
    # Whoever runs the service works for every shop, and for none.
    return list(shops[:1])


def _readers(person: Any, shops: list[Shop]) -> Iterator[tuple[Any, Shop]]:
    if shops:
        yield person, shops[0]
    owners = Membership.objects.filter(shop__in=person.memberships.values("shop"), role=Role.OWNER)
    active = owners.filter(user__is_active=True, user__is_staff=True)
    by_number = {shop.pk: shop for shop in shops}
    for owner in active.select_related("user").order_by("pk"):
        yield owner.user, by_number[owner.shop_id]
