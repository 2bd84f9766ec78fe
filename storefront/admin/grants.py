"""Grant admin: read-only counters, changed by actions."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Delivery, Grant
from storefront.admin.actions import Closed, act_on_each
from storefront.admin.base import ScopedInline
from storefront.admin.closures import causes_text, closed_downloads
from storefront.admin.ledger.admin import NEWEST, WithLedger
from storefront.admin.ledger.text import sent_text
from storefront.admin.orders.downloads import GrantActs
from storefront.admin.statuses import grant_status
from storefront.formats import whole_number


def count_text(grant: Grant) -> str:
    """Write a counter as the buyer reads it."""
    if grant.allowed is None:
        return _("{used} of unlimited").format(used=grant.used)
    return _("{used} of {allowed}").format(used=grant.used, allowed=grant.allowed)


class AmountForm(ActionForm):
    # The verbs judge the amount, in their own words; a field's complaint would read "No action
    # selected".
    amount = forms.CharField(
        label=gettext_lazy("How many:"), required=False, widget=forms.NumberInput(attrs={"min": 1})
    )


class NewestDeliveries(BaseInlineFormSet):
    def get_queryset(self) -> QuerySet[Delivery]:
        # Of an unlimited download there can be thousands.
        if not hasattr(self, "_newest"):
            self._newest = super().get_queryset()[:NEWEST]
        return self._newest


class DeliveryInline(ScopedInline):
    """The downloads that count, each with what it may still do. Read only."""

    model = Delivery
    formset = NewestDeliveries
    fields = readonly_fields = ("opened_at", "sent", "is_open", "closes_at")
    extra = 0
    can_delete = False
    verbose_name_plural = gettext_lazy("newest downloads")

    def has_add_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("sent"))
    def sent(self, delivery: Delivery) -> str:
        if delivery.size_bytes is None:
            return _("led to the link")
        return sent_text(delivery.sent_bytes, delivery.size_bytes)

    @admin.display(description=gettext_lazy("open"), boolean=True)
    def is_open(self, delivery: Delivery) -> bool:
        # Django asks this of the empty row of a form, too.
        return delivery.pk is not None and delivery.is_open(timezone.now())


@admin.register(Grant)
class GrantAdmin(GrantActs, WithLedger):
    change_form_template = "admin/downloads/grant/change_form.html"
    list_display = ("asset", "downloads", "status", "because", "order", "product", "expires_at")
    list_filter = ("order__shop",)
    # As orders are: one index leads to the newest of a shop, and from there to its downloads.
    ordering = ("-order__placed_at", "-order__id", "-id")
    search_fields = (
        "=order__number",
        "=order__receipt_number",
        "order__customer__email",
        "asset__title",
        "asset__file_name",
        "line__product__name",
    )
    search_help_text = gettext_lazy("Order number, buyer's mail address, file, link or product")
    action_form = AmountForm
    actions = ("reset", "raise_limit", "extend", "revoke", "restore")
    inlines = (DeliveryInline,)
    fields = readonly_fields = (
        "order",
        "asset",
        "product",
        "status",
        "because",
        "downloads",
        "added",
        "canceled",
        "given_back_by_itself",
        "expires_at",
        "withdrawn_at",
        "created_at",
        "updated_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).with_facts()  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "reset")

    @admin.display(description=gettext_lazy("with"))
    def product(self, grant: Grant) -> str:
        return str(grant.bought_product or _("the order"))

    @admin.display(description=gettext_lazy("status"))
    def status(self, grant: Grant) -> str:
        return grant_status(grant, at=timezone.now())

    @admin.display(description=gettext_lazy("because"), empty_value="–")
    def because(self, grant: Grant) -> str | None:
        return causes_text(grant, at=timezone.now()) or None

    @admin.display(description=gettext_lazy("downloaded"))
    def downloads(self, grant: Grant) -> str:
        return count_text(grant)

    @admin.display(description=gettext_lazy("given back"))
    def given_back_by_itself(self, grant: Grant) -> str:
        return _("{given_back} of at most {most} that broke off at once").format(
            given_back=grant.given_back, most=settings.GIVE_BACKS_PER_GRANT
        )

    @admin.action(description=gettext_lazy("Reset the count to zero"), permissions=["reset"])
    def reset(self, request: HttpRequest, grants: QuerySet[Grant]) -> None:
        self._act(request, grants, fulfilment.reset, done=_("reset to zero"))

    @admin.action(
        description=gettext_lazy("Allow more downloads: how many"), permissions=["change"]
    )
    def raise_limit(self, request: HttpRequest, grants: QuerySet[Grant]) -> None:
        by = _amount(request)
        self._act(
            request, grants, fulfilment.raise_limit, done=_("raised by {by}").format(by=by), by=by
        )

    @admin.action(
        description=gettext_lazy("Extend the time: how many days"), permissions=["change"]
    )
    def extend(self, request: HttpRequest, grants: QuerySet[Grant]) -> None:
        days = _amount(request)
        self._act(
            request,
            grants,
            fulfilment.extend,
            done=ngettext("extended by {days} day", "extended by {days} days", days).format(
                days=days
            ),
            days=days,
        )

    @admin.action(description=gettext_lazy("Withdraw: close at once"), permissions=["change"])
    def revoke(self, request: HttpRequest, grants: QuerySet[Grant]) -> None:
        def close(grant: Grant, *, at: datetime) -> None:
            if grant.withdrawn_at is not None:
                raise BadInput(_("This download was withdrawn before."))
            fulfilment.revoke(grant, at=at)

        self._act(request, grants, close, done="withdrawn", closed=None)

    @admin.action(description=gettext_lazy("Restore what was withdrawn"), permissions=["change"])
    def restore(self, request: HttpRequest, grants: QuerySet[Grant]) -> None:
        def reopen(grant: Grant, *, at: datetime) -> None:
            if grant.withdrawn_at is None:
                raise BadInput(_("This download was not withdrawn."))
            fulfilment.restore(grant, at=at)

        self._act(request, grants, reopen, done="restored")

    def _act(
        self,
        request: HttpRequest,
        grants: QuerySet[Grant],
        verb: Any,
        *,
        done: str,
        closed: Closed | None = closed_downloads,
        **amounts: int,
    ) -> None:
        at = timezone.now()

        def act(grant: Grant) -> None:
            verb(grant, at=at, **amounts)
            self.log_change(request, grant, done.capitalize())

        act_on_each(request, grants, act, done=f"downloads {done}", closed=closed)


def _amount(request: HttpRequest) -> int:
    return whole_number(request.POST.get("amount", ""), most=999_999_999) or 0
