"""Files of WooCommerce's REST API: how its orders are told from others."""

from collections.abc import Sequence
from typing import Any

FIELDS = frozenset({"order_key", "date_created", "date_created_gmt", "billing"})
# Which Shopify's orders have.
OTHERS = "order_number"


def are_orders(rows: Sequence[Any]) -> bool:
    """Say whether objects are WooCommerce's orders, by any field that tells it."""
    named = [row for row in rows if isinstance(row, dict)]
    has_fields = any(FIELDS & row.keys() for row in named)
    return has_fields and not any(OTHERS in row for row in named)
