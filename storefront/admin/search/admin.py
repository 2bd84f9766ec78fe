"""Searchable ModelAdmin: search by POST, so that no secret stands in an address."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from downloads.search.found import WAYS, Found, find_kinds
from storefront.admin.search.terms import is_like_token, is_secret, order_number, orders_of
from storefront.http.errors import RequestRefused
from storefront.staff.roles import rows_where, shops_where

# As the log writes it; nothing is called so.
NOTHING = "[redacted]"
# More than any name has; SQLite counts the conditions, and measures a pattern.
MOST_WORDS, LONGEST = 30, 1000
TOO_LONG = _("The list is searched for at most 30 words. Search for fewer of them.")


class SeeOther(HttpResponseRedirect):
    status_code = 303


class SearchedAdmin(admin.ModelAdmin):
    """A list with a box that posts (`storefront.admin.search.views`), and leads back to it."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not is_short(search_term):
            raise RequestRefused(str(TOO_LONG))
        if self.model in WAYS:
            return self._found_by_index(request, queryset, search_term), False
        rows, has_twins = super().get_search_results(request, queryset, search_term)
        names_orders = any(str(each).endswith("number") for each in self.get_search_fields(request))
        number = order_number(search_term, called=True) if names_orders else None
        # As it is written a product may be called so.
        if number is None or str(number) == search_term or rows.exists():
            return rows, has_twins
        return super().get_search_results(request, queryset, str(number))

    def _found_by_index(
        self, request: HttpRequest, rows: QuerySet[Any], text: str
    ) -> QuerySet[Any]:
        if not text.strip():
            return rows
        found = find_for_reader(request, [self.model], text)[self.model]
        self.note_cut(request, is_cut=found.is_cut)
        return rows.filter(pk__in=found.keys)

    @staticmethod
    def note_cut(request: Any, *, is_cut: bool) -> None:
        """Note on a request whether more may fit its search than was found."""
        request.is_search_cut = is_cut

    def found(self, request: HttpRequest, text: str) -> QuerySet[Any]:
        """Return the rows that the list shows to its reader by these words."""
        rows = self.get_queryset(request)
        is_asked = self.get_search_fields(request) and is_short(text)
        if not (is_asked and self.has_view_permission(request)):
            return rows.none()
        return self.get_search_results(request, rows, text)[0]

    def finds(self, request: HttpRequest, text: str) -> bool:
        """Say whether there are any such rows."""
        return self.found(request, text).exists()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        text = request.GET.get(SEARCH_VAR, "")
        if (is_secret(text) or is_like_token(text)) and not self.finds(request, text):
            # Somebody wrote it into the address by hand. No box and no link of the page repeats it.
            order = rows_where(orders_of(text), request.user, "downloads.view_order").first()
            if order is not None:
                return SeeOther(reverse("admin:downloads_order_change", args=[order.pk]))
            shown: Any = request.GET.copy()
            shown[SEARCH_VAR] = NOTHING
            request.GET = shown
        return super().changelist_view(request, extra_context)


def find_for_reader(request: Any, models: Iterable[Any], text: str) -> dict[Any, Found]:
    """Find the rows of some models by a text, in the shops where a request's reader sees them.

    Once for a request: what several lists are asked for together, each then has.
    """
    known: dict[tuple[Any, str], Found] = request.__dict__.setdefault("found_rows", {})
    new = [model for model in models if (model, text) not in known]
    found = _find(request, new, text)
    bare = [model for model, each in found.items() if not each.keys]
    number = order_number(text, called=True)
    if bare and number is not None:
        # As it is written, something may be called so.
        found |= _find(request, bare, str(number))
    known |= {(model, text): each for model, each in found.items()}
    return {model: known[model, text] for model in models}


def _find(request: Any, models: Iterable[Any], text: str) -> dict[Any, Found]:
    return find_kinds({model: _shops(request.user, model) for model in models}, text)


def _shops(user: Any, model: Any) -> Iterable[int] | None:
    """Return the shops of which a person sees a model's rows; None for all."""
    name = model._meta
    permission = f"{name.app_label}.view_{name.model_name}"
    return None if user.is_superuser else shops_where(user, permission)


def is_short(text: str) -> bool:
    """Say whether a text is one that lists are searched for."""
    return len(text) <= LONGEST and len(text.split()) <= MOST_WORDS
