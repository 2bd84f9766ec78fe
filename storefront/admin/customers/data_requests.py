"""Buyers who asked what is stored about them, and the file that answers."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.bidi import isolate
from downloads.lookups.personal_data import stored_for_request, with_customers
from downloads.models import DataRequest
from storefront.admin.actions import act_on_each, json_file
from storefront.admin.read_only import ReportedAdmin


class AnsweredFilter(admin.SimpleListFilter):
    title = gettext_lazy("answered")
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", _("Not yet")), ("yes", _("Answered"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DataRequest]
    ) -> QuerySet[DataRequest]:
        if self.value() not in {"no", "yes"}:
            return queryset
        return queryset.filter(answered_at__isnull=self.value() == "no")


@admin.register(DataRequest)
class DataRequestAdmin(ReportedAdmin):
    list_display = ("asked_at", "customer", "file", "answered_at", "shop")
    list_select_related = ("shop",)
    list_filter = (AnsweredFilter, "shop")
    search_fields = ("=email", "=customer_platform_id", "=platform_id")
    search_help_text = gettext_lazy("Mail address, or number of the customer or of the request")
    actions = ("mark_as_answered",)
    fields = ("shop", "number", "customer", "asked_at", "file", "answered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataRequest]:
        return with_customers(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        return [path("<int:number>/export/", view, name="data_request_file"), *super().get_urls()]

    def export(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Hand over what is stored about the buyer who asked."""
        row = self.get_object(request, str(number))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        document = stored_for_request(row, at=timezone.now())
        return json_file(document, name=f"data-request-{row.platform_id}.json")

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: DataRequest) -> int:
        return row.platform_id

    @admin.display(description=gettext_lazy("customer"))
    def customer(self, row: Any) -> str:
        number, known = row.customer_platform_id, row.numbered or row.addressed
        words = isolate(row.email) or (
            _("No longer known") if number is None else _("Customer {number}").format(number=number)
        )
        if known is None:
            return words
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:downloads_customer_change", args=[known]), words
        )

    @admin.display(description=gettext_lazy("the customer’s data"))
    def file(self, row: DataRequest) -> str:
        url = reverse("admin:data_request_file", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    @admin.action(description=gettext_lazy("Mark as answered"), permissions=["act"])
    def mark_as_answered(self, request: HttpRequest, rows: QuerySet[DataRequest]) -> None:
        at = timezone.now()
        rows = rows.filter(answered_at=None)
        if not rows:
            messages.error(request, _("Nothing to mark: that was done before."))
        act_on_each(
            request,
            rows,
            lambda each: fulfilment.answer_data_request(each, at=at),
            done=_("marked as answered"),
        )
