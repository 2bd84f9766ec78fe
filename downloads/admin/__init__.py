from downloads.admin import (
    assets,
    customers,
    data_requests,
    grants,
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
    "messages",
    "orders",
    "products",
    "shops",
]
