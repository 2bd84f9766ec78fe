from downloads.admin import (
    assets,
    customers,
    data_requests,
    grants,
    ledger,
    messages,
    orders,
    products,
    shops,
)

__all__ = [
    "assets",
    "customers",
    "data_requests",
    "grants",
    "ledger",
    "messages",
    "orders",
    "products",
    "shops",
]
