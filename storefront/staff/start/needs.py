"""What needs the staff: a registry of kinds of rows that wait, counted in one query for all.

A feature registers what it shows with `register`; a kind of which no row waits shows nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, Count, F, Max, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from downloads.bidi import isolate
from downloads.tenancy import shop_path_of
from storefront.staff.roles import rows_where, shops_where

# So many shops are named beside a count, those with the most first.
MOST_SHOPS = 5
CAUSE_LENGTH = 160


@dataclass(frozen=True)
class Need:
    """One kind of rows that wait for staff. Its words take a count (`%(count)s`) by `ngettext`.

    `advice` is the next step, `filters` how the rows' list shows them. `label` and `cause` are
    expressions that say of the newest row which it is and why it waits, where that helps.
    """

    name: str
    rows: Callable[[], QuerySet[Any]]
    permission: str
    words: Callable[[int], str]
    advice: Any
    filters: dict[str, str]
    is_bad: bool = True
    label: Any = None
    cause: Any = None


@dataclass(frozen=True)
class InShop:
    """A count of one shop, and where its rows are listed."""

    shop: str
    count: int
    url: str


@dataclass(frozen=True)
class Item:
    """One thing to do, in words; by shop where there are several. No `count` where none is."""

    words: str
    advice: str
    url: str = ""
    is_bad: bool = True
    newest: str = ""
    shops: list[InShop] = field(default_factory=list)
    name: str = ""


@dataclass(frozen=True)
class Waiting:
    """How many rows of a kind wait in a shop, and the key of the newest."""

    shop: int
    count: int
    newest: int


_registered: dict[str, Need] = {}


def register(need: Need) -> None:
    """Have the start page show a kind of rows that wait."""
    _registered[need.name] = need


def registered() -> list[Need]:
    """Return every kind, in the order of registration: the most pressing first."""
    return list(_registered.values())


def counts_of(user: Any) -> list[QuerySet[Any, Any]]:
    """Return a query of each kind that a person may see: kind, shop, count, key of the newest.

    They are united with others by `facts`, into one.
    """
    return [
        _rows_of(need, user)
        .values(need_name=Value(need.name), shop_number=F(_path(need)))
        .annotate(amount=Count("pk"), newest_key=Max("pk"))
        .values_list("need_name", "shop_number", "amount", "newest_key")
        for need in registered()
        if user.has_perm(need.permission)
    ]


def items_of(
    user: Any, waiting: dict[str, list[Waiting]], shop_names: dict[int, str]
) -> list[Item]:
    """Return what waits, in words, as it was counted. One query, for the newest of each kind."""
    needs = [need for need in registered() if waiting.get(need.name)]
    newest = _newest(needs, waiting)
    return [
        _item(user, need, waiting[need.name], shop_names, newest.get(need.name, ""))
        for need in needs
    ]


def _path(need: Need) -> str:
    path = shop_path_of(need.rows().model)
    if path is None:
        raise ValueError(f"{need.name}: its rows are of no shop")
    return path


def _rows_of(need: Need, user: Any) -> QuerySet[Any]:
    return rows_where(need.rows(), user, need.permission).order_by()


def _newest(needs: Iterable[Need], waiting: dict[str, list[Waiting]]) -> dict[str, str]:
    """Return of the newest row of each kind which it is and why it waits, in words."""
    queries = [
        need.rows()
        .order_by()
        .filter(pk=max(each.newest for each in waiting[need.name]))
        .values(
            need_name=Value(need.name),
            row_label=Cast(need.label, CharField()),
            row_cause=Cast(Value("") if need.cause is None else need.cause, CharField()),
        )
        .values_list("need_name", "row_label", "row_cause")
        for need in needs
        if need.label is not None
    ]
    if not queries:
        return {}
    first, *others = queries
    rows = first.union(*others, all=True) if others else first
    return {kind: _newest_words(label or "", cause or "") for kind, label, cause in rows}


def _newest_words(label: str, cause: str) -> str:
    cause = Truncator(" ".join(cause.split())).chars(CAUSE_LENGTH)
    if not (label and cause):
        return isolate(label or cause)
    return _("%(which)s: %(why)s") % {"which": isolate(label), "why": isolate(cause)}


def _item(
    user: Any, need: Need, waiting: list[Waiting], shop_names: dict[int, str], newest: str
) -> Item:
    options = need.rows().model._meta
    listed = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    shops = []
    if user.is_superuser or len(shops_where(user, need.permission)) > 1:
        most = sorted(waiting, key=lambda each: (-each.count, each.shop))[:MOST_SHOPS]
        path = f"{_path(need)}__id__exact"
        shops = [
            InShop(
                shop_names.get(each.shop, ""),
                each.count,
                f"{listed}?{urlencode(need.filters | {path: str(each.shop)})}",
            )
            for each in most
        ]
    return Item(
        need.words(sum(each.count for each in waiting)),
        str(need.advice),
        f"{listed}?{urlencode(need.filters)}" if need.filters else listed,
        need.is_bad,
        newest,
        shops,
        need.name,
    )
