"""The search box on every page of the admin.

It posts: what is pasted may be a buyer's secret, and stands in no address. A text goes into one
only once a list has been found to show it, so that a secret of another shop, one of nobody and one
of ours that leads nowhere are answered the same.
"""

import unicodedata
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from downloads import lookups
from downloads.models import AuditEntry, Order
from storefront.admin.base import visible
from storefront.admin.search.admin import SearchedAdmin, SeeOther
from storefront.admin.search.results import (
    KINDS,
    admin_of,
    changelist_of,
    found_by_kind,
    keep,
    kept_text_and_groups,
    page_of,
)
from storefront.admin.search.terms import is_secret, order_number, orders_of, request_number

# The list whose box was used, by its model's label.
LIST = "list"
# What a list's box posts along that is no filter of the list.
NO_FILTERS = {SEARCH_VAR, PAGE_VAR, LIST, "csrfmiddlewaretoken"}
MOST_ROWS = 20
# A letter of a buyer with all that it quotes.
LONGEST_PASTED = 20_000


@sensitive_post_parameters(SEARCH_VAR)
def find(request: HttpRequest) -> HttpResponse:
    """Lead to what was asked for; say that nothing was found, in the same words whatever it was."""
    is_asked = request.method == "POST"
    if is_asked:
        text = unicodedata.normalize("NFC", request.POST.get(SEARCH_VAR, "")[:LONGEST_PASTED])
        address = _address_of(request, " ".join(text.split()))
        if address is not None:
            return SeeOther(address)
    context = admin.site.each_context(request) | {
        "title": _("Search"),
        "is_asked": is_asked,
        "is_popup": IS_POPUP_VAR in request.POST,
        "came_from": _list_asked(request),
    }
    return TemplateResponse(request, "admin/search.html", context)


def _address_of(request: HttpRequest, text: str) -> str | None:
    """Return where a search leads, None where to nothing."""
    origin = _list_asked(request)
    if not text:
        return _list(request, origin.model) if origin else None
    models = [origin.model] if origin else KINDS
    if is_secret(text):
        # A merchant's own link, the beginning of a key: they lead to their rows by number.
        found = (admin_of(model).found(request, text) for model in models)
        return next(filter(None, map(_rows, [_pasted(request, text), *found])), None)
    is_of_orders = origin is None or origin.model is Order
    # A bare token: by its hash, before it is looked for as a text.
    address = _rows(_pasted(request, text)) or _of_request(request, text)
    if address is None and is_of_orders:
        address = _of_receipt(request, text) or _numbered(request, text, called=True)
    if address is None:
        address = _in_list(request, origin.model, text) if origin else _result(request, text)
    if address is None and is_of_orders:
        address = _numbered(request, text, called=False)
    return address


def _of_request(request: HttpRequest, text: str) -> str | None:
    """Return where the audit trail's entries are that a request led to, by its number."""
    name = request_number(text)
    if name is None:
        return None
    entries = visible(AuditEntry.objects.filter(request_id=name), request)
    return _rows(entries)


def _in_list(request: HttpRequest, model: type[Model], text: str) -> str | None:
    if not admin_of(model).finds(request, text):
        return None
    return _list(request, model, **{SEARCH_VAR: text})


def _result(request: HttpRequest, text: str) -> str | None:
    """Return where what was found is shown: the one row's page, or all of it by kind."""
    found = found_by_kind(request, text)
    rows = [row for rows in found.values() for row in rows]
    if len(rows) == 1:
        return page_of(rows[0])
    return keep(request, text, found) if rows else None


def show_result(request: HttpRequest, name: str) -> HttpResponse:
    """Show what a search has found, to the person who searched, as long as it is kept."""
    result = kept_text_and_groups(request, name)
    text, groups = result or ("", [])
    context = admin.site.each_context(request) | {
        "title": _("Search"),
        "text": text,
        "groups": groups,
        "is_over": result is None,
        "is_asked": not groups and result is not None,
    }
    status = 404 if result is None else 200
    return TemplateResponse(request, "admin/search.html", context, status=status)


def _pasted(request: HttpRequest, text: str) -> QuerySet[Order]:
    return visible(orders_of(text), request)


def _rows(found: QuerySet[Any]) -> str | None:
    """Return where some rows are shown, by their numbers alone."""
    rows = list(found.distinct().order_by("pk")[:MOST_ROWS])
    if len(rows) == 1:
        return page_of(rows[0])
    numbers = ",".join(str(row.pk) for row in rows)
    return f"{changelist_of(found.model)}?{urlencode({'pk__in': numbers})}" if rows else None


def _numbered(request: HttpRequest, text: str, *, called: bool) -> str | None:
    number = order_number(text, called=called)
    if number is None:
        return None
    orders = list(visible(lookups.orders_of_number(number), request)[:2])
    if len(orders) == 1:
        return page_of(orders[0])
    return _list(request, Order, **{SEARCH_VAR: str(number)}) if orders else None


def _of_receipt(request: HttpRequest, text: str) -> str | None:
    """Return where the one order is that has this text on its receipt."""
    orders = list(visible(lookups.orders_of_receipt(text), request)[:2])
    return page_of(orders[0]) if len(orders) == 1 else None


def _list_asked(request: HttpRequest) -> Any:
    """Return the admin of the list whose box was used, None for the box in the header."""
    label = request.POST.get(LIST, "")
    for model, model_admin in admin.site._registry.items():
        if model._meta.label_lower == label and isinstance(model_admin, SearchedAdmin):
            return model_admin
    return None


def _list(request: HttpRequest, model: type[Model], **params: str) -> str:
    # Of a list's own box the filters stay.
    is_own = request.POST.get(LIST) == model._meta.label_lower
    kept = {name: value for name, value in request.POST.items() if name not in NO_FILTERS}
    return f"{changelist_of(model)}?{urlencode((kept if is_own else {}) | params)}".removesuffix(
        "?"
    )
