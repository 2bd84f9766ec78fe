"""What needs the staff, in figures on the admin's start page: of the shops each may see, alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from downloads import lookups
from downloads.models import Mail, Message, Order
from storefront.staff.roles import rows_where, shops_where

# So many shops are named beside a figure, those with the most first.
MOST_SHOPS = 5


@dataclass(frozen=True)
class InShop:
    """A figure of one shop, and where its rows are listed."""

    shop: str
    count: int
    url: str


@dataclass(frozen=True)
class Figure:
    """How many rows wait, in words, and where they are listed; by shop where there are several."""

    count: int
    words: str
    advice: str
    url: str
    is_bad: bool
    shops: list[InShop] = field(default_factory=list)


@dataclass(frozen=True)
class Need:
    """One kind of rows that wait for staff: which, and how its list shows them."""

    rows: QuerySet[Any]
    permission: str
    one: str
    many: str
    advice: str
    filters: dict[str, str]
    is_bad: bool = True


def figures_for(request: HttpRequest) -> list[Figure]:
    """Return the figures that are not zero. Two queries each at most."""
    return [figure for need in _needs() if (figure := _figure_of(request, need)) is not None]


def _needs() -> Iterator[Need]:
    yield Need(
        lookups.without_downloads(Order.objects.all()),
        "downloads.view_order",
        "order is paid, and has nothing to download",
        "orders are paid, and have nothing to download",
        "Each order’s page says why, and proposes the files that were meant.",
        {"missing": "any"},
    )
    yield Need(
        Message.objects.filter(state=Message.State.SET_ASIDE),
        "downloads.view_message",
        "message could not be applied",
        "messages could not be applied",
        "The page of each applies it again, or fetches its order anew.",
        {"state__exact": Message.State.SET_ASIDE.value},
    )
    yield Need(
        Mail.objects.filter(state=Mail.State.SET_ASIDE).exclude(kind=Mail.Kind.SIGN_IN),
        "downloads.view_mail",
        "mail was not sent",
        "mails were not sent",
        "Correct the address on the order’s page, or send again.",
        {"state__exact": Mail.State.SET_ASIDE.value},
        is_bad=False,
    )


def _figure_of(request: HttpRequest, need: Need) -> Figure | None:
    rows = rows_where(need.rows, request.user, need.permission).order_by()
    count = rows.count()
    if not count:
        return None
    model = need.rows.model._meta
    listed = reverse(f"admin:{model.app_label}_{model.model_name}_changelist")
    shops = []
    if _has_several(request.user, need.permission):
        by_shop = rows.values_list("shop", "shop__name").annotate(count=Count("pk"))
        shops = [
            InShop(name, own, f"{listed}?{urlencode(need.filters | {'shop__id__exact': number})}")
            for number, name, own in by_shop.order_by("-count", "shop")[:MOST_SHOPS]
        ]
    url = f"{listed}?{urlencode(need.filters)}"
    words = need.one if count == 1 else need.many
    return Figure(count, words, need.advice, url, need.is_bad, shops)


def _has_several(user: Any, permission: str) -> bool:
    return user.is_superuser or len(shops_where(user, permission)) > 1
