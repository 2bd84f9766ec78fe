"""What stands around every page of the admin, of one reader: their shop, and what waits."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.http import HttpRequest

from downloads.models import Mail, Membership, Message, Shop
from downloads.prepared_statements import Prepared, Slot
from downloads.tenancy import of_shops
from storefront.staff.roles import PERMISSIONS, roles_of


@dataclass(frozen=True)
class Facts:
    """`shop_name` and `time_zone` are empty for who sees several shops; `waiting` is by model."""

    shop_name: str
    time_zone: str
    waiting: dict[str, int]


def facts_of(request: HttpRequest) -> Facts:
    """Return the facts of whoever asks. One query a request, and the one of their roles."""
    known: Any = request
    if not hasattr(known, "_screen_facts"):
        # The form of sign-in needs no database.
        is_known = request.user.is_authenticated
        known._screen_facts = _fetch(request.user) if is_known else Facts("", "", {})
    return known._screen_facts


def _fetch(user: Any) -> Facts:
    if user.is_superuser:
        found = _OF_ALL.first(user=user.pk)
    else:
        # Asked in any case, for what the page allows.
        found = _OF_STAFF.first(user=user.pk) if roles_of(user) else None
    first, last, name, zone, mails, messages = found or (None, None, "", "", 0, 0)
    waiting = {"downloads.mail": mails or 0, "downloads.message": messages or 0}
    is_one = first is not None and first == last
    return Facts(name if is_one else "", zone if is_one else "", waiting)


def _query(*, is_of_all: bool) -> list[Any]:
    def seen(rows: QuerySet[Any], permission: str = "") -> QuerySet[Any]:
        if is_of_all:
            return rows
        roles = [role for role, may in PERMISSIONS.items() if not permission or permission in may]
        members = Membership.objects.filter(user=_USER, role__in=roles)
        return of_shops(rows, members.values("shop"))

    shops = seen(Shop.objects.order_by("pk"))
    unsent = Mail.objects.filter(state=Mail.State.SET_ASIDE).exclude(kind__in=Mail.PERSONAL)
    unread = Message.objects.filter(state=Message.State.SET_ASIDE)
    return list(
        User.objects.filter(pk=_USER).values_list(
            Subquery(shops.values("pk")[:1]),
            Subquery(shops.reverse().values("pk")[:1]),
            Subquery(shops.values("name")[:1]),
            Subquery(shops.values("time_zone")[:1]),
            _count(seen(unsent, "downloads.view_mail")),
            _count(seen(unread, "downloads.view_message")),
        )
    )


def _count(rows: QuerySet[Any]) -> Subquery:
    """Return a count as a column: an empty queryset has none."""
    number = Func(F("pk"), function="COUNT", output_field=IntegerField())
    return Subquery(rows.order_by().annotate(rows_counted=number).values("rows_counted"))


_USER = Slot("user", User._meta.pk)
# Compiled once: it stands before each page of the admin, and compiling it took a third of many.
_OF_ALL = Prepared(lambda: _query(is_of_all=True))
_OF_STAFF = Prepared(lambda: _query(is_of_all=False))
