"""The ledger: on the pages of orders and downloads the newest lines, and a list of all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from downloads.models import Asset, DownloadEvent, Grant, Order
from storefront.admin.base import ScopedAdmin, visible
from storefront.admin.ledger.text import letters_of, visitor_text, what_happened
from storefront.admin.read_only import ReportedAdmin
from storefront.formats import whole_number

NEWEST = 50
STYLE = {"all": ("downloads/ledger.css",)}


@dataclass(frozen=True)
class Line:
    """One line in words; `visitor` is empty where nobody came."""

    at: datetime
    what: str
    asset: Asset
    visitor: str


@dataclass(frozen=True)
class Ledger:
    """The newest lines; `all_url` leads to the whole list, null where these are all."""

    lines: list[Line]
    all_url: str | None
    names_assets: bool
    is_as_asked: bool


def ledger_of(request: HttpRequest, row: Order | Grant) -> Ledger | None:
    """Return the newest lines about an order or a download. One query.

    None for staff who may not see the ledger.
    """
    if not request.user.has_perm("downloads.view_downloadevent", row):
        return None
    own = LinesOfOrder if isinstance(row, Order) else LinesOfGrant
    lines = DownloadEvent.objects.filter(**{own.path: row}).select_related(
        "grant__asset", "delivery"
    )
    # One more than is shown tells whether there are others.
    events = list(lines[: NEWEST + 1])
    url = f"{reverse('admin:downloads_downloadevent_changelist')}?{own.parameter_name}={row.pk}"
    return Ledger(
        lines=[
            Line(event.at, what_happened(event), event.grant.asset, visitor_text(event))
            for event in events[:NEWEST]
        ],
        all_url=url if len(events) > NEWEST else None,
        names_assets=own is LinesOfOrder,
        is_as_asked=settings.FILES_LEAVE_BY == "nginx",
    )


class WithLedger(ScopedAdmin):
    """A page with the ledger's lines about its row, for a template that includes them."""

    class Media:
        css = STYLE

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context["original"] is not None:
            context["ledger"] = ledger_of(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)


class OneRowFilter(admin.SimpleListFilter):
    """The lines of one row, as that row's page links to them. It offers no choice by itself."""

    rows: Any
    path: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if self.value() is None:
            return []
        row = visible(self.rows, request).filter(pk=self._number()).first()
        return [(self.value() or "", str(row or "unknown"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DownloadEvent]
    ) -> QuerySet[DownloadEvent]:
        if self.value() is None:
            return queryset
        return queryset.filter(**{self.path: self._number()})

    def _number(self) -> int:
        return whole_number(self.value() or "") or 0


class LinesOfOrder(OneRowFilter):
    title = _("order")
    parameter_name = "order"
    rows = Order.objects.all()
    path = "grant__order"


class LinesOfGrant(OneRowFilter):
    title = _("download")
    parameter_name = "download"
    rows = Grant.objects.with_rights()
    path = "grant"


@admin.register(DownloadEvent)
class DownloadEventAdmin(ReportedAdmin):
    list_display = ("when", "what", "download", "visitor", "shop")
    list_select_related = ("grant__asset", "grant__order__shop", "delivery")
    list_filter = (LinesOfOrder, LinesOfGrant, "kind", "at", "grant__order__shop")
    search_fields = (
        "=grant__order__number",
        "=grant__order__receipt_number",
        "grant__asset__title",
        "grant__asset__file_name",
        "grant__order__customer__email",
    )
    search_help_text = _("Order number, file, link or buyer's mail address")
    quick_order = ("at",)
    fields = ("at", "what", "grant", "shop", "letters", "program")

    class Media:
        css = STYLE

    @admin.display(description=_("when"), ordering="at")
    def when(self, event: DownloadEvent) -> object:
        return event.at

    @admin.display(description=_("what happened"))
    def what(self, event: DownloadEvent) -> str:
        return what_happened(event)

    @admin.display(description=_("download"), ordering="grant__order__number")
    def download(self, event: DownloadEvent) -> str:
        return str(event.grant)

    @admin.display(description=_("shop"))
    def shop(self, event: DownloadEvent) -> str:
        return str(event.grant.order.shop)

    @admin.display(description=_("visitor"))
    def visitor(self, event: DownloadEvent) -> str:
        return visitor_text(event)

    @admin.display(description=_("visitor"))
    def letters(self, event: DownloadEvent) -> str:
        return letters_of(event)

    @admin.display(description=_("program"))
    def program(self, event: DownloadEvent) -> str:
        return format_html("<bdi>{}</bdi>", event.user_agent) if event.user_agent else ""
