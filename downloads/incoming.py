"""Reports: what platforms say of orders, products and buyers, in our words and typed.

A platform's module builds them.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class CustomerReport:
    """A buyer, as far as the shop names them."""

    platform_id: int | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True)
class ProductReport:
    """One variant. `tags` is null where the shop does not say (most platforms' orders do not)."""

    name: str
    product_id: int | None = None
    variant_id: int | None = None
    variant_name: str | None = None
    sku: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] | None = None


@dataclass(frozen=True)
class CatalogReport:
    """A product as it stood at `reported_at`, one `ProductReport` a variant."""

    variants: tuple[ProductReport, ...]
    reported_at: datetime


@dataclass(frozen=True)
class LineReport:
    """A line of an order. `current_quantity` is null where the shop does not say what is left."""

    platform_id: int
    product: ProductReport
    quantity: int
    current_quantity: int | None = None

    @property
    def kept(self) -> int:
        """How many units are left of it, as far as this report says."""
        return self.quantity if self.current_quantity is None else self.current_quantity


@dataclass(frozen=True)
class RefundReport:
    """A refund. `units` maps a line's platform id to units given back; empty: money alone."""

    platform_id: int
    refunded_at: datetime
    units: dict[int, int]


@dataclass(frozen=True)
class OrderReport:
    """One whole order as it stood at `reported_at`. `payment` is an `Order.ReportedPayment`.

    `token_hash` is `tokens.hash_token` of the order-status token, null where there is none.
    """

    platform_id: int
    number: int
    payment: str
    placed_at: datetime
    reported_at: datetime
    lines: tuple[LineReport, ...]
    refunds: tuple[RefundReport, ...] = ()
    token_hash: str | None = None
    cancelled_at: datetime | None = None
    grand_total: Decimal | None = None
    currency: str = ""
    customer: CustomerReport | None = None


@dataclass(frozen=True)
class DisputeReport:
    """A dispute. `state` is a `Dispute.State`; `decided_at` is null while open, maybe later too."""

    platform_id: int
    state: str
    opened_at: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True)
class RiskReport:
    """The platform's own risk assessment of an order."""

    is_high: bool
    assessed_at: datetime


@dataclass(frozen=True)
class ShopReport:
    """The shop itself as it stood at `reported_at`."""

    name: str
    reported_at: datetime


@dataclass(frozen=True)
class PersonReport:
    """The subject of a data request or an erasure, and their orders as far as they were named."""

    platform_id: int | None
    email: str
    orders: tuple[int, ...] = ()
