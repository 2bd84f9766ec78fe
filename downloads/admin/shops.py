"""Plans, shops and customers, and the credentials a merchant makes for them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from downloads.admin.acting import show_secret_once
from downloads.models import Customer, Plan, Shop
from storefront.models import CustomerToken, StorefrontKey


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ("__str__", "customer_account_links")

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        # The name is the key that shops hold: another name would be another plan.
        return () if obj is None else ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False


@admin.register(Shop)
class ShopAdmin(admin.ModelAdmin):
    list_display = ("name", "domain", "plan", "link_urls", "default_limit")
    list_select_related = ("plan",)
    list_filter = ("plan",)
    search_fields = ("name", "domain")
    actions = ("make_storefront_key",)
    fieldsets = (
        (None, {"fields": ("name", "domain", "plan")}),
        ("The download page", {"fields": ("page_title", "page_text")}),
        ("Downloads", {"fields": ("default_limit", "link_urls")}),
    )

    @admin.action(description="Make a storefront key (shown once)", permissions=["change"])
    def make_storefront_key(
        self, request: HttpRequest, shops: QuerySet[Shop]
    ) -> HttpResponseBase | None:
        shop = _only(self, request, shops)
        if shop is None:
            return None
        name = f"Made on {timezone.localdate():%Y-%m-%d}"
        row, key = StorefrontKey.issue(shop, name=name)
        self.log_change(request, shop, f"Made the storefront key {row.prefix}…")
        return show_secret_once(
            self,
            request,
            title=f"Storefront key of {shop}",
            secret=key,
            use="Send it in the header X-STOREFRONT-KEY.",
        )


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = ("shop", "email", "first_name", "last_name", "platform_id")

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        return email.lower() if email else None


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    form = CustomerForm
    list_display = ("__str__", "email", "shop", "created_at")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("email", "first_name", "last_name", "=platform_id")
    autocomplete_fields = ("shop",)
    fields = CustomerForm.Meta.fields
    actions = ("make_customer_token",)

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        # Orders and tokens of the shop hold this customer, who stays there.
        return () if obj is None else ("shop",)

    @admin.action(description="Make a customer token (shown once)", permissions=["change"])
    def make_customer_token(
        self, request: HttpRequest, customers: QuerySet[Customer]
    ) -> HttpResponseBase | None:
        customer = _only(self, request, customers)
        if customer is None:
            return None
        row, bearer = CustomerToken.issue(customer, at=timezone.now())
        self.log_change(request, customer, f"Made the customer token {row.pk}")
        return show_secret_once(
            self,
            request,
            title=f"Customer token of {customer}",
            secret=bearer,
            use=f"Send it as Authorization: Bearer … It ends on {row.expires_at:%Y-%m-%d}.",
        )


def _only(model_admin: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> Any | None:
    if rows.count() == 1:
        return rows.get()
    model_admin.message_user(
        request, "Choose exactly one: each secret is shown once.", messages.ERROR
    )
    return None
