"""Paging through long lists: rows are counted up to a bound, and pages end there."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

TOO_MANY = _("An act is for {} rows at most. Filter or search the list first.")


class BoundedPaginator(Paginator):
    """Pages of the first `LIST_MOST_ROWS` rows; `is_cut` where there are more.

    To count a million rows takes longer than to show a hundred of them, and so does a page far
    behind: the rows before it are read as well.
    """

    @cached_property
    def is_cut(self) -> bool:
        """Whether there are more rows than are paged through."""
        return self._found > settings.LIST_MOST_ROWS

    @cached_property
    def count(self) -> int:
        return min(self._found, settings.LIST_MOST_ROWS)

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        if rows.query.is_sliced:
            return rows.count()
        return rows.order_by().values("pk")[: settings.LIST_MOST_ROWS + 1].count()


def is_long(rows: QuerySet[Any]) -> bool:
    """Say whether a list has more rows than are paged through."""
    return BoundedPaginator(rows, 1).is_cut


class PagedAdmin(admin.ModelAdmin):
    """A list that may have a million rows.

    `quick_order` names the columns by which even a long one is sorted: an index does it.
    """

    quick_order: tuple[str, ...] = ()
    paginator = BoundedPaginator
    # Both would count all rows.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *where: Any) -> Any:
        if request.POST.get("select_across", "0") != "0" and is_long(queryset):
            messages.error(request, TOO_MANY.format(settings.LIST_MOST_ROWS))
            return None
        return super().response_action(request, queryset, *where)
