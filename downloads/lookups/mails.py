"""Queries of what mails are about: orders and accounts as they stand when it is sent."""

from datetime import datetime
from typing import TypeVar

from downloads.errors import NotFound
from downloads.lookups.orders import OpenedOrder, open_order, orders_with_shop
from downloads.models import Account, Grant, Order, Shop
from downloads.models.orders import OrderQuerySet

Found = TypeVar("Found")

NOTHING_TO_TELL = "There is nothing to tell any more."
MOST_ORDERS = 20


def order_for_mail(number: int, *, at: datetime) -> OpenedOrder:
    """Return an order that brings a download as it stands now, with shop and customer loaded.

    One that is used up counts: its page says so.

    Raises:
        NotFound: the order is gone, or its downloads are closed.
    """
    return open_order(_require(_orders(at).filter(pk=number).first()))


def orders_for_mail(shop: Shop, email: str, *, at: datetime) -> list[Order]:
    """Return the orders the owner of a mail address sees, where they bring a download just now.

    The newest come first, at most 20; each has shop and customer loaded.

    Raises:
        NotFound: there is none.
    """
    orders = list(_orders(at).filter(shop=shop).of_owner(email, shop=shop)[:MOST_ORDERS])
    return _require(orders or None)


def account_for_mail(shop: Shop, email: str) -> Account:
    """Return the account of a mail address, with its shop.

    Raises:
        NotFound: there is none.
    """
    accounts = Account.objects.select_related("shop").filter(shop=shop)
    return _require(accounts.with_email(email).first())


def _orders(at: datetime) -> OrderQuerySet:
    permitted = Grant.objects.permitted(at)
    return orders_with_shop().select_related("customer").filter(pk__in=permitted.values("order"))


def _require(found: Found | None) -> Found:
    if found is None:
        raise NotFound(NOTHING_TO_TELL)
    return found
