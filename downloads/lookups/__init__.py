"""THE READ DOOR: the queries of the faces. Reading counts nothing."""

from downloads.lookups.grants import (
    DEFAULT_PAGE,
    MAX_PAGE,
    GrantPage,
    NumberedPage,
    grant_of_click,
    grant_of_customer,
    grants_of_customer,
    grants_on_page,
    grants_with_other_limit,
    is_opened,
    refusal_of_click,
    require_size,
)
from downloads.lookups.heartbeats import WorkerState, worker_seen_at, worker_state
from downloads.lookups.mails import account_for_mail, order_for_mail, orders_for_mail
from downloads.lookups.orders import (
    OpenedLine,
    OpenedOrder,
    has_order,
    order_for_page,
    order_for_storefront,
    order_of_ticket,
    orders_of_number,
    orders_of_secrets,
)
from downloads.lookups.shops import (
    PROFILE_NOT_FOUND,
    customer_of_shop,
    email_of,
    profile_of,
    shop_of_domain,
)

__all__ = [
    "DEFAULT_PAGE",
    "MAX_PAGE",
    "PROFILE_NOT_FOUND",
    "GrantPage",
    "NumberedPage",
    "OpenedLine",
    "OpenedOrder",
    "WorkerState",
    "account_for_mail",
    "customer_of_shop",
    "email_of",
    "grant_of_click",
    "grant_of_customer",
    "grants_of_customer",
    "grants_on_page",
    "grants_with_other_limit",
    "has_order",
    "is_opened",
    "order_for_mail",
    "order_for_page",
    "order_for_storefront",
    "order_of_ticket",
    "orders_for_mail",
    "orders_of_number",
    "orders_of_secrets",
    "profile_of",
    "refusal_of_click",
    "require_size",
    "shop_of_domain",
    "worker_seen_at",
    "worker_state",
]
