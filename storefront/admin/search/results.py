"""What a search has found, by kind: kept for a while in its person's session, under a random name.

Kept are the numbers of the rows, and the words unless they look like a secret. Whoever opens the
result sees of its rows those that they may see then.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from downloads.models import Account, Asset, Customer, Mail, Order, Product, Shop
from downloads.search.found import WAYS
from storefront.admin.orders.facts import day_of
from storefront.admin.search.admin import find_for_reader, is_short
from storefront.admin.search.terms import is_like_token, is_secret

KINDS = (Order, Customer, Asset, Product, Account, Mail, Shop)
SHOWN, MOST_KEPT = 10, 5
KEY = "searches"


@dataclass(frozen=True)
class Row:
    """A row in words, and its page."""

    words: str
    details: list[str]
    url: str


@dataclass(frozen=True)
class Group:
    """The rows of a kind; `all_url` leads to all of them, empty where these are all."""

    title: str
    rows: list[Row]
    all_url: str


def found_by_kind(request: HttpRequest, text: str) -> dict[type[Model], list[Any]]:
    """Return the newest rows of each kind that fit, one more than are shown at most."""
    found = {}
    if is_short(text):
        find_for_reader(request, [model for model in KINDS if model in WAYS], text)
    for model in KINDS:
        rows = admin_of(model).found(request, text)
        found[model] = list(rows.order_by(*_order(model)).distinct()[: SHOWN + 1])
    return {model: rows for model, rows in found.items() if rows}


def _order(model: type[Model]) -> tuple[str, ...]:
    return tuple(admin_of(model).ordering or model._meta.ordering or ("-pk",))


def keep(request: HttpRequest, text: str, found: dict[type[Model], list[Any]]) -> str:
    """Keep a result for its person; return the address that shows it."""
    name = secrets.token_urlsafe(9)
    is_kept = not (is_secret(text) or is_like_token(text))
    result = {
        "until": int(timezone.now().timestamp()) + settings.SEARCH_MINUTES * 60,
        "text": text if is_kept else "",
        "rows": {
            model._meta.label_lower: [str(row.pk) for row in rows] for model, rows in found.items()
        },
    }
    earlier = list(request.session.get(KEY, {}).items())
    request.session[KEY] = dict([*earlier[1 - MOST_KEPT :], (name, result)])
    return reverse("admin:search_result", args=[name])


def kept_text_and_groups(request: HttpRequest, name: str) -> tuple[str, list[Group]] | None:
    """Return the words of a result and its rows by kind; None where there is none of this name."""
    result = request.session.get(KEY, {}).get(name)
    if result is None or result["until"] <= timezone.now().timestamp():
        return None
    groups = [
        _group(request, apps.get_model(label), keys, result["text"])
        for label, keys in result["rows"].items()
    ]
    return result["text"], [group for group in groups if group.rows]


def _group(request: HttpRequest, model: type[Model], keys: list[str], text: str) -> Group:
    model_admin = admin_of(model)
    opts = model._meta
    rows: list[Any] = []
    if model_admin.has_view_permission(request):
        seen = model_admin.get_queryset(request).filter(pk__in=keys)
        related = model_admin.list_select_related
        rows = list(seen.select_related(*related) if related else seen)
        place = {key: number for number, key in enumerate(keys)}
        rows.sort(key=lambda row: place[str(row.pk)])
    all_url = ""
    if text and len(rows) > SHOWN:
        all_url = f"{changelist_of(model)}?{urlencode({SEARCH_VAR: text})}"
    return Group(
        title=str(opts.verbose_name_plural),
        rows=[Row(str(row), _details(row), page_of(row)) for row in rows[:SHOWN]],
        all_url=all_url,
    )


def _details(row: Any) -> list[str]:
    """Return what tells a row from others of its kind."""
    match row:
        case Order():
            parts = [row.customer, row.email, row.status, day_of(row.placed_at)]
        case Product():
            parts = [row.sku, row.vendor]
        case Asset():
            parts = [row.file_name or row.link]
        case Mail():
            parts = [row.email, row.get_kind_display(), row.get_state_display()]
            parts.append(day_of(row.created_at))
        case Shop():
            parts = [row.domain]
        case _:
            parts = [row.email]
    words = [str(part) for part in parts if part]
    return [each for each in dict.fromkeys(words) if each != str(row)]


def admin_of(model: type[Model]) -> Any:
    """Return the admin of a model's list."""
    return admin.site._registry[model]


def changelist_of(model: type[Model]) -> str:
    """Return the address of a model's list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Model) -> str:
    """Return the address of a row's own page."""
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
