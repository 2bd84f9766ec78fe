"""Credentials in the admin: seen, bounded and revoked here; made where their owner is."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from storefront.models import CredentialQuerySet, CustomerToken, StorefrontKey


class CredentialAdmin(admin.ModelAdmin):
    """A credential is made by an action on its owner and shown once. Revoking keeps the row."""

    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Revoke: refuse from the next request on", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: CredentialQuerySet) -> None:
        messages.success(request, f"{rows.revoke(timezone.now())} revoked.")

    @admin.display(description="usable", boolean=True)
    def is_usable(self, row: Any) -> bool:
        return row.is_usable(timezone.now())


@admin.register(StorefrontKey)
class StorefrontKeyAdmin(CredentialAdmin):
    list_display = ("name", "shop", "prefix", "rate_per_minute", "expires_at", "is_usable")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("name", "prefix", "shop__name")
    fields = ("shop", "prefix", "name", "rate_per_minute", "expires_at", "revoked_at", "created_at")
    readonly_fields = ("shop", "prefix", "revoked_at", "created_at")


@admin.register(CustomerToken)
class CustomerTokenAdmin(CredentialAdmin):
    list_display = ("id", "customer", "expires_at", "is_usable", "created_at")
    list_select_related = ("customer",)
    list_filter = ("customer__shop",)
    search_fields = ("customer__email", "customer__first_name", "customer__last_name")
    fields = ("customer", "expires_at", "revoked_at", "created_at")
    readonly_fields = ("customer", "revoked_at", "created_at")
