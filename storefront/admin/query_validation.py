"""Validate the admin's query parameters before they reach the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from storefront.admin.pagination import is_long
from storefront.http.errors import RequestRefused

# No filter and no link of ours asks so. A pattern can keep the database busy for hours; Django
# hands on a range as the single letters of its text.
NOT_ASKED = {"range", "regex", "iregex"}
NOT_SO = _("This list cannot be asked so: it names a page, a date or a value that does not exist.")
NO_SUCH_KEY = _("The request names a row by something that is no number of any.")
TOO_LONG_TO_SORT = _(
    "The list is too long to be sorted so: it has more than {} rows. Filter or search it first."
)
SEARCH_CUT = _(
    "More than {} rows fit your search: these are the newest. Add a word to find others."
)
LARGEST = 2**63 - 1
EARLIEST_YEAR, LATEST_YEAR = 1900, 2999


class AskedList(ChangeList):
    """A list that says what was wrong with its address. Django's shows all rows instead."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        try:
            super().__init__(request, *args)
        except IncorrectLookupParameters as error:
            raise RequestRefused(str(NOT_SO)) from error

    is_cut = False

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.is_cut = getattr(self.paginator, "is_cut", False)
        if self.is_cut and not self.multi_page:
            # Django shows all that a page takes, and counts on there being no more.
            self.result_list = self.result_list[: self.list_per_page]
        if getattr(request, "is_search_cut", False):
            messages.info(request, SEARCH_CUT.format(settings.SEARCH_MOST_ROWS))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        ordering = super().get_ordering(request, queryset)
        quick = {"pk", *getattr(self.model_admin, "quick_order", ())}
        first = str(ordering[0]).lstrip("-")
        if not self.params.get(ORDER_VAR) or first in quick or not is_long(queryset):
            return ordering
        messages.warning(request, TOO_LONG_TO_SORT.format(settings.LIST_MOST_ROWS))
        del self.params[ORDER_VAR]
        return super().get_ordering(request, queryset)

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise self._refusal(error) from error

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        rows = super().get_queryset(request, *args, **kwargs)
        try:
            # A year becomes two dates only where the SQL is written.
            rows.query.get_compiler(rows.db).as_sql()
        except EmptyResultSet:
            pass
        except (ValueError, OverflowError) as error:
            raise self._refusal(error) from error
        return rows

    def _refusal(self, error: Exception) -> Exception:
        # Of a list of which nothing is asked it is a fault of ours, and stays one.
        return RequestRefused(str(NOT_SO)) if self.get_filters_params() else error


def is_asked_so(lookup: str) -> bool:
    """Say whether a look-up is one of those that lists answer at all."""
    return not NOT_ASKED & set(lookup.split("__"))


def check_key(field: Any, text: str) -> None:
    """Check that a text could name a row by a column.

    Raises:
        RequestRefused: it could not.
    """
    if not is_key(field, text):
        raise RequestRefused(str(NO_SUCH_KEY))


def is_key(field: Any, text: str) -> bool:
    """Say whether a text could name a row by a column."""
    try:
        key = field.to_python(text)
    except ValidationError:
        return False
    return not isinstance(key, int) or abs(key) <= LARGEST


def check_time(at: datetime) -> None:
    """Check that a time is one that every database holds, wherever the shop's clock stands.

    Raises:
        ValidationError: it is before or past all of them.
    """
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise ValidationError(
            gettext("Enter a year from {first} to {last}.").format(
                first=EARLIEST_YEAR, last=LATEST_YEAR
            )
        )


class AskedChoice(AutocompleteSelect):
    """A choice among rows that can be shown again, whatever was sent in place of a row's key."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        # Without a word in it a screen reader has no name for the box.
        words = {"data-placeholder": _("Choose")}
        return super().build_attrs(base_attrs, extra_attrs) | words

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        field: Any = self.field
        pointed_at = field.target_field
        keys = [each for each in value if is_key(pointed_at, each)]
        return super().optgroups(name, keys or [""], attrs)


def initial_value(field: Any, given: Any) -> Any:
    """Return what a new row's form begins with, as its address says.

    Raises:
        RequestRefused: it is nothing that this column could hold.
    """
    if field.is_relation:
        pointed_at: Any = field.target_field
        for each in given if isinstance(given, list) else [given]:
            check_key(pointed_at, each)
        return given
    try:
        value = field.to_python(given)
    except ValidationError as error:
        raise RequestRefused(
            gettext("“{name}” cannot begin so.").format(name=field.verbose_name)
        ) from error
    # Its two boxes take no text; any other box shows what was given, right or wrong.
    return value if isinstance(field, DateTimeField) else given
