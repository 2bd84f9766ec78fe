"""Queue the mail that tells a buyer, once, that an order may be downloaded."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from downloads.errors import BadInput
from downloads.models import Grant, Mail, Order, Shop
from downloads.models.orders import BY_HAND
from downloads.prepared_inserts import insert_all
from downloads.prepared_queries import FilledQuery, PreparedQuery, in_places, width_for
from downloads.prepared_statements import Slot

HOUR = timedelta(hours=1)


def announce(orders: Collection[int], *, at: datetime, is_anew: bool = False) -> int:
    """Queue a mail for each order that is open now and was not announced; return how many.

    The caller holds the orders' locks and saves the facts in the same transaction: there is no
    order without its mail, and no mail without its order. Where we know no address, the buyer is
    told when the order is looked at again after we do. Nobody is written to about an old order,
    one placed or first heard of more than `MAIL_ORDER_DAYS` ago: neither a platform's history nor
    an asset attached to an old product is to wake up every earlier buyer. `is_anew` is for one
    whose mail went to another address before: it is told again, however old. Three queries at most.
    """
    since = at - timedelta(days=settings.MAIL_ORDER_DAYS)
    ready = list(_ready(orders, at=at, since=None if is_anew else since))
    announce_ready(ready, at=at)
    return sum(order.shop.mails_buyers for order in ready)


def question_of(order: int, *, at: datetime) -> FilledQuery:
    """Return what asks for an order if it is to be announced by now, for `announce_ready`."""
    return _READY.given(
        **{"order 0": order}, at=at, since=at - timedelta(days=settings.MAIL_ORDER_DAYS)
    )


def question_of_each(orders: Sequence[int], *, at: datetime) -> FilledQuery:
    """Return what asks for those of some orders that are to be announced by now, likewise."""
    width = width_for(orders)
    since = at - timedelta(days=settings.MAIL_ORDER_DAYS)
    return _ready_of(width).given(**in_places("order", orders, width), at=at, since=since)


def announce_ready(ready: Collection[Order], *, at: datetime) -> None:
    """Announce orders that are open and untold, also those of shops that mail by themselves."""
    mails = [_mail(order, at=at) for order in ready if order.shop.mails_buyers]
    if ready:
        Order.objects.filter(pk__in=[order.pk for order in ready]).update(announced_at=at)
        insert_all(mails)


def _ready(
    orders: Collection[Any], *, at: datetime | Slot, since: datetime | Slot | None
) -> QuerySet[Order]:
    """Return those of these orders that are open and untold; none from before `since`."""
    untold = Order.objects.open().filter(pk__in=orders, announced_at=None, email__contains="@")
    if since is not None:
        # A merchant enters any day for an order made by hand.
        is_new = Q(placed_at__gte=since) | BY_HAND
        untold = untold.filter(is_new, created_at__gte=since)
    permitted = Grant.objects.permitted(at).filter(order=OuterRef("pk"))
    return untold.filter(Exists(permitted)).select_related("shop").order_by("pk")


@cache
def _ready_of(width: int) -> PreparedQuery:
    return PreparedQuery(
        lambda: _ready(
            [Slot(f"order {n}", models.BigAutoField()) for n in range(width)],
            at=Slot("at", models.DateTimeField()),
            since=Slot("since", models.DateTimeField()),
        )
    )


# Each report of an order asks for that one.
_READY = _ready_of(1)


def send_order_mail(order: Order, *, at: datetime) -> Mail:
    """Queue the mail about an order once more, on the merchant's word.

    Raises:
        BadInput: we know no address of the buyer's, nothing of the order may be downloaded, or a
            mail about it is on its way.
    """
    require_tellable(order, at=at)
    if order.mails.filter(kind=Mail.Kind.ORDER, state__in=Mail.MOVING).exists():
        raise BadInput(_("A mail about this order is on its way already."))
    mail = _mail(order, at=at)
    mail.save()
    return mail


def mail_requested_order(shop: Shop, platform_id: int, *, at: datetime) -> Mail | None:
    """Queue the mail about an order for a buyer who asks the shop for a fresh link.

    Null, and none, where nothing of the order may be downloaded, where the shop mails its buyers
    itself, where one is on its way, or after `ORDER_MAILS_PER_HOUR`: whoever holds the link to the
    shop's own page can ask as often as they like. The caller holds the shop's lock.
    """
    order = Order.objects.select_related("shop").filter(shop=shop, platform_id=platform_id).first()
    if order is None or not order.shop.mails_buyers:
        return None
    written = order.mails.filter(kind=Mail.Kind.ORDER, created_at__gt=at - HOUR)
    if written.count() >= settings.ORDER_MAILS_PER_HOUR:
        return None
    try:
        return send_order_mail(order, at=at)
    except BadInput:
        return None


def require_tellable(order: Order, *, at: datetime) -> None:
    """Refuse an order whose mail would not be sent when its turn comes.

    Raises:
        BadInput: we know no address of the buyer's, or nothing of the order may be downloaded.
    """
    if not order.email:
        raise BadInput(_("We know no mail address of this order's buyer."))
    require_open(order, at=at)


def require_open(order: Order, *, at: datetime) -> None:
    """Refuse an order of which nothing may be downloaded now.

    Raises:
        BadInput: so it is.
    """
    if not Grant.objects.filter(order=order).permitted(at).exists():
        raise BadInput(_("Nothing of this order may be downloaded now."))


def _mail(order: Order, *, at: datetime) -> Mail:
    return Mail(
        shop=order.shop,
        kind=Mail.Kind.ORDER,
        email=order.email,
        order=order,
        created_at=at,
        due_at=at,
    )
