"""Imports of orders: what was uploaded, how far it has come, and what came of it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from downloads.errors import BadInput
from storefront.admin.base import ScopedAdmin
from storefront.admin.imports.form import ImportForm
from storefront.formats import size_text
from storefront.imports import background
from storefront.imports.plain import TEMPLATE
from storefront.models import OrderImport

WHAT_IT_TAKES = gettext_lazy(
    '<p>What each file brings along, and what it does not: <a href="{}">Importing orders</a>. To '
    'write one yourself, begin with <a href="{}">our template</a>. The same file twice changes '
    "nothing.</p>"
)
CSV = "text/csv; charset=utf-8"


@admin.register(OrderImport)
class OrderImportAdmin(ScopedAdmin):
    form = ImportForm
    list_display = ("file_name", "shop", "format_title", "state", "result", "person", "created_at")
    list_select_related = ("shop", "person")
    list_filter = ("shop", "state")
    search_fields = ("file_name",)
    autocomplete_fields = ("shop",)
    actions = None
    change_form_template = "admin/storefront/orderimport/change_form.html"
    readonly_fields = (
        *("shop", "size", "format_title", "person", "created_at", "mails"),
        *("read_so", "with_notes", "first_refused", "refused_rows", "fault"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: OrderImport | None = None) -> Any:
        if obj is None:
            words = format_html(
                str(WHAT_IT_TAKES),
                reverse("document", args=["importing"]),
                reverse("admin:import_template"),
            )
            fields = ("shop", "upload", "mails_buyers", "at_once")
            return [(None, {"fields": fields, "description": words})]
        result = {
            "read_so": obj.notes,
            "with_notes": obj.noted,
            "first_refused": obj.first_refused,
            "refused_rows": obj.refused_file,
            "fault": obj.fault,
        }
        facts = self.readonly_fields[: -len(result)]
        came = [name for name, value in result.items() if value]
        return [
            (None, {"fields": facts}),
            *([(_("What came up"), {"fields": came})] if came else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: OrderImport | None = None) -> Any:
        return () if obj is None else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # There is nothing to type; what is done about one are buttons.
        return False

    def save_model(self, request: HttpRequest, obj: OrderImport, form: Any, change: bool) -> None:
        entered = form.cleaned_data
        row = background.begin_import(
            entered["shop"],
            entered["upload"],
            person=request.user if request.user.is_authenticated else None,
            mails_buyers=entered["mails_buyers"],
            is_for_good=entered["at_once"],
            at=timezone.now(),
        )
        # Its columns are the stored row's from here on.
        vars(obj).update(vars(row))

    def response_add(
        self, request: HttpRequest, obj: OrderImport, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(self._address_of(obj))

    def delete_model(self, request: HttpRequest, obj: OrderImport) -> None:
        background.delete_imports([obj])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("template/", view(self.template), name="import_template"),
            path("<int:number>/proceed/", view(self.proceed), name="import_proceed"),
            path("<int:number>/refused/", view(self.refused), name="import_refused"),
            *super().get_urls(),
        ]

    def template(self, request: HttpRequest) -> HttpResponse:
        """Hand out a file of our own format to fill in."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        named = {"Content-Disposition": 'attachment; filename="orders.csv"'}
        # Excel takes a file without this mark for Windows-1252.
        return HttpResponse("\ufeff" + TEMPLATE, content_type=CSV, headers=named)

    @method_decorator(require_POST)
    def proceed(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Import what was checked, or let it go on."""
        row = self._permitted(request, number, "change")
        try:
            background.proceed(row, at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, "Had it imported")
        return HttpResponseRedirect(self._address_of(row))

    def refused(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Hand out the refused rows."""
        row = self._permitted(request, number, "view")
        if not row.refused_file:
            raise Http404
        try:
            content = row.refused_file.storage.open(str(row.refused_file.name), "rb")
        except OSError:
            raise Http404 from None
        return FileResponse(content, as_attachment=True, filename="refused.csv", content_type=CSV)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context["original"]
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if row is not None:
            at = timezone.now()
            may = self.may(request, "change", row)
            stopped = row.state == OrderImport.State.FAILED or row.is_cut_off(at)
            context |= {
                "done": sum(row.counts.values()),
                "is_moving": row.is_under_way and not row.is_cut_off(at),
                "is_cut_off": row.is_cut_off(at),
                "may_import": may and row.state == OrderImport.State.CHECKED,
                "may_go_on": may and stopped,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def _permitted(self, request: HttpRequest, number: int, verb: str) -> OrderImport:
        row = self.get_object(request, str(number))
        if row is None:
            raise Http404
        if not self.may(request, verb, row):
            raise PermissionDenied
        return row

    @staticmethod
    def _address_of(row: OrderImport) -> str:
        return reverse("admin:storefront_orderimport_change", args=[row.pk])

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderImport]:
        return super().get_queryset(request).select_related("shop", "person")

    @admin.display(description=gettext_lazy("result"))
    def result(self, row: OrderImport) -> str:
        words = {
            "new": _("new"),
            "changed": _("changed"),
            "unchanged": _("unchanged"),
            "refused": _("refused"),
        }
        return ", ".join(f"{count} {words[name]}" for name, count in row.counts.items() if count)

    @admin.display(description=gettext_lazy("size"))
    def size(self, row: OrderImport) -> str | None:
        return size_text(row.size_bytes)

    @admin.display(description=gettext_lazy("mail the buyers"), boolean=True)
    def mails(self, row: OrderImport) -> bool:
        return row.mails_buyers

    @admin.display(description=gettext_lazy("how it was read"))
    def read_so(self, row: OrderImport) -> str:
        return " ".join(row.notes)

    @admin.display(description=gettext_lazy("with notes"))
    def with_notes(self, row: OrderImport) -> str:
        return ngettext(
            "{noted} order has something that could not be read: see the notes there.",
            "{noted} orders have something that could not be read: see the notes there.",
            row.noted,
        ).format(noted=row.noted)

    @admin.display(description=gettext_lazy("refused rows"))
    def refused_rows(self, row: OrderImport) -> str:
        return format_html(
            _(
                '<a href="{}">Download them as a spreadsheet</a>. Mend them there, and upload that '
                "file: only they are in it."
            ),
            reverse("admin:import_refused", args=[row.pk]),
        )
