"""Audit trail admin: list, search and export, read-only."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.audit.export import FORMS
from downloads.bidi import isolate
from downloads.models import AuditEntry, Shop
from storefront.admin.audit.acts import act_words, actor_words
from storefront.admin.audit.trail import Change, changes_of, kinds, model_of
from storefront.admin.query_validation import AskedList
from storefront.admin.read_only import ReportedAdmin

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
WHOLE = 20_000


class EntriesWithLinks(AskedList):
    """A page of entries; each knows the page of what it is about, if its reader may go there."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries: list[Any] = list(self.result_list)
        set_links(entries, request)
        set_shops(entries)
        for entry in entries:
            entry.what = act_words(entry.what)
        self.result_list = entries


def set_links(entries: list[Any], request: HttpRequest) -> None:
    """Set each entry's `link`, None where its reader may not go or nothing is. One query."""
    requested = defaultdict(set)
    for entry in entries:
        entry.link = None
        model_admin = admin.site._registry.get(model_of(entry))  # type: ignore[arg-type]
        if model_admin is not None and model_admin.has_view_permission(request):
            requested[model_admin].add(entry.subject_id)
    seen = _seen_of(requested, request)
    for entry in entries:
        if (entry.subject_type, _plain(entry.subject_id)) in seen:
            app, name = entry.subject_type.split(".")
            entry.link = reverse(f"admin:{app}_{name}_change", args=[entry.subject_id])


def _seen_of(requested: dict[Any, set[str]], request: HttpRequest) -> set[tuple[str, str]]:
    """Return the kind and the key of each row that its reader may see."""
    parts = [
        model_admin.get_queryset(request)
        .filter(pk__in=numbers)
        .order_by()
        .annotate(kind_of_row=Value(model_admin.opts.label_lower), key=Cast("pk", CharField()))
        .values_list("kind_of_row", "key")
        for model_admin, numbers in requested.items()
    ]
    rows = parts[0].union(*parts[1:], all=True) if parts else ()
    return {(kind, _plain(key)) for kind, key in rows}


def _plain(key: str) -> str:
    # One database writes a UUID with hyphens, another without.
    return key.replace("-", "")


def set_shops(entries: list[Any]) -> None:
    """Set each entry's `shop_words`. One query."""
    # Not joined: of entries that are asked for by their shop, a join leaves out those of one gone.
    names = Shop.objects.in_bulk({entry.shop_id for entry in entries} - {None})
    for entry in entries:
        number = entry.shop_id
        entry.shop_words = number and str(
            names.get(number, gettext("shop {number}, gone").format(number=number))
        )


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "subject_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(kinds(), key=lambda kind: kind[1])

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        return queryset.filter(subject_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReportedAdmin):
    change_list_template = "admin/downloads/audit_entries.html"
    list_display = ("when", "who", "what", "about", "changed", "shop_name")
    list_display_links = ("when",)
    list_filter = ("shop", KindFilter, "at")
    asked_by_links = ("subject_id", "request_id")
    search_fields = ("actor", "subject", "what")
    search_help_text = _("Who, what, or about what")
    quick_order = ("at",)
    fields = readonly_fields = (
        *("at", "actor", "came_from", "program", "request_id", "shop_name"),
        *("what", "kind", "about", "changed_in_full"),
    )

    class Media:
        css = {"all": ("downloads/trail.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AskedList]:
        return EntriesWithLinks

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AuditEntry | None:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            set_links([entry], request)
            set_shops([entry])
            entry.what = act_words(entry.what)
        return entry

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("export/<str:form>/", view, name="audit_export"), *super().get_urls()]

    def export(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Answer with every entry that the list would show, on however many pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in FORMS:
            raise Http404
        entries = self.get_changelist_instance(request).get_queryset(request)
        name = f"audit-{timezone.localdate():%Y-%m-%d}.{form}"
        return StreamingHttpResponse(
            FORMS[form](entries),
            content_type=CONTENT_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @admin.display(description=_("when"), ordering="at")
    def when(self, entry: AuditEntry) -> Any:
        return entry.at

    @admin.display(description=_("by"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        actor = isolate(actor_words(entry.actor))
        if not entry.address:
            return actor
        return gettext("{actor}, from {address}").format(
            actor=actor, address=isolate(entry.address)
        )

    @admin.display(description=_("from"), empty_value="–")
    def came_from(self, entry: AuditEntry) -> str:
        return entry.address

    @admin.display(description=_("kind"))
    def kind(self, entry: AuditEntry) -> str:
        model = model_of(entry)
        return str(model._meta.verbose_name) if model else entry.subject_type

    @admin.display(description=_("shop"))
    def shop_name(self, entry: Any) -> str | None:
        return entry.shop_words

    @admin.display(description=_("about"))
    def about(self, entry: Any) -> str:
        if entry.link is None:
            return entry.subject
        return format_html('<a href="{}">{}</a>', entry.link, entry.subject)

    @admin.display(description=_("changed"))
    def changed(self, entry: AuditEntry) -> str:
        return _written(changes_of(entry))

    @admin.display(description=_("changed"))
    def changed_in_full(self, entry: AuditEntry) -> str:
        return _written(changes_of(entry, length=WHOLE))


def _written(changes: list[Change]) -> str:
    return format_html_join(
        "",
        '<div class="change"><b>{}</b>: {}</div>',
        ((isolate(change.name), _moved(change)) for change in changes),
    )


def _moved(change: Change) -> str:
    return " → ".join(isolate(part) for part in (change.before, change.after) if part)
