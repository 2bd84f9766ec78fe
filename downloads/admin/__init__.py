from downloads.admin import (
    accounts,
    assets,
    customers,
    data_requests,
    grants,
    ledger,
    mails,
    messages,
    orders,
    products,
    shops,
)

__all__ = [
    "accounts",
    "assets",
    "customers",
    "data_requests",
    "grants",
    "ledger",
    "mails",
    "messages",
    "orders",
    "products",
    "shops",
]
