"""Read-only ModelAdmin for rows that a shop's reports make; actions are allowed."""

from typing import Any

from django.http import HttpRequest

from storefront.admin.base import ScopedAdmin


class ReportedAdmin(ScopedAdmin):
    """Its actions ask for the permission "act": who may change such rows may act on them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)
