"""Import every ModelAdmin: autodiscovery of admins loads this package alone."""

from storefront.admin import (
    accounts,
    assets,
    audit_entries,
    checks,
    customers,
    data_requests,
    grants,
    ledger,
    mails,
    products,
    shops,
    webhook_messages,
)
from storefront.admin.credentials import keys, platform_access
from storefront.admin.orders import admin as orders
from storefront.admin.staff import members, users

__all__ = [
    "accounts",
    "assets",
    "audit_entries",
    "checks",
    "customers",
    "data_requests",
    "grants",
    "keys",
    "ledger",
    "mails",
    "members",
    "orders",
    "platform_access",
    "products",
    "shops",
    "users",
    "webhook_messages",
]
