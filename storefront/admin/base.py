"""Tenant-scoped ModelAdmin: staff see, choose and change rows of their own shops alone.

Every admin of ours stands on it, inlines too; `storefront.admin.checks` refuses one that does not.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from downloads.models import Shop
from storefront.admin.audit.history import WithHistory
from storefront.admin.audit.trail import trail_of
from storefront.admin.deletion import DeletesUnused
from storefront.admin.form_errors import unplaced_errors
from storefront.admin.pagination import PagedAdmin
from storefront.admin.query_validation import (
    AskedChoice,
    AskedList,
    check_key,
    check_time,
    initial_value,
    is_asked_so,
)
from storefront.admin.search.admin import SearchedAdmin
from storefront.admin.titles import TitledAdmin
from storefront.staff.roles import rows_where, shops_where

# What an action may ask for beside Django's four; each is a permission of the model's own.
VERBS = {"act": "change"}
MOST_ROWS = 5000
DATE_PARTS = (_("Date"), _("Time"))
ROW_GONE = _(
    "Somebody took a row away since you opened this page. Open it anew and change it there."
)


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter by another row: offers those alone that its reader may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        seen = visible(field.remote_field.model._default_manager.all(), request)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": seen.values("pk")}
        )


def visible(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Return the rows that the reader may see."""
    return rows_where(rows, request.user, permission_of(rows.model, "view"))


def permission_of(model: type[Model], verb: str) -> str:
    """Return a permission's name as Django writes it, like "downloads.view_order"."""
    return f"{model._meta.app_label}.{VERBS.get(verb, verb)}_{model._meta.model_name}"


class Scoped(BaseModelAdmin):
    """Rows, choices and permissions by the reader's role in each row's shop."""

    # What an action asks for by a word of its own, where another model's permission is meant.
    asked_elsewhere: Mapping[str, str] = MappingProxyType({})

    def permission_for(self, verb: str) -> str:
        """Return the permission that is asked for by a verb."""
        return self.asked_elsewhere.get(verb) or permission_of(self.model, verb)

    def may(self, request: HttpRequest, verb: str, row: Model | None = None) -> bool:
        """Say whether the reader may do this to a row; without one, to any row of some shop."""
        return request.user.has_perm(self.permission_for(verb), row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request)

    # Of an inline, `obj` is the row whose page it stands on: of the same shop.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(db_field, DateTimeField):
            field.validators = [*field.validators, check_time]
            # Its legend names both boxes, and neither of them.
            for part, words in zip(getattr(field.widget, "widgets", ()), DATE_PARTS, strict=False):
                part.attrs["aria-label"] = words
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AskedChoice(db_field, self.admin_site))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and field.queryset is not None:
            field.queryset = self._choices(field.queryset, request)
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and field.queryset is not None:
            field.queryset = self._choices(field.queryset, request)
        return field

    def _choices(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        if rows.model is Shop:
            # A row is added to a shop, and stays there.
            return rows_where(rows, request.user, permission_of(self.model, "add"))
        return visible(rows, request)


class ScopedAdmin(Scoped, WithHistory, DeletesUnused, PagedAdmin, SearchedAdmin, TitledAdmin):
    """Lists, filters, look-ups in the address bar and actions, held to the reader's shops.

    `asked_by_links` names the columns by which a link of ours asks, beside the filters.
    """

    asked_by_links: tuple[str, ...] = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["trail"] = trail_of(request, context["original"])
        if context["errors"]:
            page = (context["adminform"], context["inline_admin_formsets"])
            context["unplaced_errors"] = unplaced_errors(*page)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._scoped(each) for each in super().get_list_filter(request) or ()]

    def _scoped(self, list_filter: Any) -> Any:
        if not isinstance(list_filter, str):
            return list_filter
        last = get_fields_from_path(self.model, list_filter)[-1]
        return (list_filter, ScopedRelatedFilter) if last.is_relation else list_filter

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow a member what the filters and our own links ask for, and nothing else."""
        if not is_asked_so(lookup) or not super().lookup_allowed(lookup, value, request):
            return False
        return request.user.is_superuser or self._is_offered(lookup, request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Choose the shop, where there is only one to choose."""
        shops = shops_where(request.user, self.permission_for("add"))
        only: dict[str, Any] = {"shop": shops[0]} if len(shops) == 1 else {}
        given = super().get_changeform_initial_data(request)
        columns = {each.name: each for each in self.opts.get_fields() if each.concrete}
        initial = {
            name: initial_value(columns[name], given[name])
            for name in columns.keys() & given.keys()
        }
        return only | given | initial

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        # An empty word in the address names no column.
        return super().get_object(request, object_id, from_field or None)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AskedList]:
        return AskedList

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *where: Any) -> Any:
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            check_key(self.opts.pk, chosen)
        return super().response_action(request, queryset, *where)

    def _is_offered(self, lookup: str, request: HttpRequest) -> bool:
        filters: list[Any] = self.get_list_filter(request)
        paths = [each if isinstance(each, str) else each[0] for each in filters if _is_path(each)]
        offered = [*paths, *self.asked_by_links, "pk", self.opts.pk.name]
        if any(lookup == path or lookup.startswith(f"{path}__") for path in offered):
            return True
        if any(lookup == getattr(each, "parameter_name", None) for each in filters):
            return True
        if self.date_hierarchy and lookup.startswith(f"{self.date_hierarchy}__"):
            return True
        try:
            # Of a hash, asked for by its beginning and letter by letter, all would be told.
            self.opts.get_field(lookup.split("__")[0])
        except FieldDoesNotExist:
            return True  # nothing, which is passed over later
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        allowed: dict[str, Any] = super().get_actions(request)
        return {name: (self._own(act), name, words) for name, (act, _, words) in allowed.items()}

    def _own(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """Let an action meet only rows whose shop gives the reader what it asks for."""

        @wraps(act)
        def acting(model_admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> Any:
            for verb in getattr(act, "allowed_permissions", ()):
                rows = rows_where(rows, request.user, self.permission_for(verb))
            if not rows.exists():
                messages.error(request, _("Nothing of what you chose is here."))
                return None
            return act(model_admin, request, rows)

        return acting


class ScopedInline(Scoped, admin.TabularInline):
    """Rows on another row's page."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **{"absolute_max": MOST_ROWS} | kwargs)
        return type(formset.__name__, (_OwnRows, formset), {})


class _OwnRows:
    """Takes no number but those of the page's own rows: Django takes that of any row there is."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        page: Any = self
        own = form.fields[page._pk_field.name]
        own.queryset = page.queryset
        own.error_messages |= {"invalid_choice": ROW_GONE, "required": ROW_GONE}
        for name, field in form.fields.items():
            # The head of its column is no label.
            attributes = getattr(field.widget, "widget", field.widget).attrs
            attributes.setdefault("aria-label", str(field.label or name))


def _is_path(list_filter: Any) -> bool:
    return isinstance(list_filter, str | tuple)
