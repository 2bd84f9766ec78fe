"""Import every ModelAdmin: autodiscovery of admins loads this package alone."""

from storefront.admin import checks, grants, mails, products, shops, webhook_messages
from storefront.admin.assets import admin as assets
from storefront.admin.attachments import rules
from storefront.admin.audit import entries as audit_entries
from storefront.admin.credentials import keys, platform_access
from storefront.admin.customers import accounts, data_requests
from storefront.admin.customers import admin as customers
from storefront.admin.imports import admin as imports
from storefront.admin.ledger import admin as ledger
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
    "imports",
    "keys",
    "ledger",
    "mails",
    "members",
    "orders",
    "platform_access",
    "products",
    "rules",
    "shops",
    "users",
    "webhook_messages",
]
