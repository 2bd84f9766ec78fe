"""What a shop tells us about an order, in our words. A platform's file builds these."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class CustomerReport:
    platform_id: int | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True)
class ProductReport:
    """One variant. `tags` is null where the shop does not say (an order's line never does)."""

    name: str
    product_id: int | None = None
    variant_id: int | None = None
    variant_name: str | None = None
    sku: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True)
class LineReport:
    """`current_quantity` is null where the shop does not say what is left of the line."""

    platform_id: int
    product: ProductReport
    quantity: int
    current_quantity: int | None = None


@dataclass(frozen=True)
class RefundReport:
    """`units` maps a line's platform id to how many units went back."""

    platform_id: int
    refunded_at: datetime
    units: dict[int, int]


@dataclass(frozen=True)
class OrderReport:
    """One whole order as it stood at `reported_at`. `payment` is one of `Order.Payment`."""

    platform_id: int
    number: int
    payment: str
    placed_at: datetime
    reported_at: datetime
    lines: tuple[LineReport, ...]
    refunds: tuple[RefundReport, ...] = ()
    token: str | None = None
    cancelled_at: datetime | None = None
    grand_total: Decimal | None = None
    currency: str = ""
    customer: CustomerReport | None = None
