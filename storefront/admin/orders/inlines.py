"""The rows inside an order's page: its lines, and what its buyer may download."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads.models import Grant, LineItem, Order
from storefront.admin.base import ScopedInline
from storefront.admin.closures import causes_text
from storefront.admin.grants import count_text
from storefront.admin.inlines import LimitInline, SameShopFormSet
from storefront.admin.statuses import grant_status


class LineFormSet(SameShopFormSet):
    own = "product"

    def judge(self, form: Any, entered: dict[str, Any]) -> None:
        super().judge(form, entered)
        quantity, kept = entered.get("quantity"), entered.get("current_quantity")
        if form.instance.pk and "product" in form.changed_data:
            form.add_error(
                "product",
                gettext("Set the units kept to 0 and add a new line for another product."),
            )
        if form.instance.pk and quantity is not None and quantity < form.initial["quantity"]:
            form.add_error(
                "quantity", gettext("Lower the units kept instead, and raise them to undo.")
            )
        if quantity is not None and kept is not None and kept > quantity:
            form.add_error(
                "current_quantity",
                gettext("At most the {quantity} that were bought.").format(quantity=quantity),
            )


class GrantFormSet(SameShopFormSet):
    own = "asset"

    def clean(self) -> None:
        # An order that is being made has no key yet to ask by.
        own = Grant.objects.filter(order=self.instance.pk, line=None)
        self.existing = set(own.values_list("asset", flat=True))
        super().clean()

    def judge(self, form: Any, entered: dict[str, Any]) -> None:
        super().judge(form, entered)
        asset = entered.get("asset")
        if asset is None or "asset" in form.errors:
            return
        if asset.pk in self.existing:
            form.add_error("asset", gettext("This order has this file or link already."))
        self.existing.add(asset.pk)


class LineInline(ScopedInline):
    model = LineItem
    formset = LineFormSet
    extra = 0
    can_delete = False
    autocomplete_fields = ("product",)
    fields = ("product", "quantity", "current_quantity")
    verbose_name = _("line")
    verbose_name_plural = _("lines")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineItem]:
        return super().get_queryset(request).select_related("product")

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return _is_by_hand(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return _is_by_hand(obj) and super().has_change_permission(request, obj)


class GrantInline(LimitInline):
    """What the buyer may download. A new row attaches an asset to the order itself."""

    model = Grant
    formset = GrantFormSet
    extra = 0
    can_delete = False
    autocomplete_fields = ("asset",)
    fields = (
        "asset",
        "with_line",
        "limit",
        "lifetime_days",
        "downloads",
        "status",
        "because",
        "more",
    )
    readonly_fields = ("with_line", "downloads", "status", "because", "more")
    verbose_name = _("file or link for this order")
    verbose_name_plural = _("downloads")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).with_facts()  # type: ignore[attr-defined]

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        # A form would write every column back, the counter included, as it was when opened.
        return False

    @admin.display(description=_("with"))
    def with_line(self, grant: Grant) -> str:
        return str(grant.bought_product or gettext("the order"))

    @admin.display(description=_("downloaded"))
    def downloads(self, grant: Grant) -> str:
        return count_text(grant) if grant.pk else "–"

    @admin.display(description=_("status"))
    def status(self, grant: Grant) -> str:
        return grant_status(grant, at=timezone.now()) if grant.pk else "–"

    @admin.display(description=_("because"))
    def because(self, grant: Grant) -> str:
        return (grant.pk and causes_text(grant, at=timezone.now())) or "–"

    @admin.display(description=_("change"))
    def more(self, grant: Grant) -> str:
        if not grant.pk:
            return "–"
        return format_html('<a href="#download-{}">{}</a>', grant.pk, gettext("Change it above"))


def _is_by_hand(order: Order | None) -> bool:
    return order is None or order.is_by_hand
