"""Reports: what platforms say of orders, products and buyers, in our words and typed.

A platform's module builds them.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class CustomerReport:
    """A buyer, as far as the shop names them. `email` is the address of their account there.

    Null where the shop does not say; empty where it says that the account has none.
    """

    platform_id: int | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True)
class ProductReport:
    """One variant. Null is what the shop does not say (most platforms' orders say no `tags`)."""

    name: str
    product_id: int | None = None
    variant_id: int | None = None
    variant_name: str | None = None
    sku: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] | None = None
    product_type: str | None = None


@dataclass(frozen=True)
class CatalogReport:
    """A product as it stood at `reported_at`, one `ProductReport` a variant."""

    variants: tuple[ProductReport, ...]
    reported_at: datetime


@dataclass(frozen=True)
class LineReport:
    """A line of an order. `current_quantity` is null where the shop does not say what is left.

    `quantity` is null where it cannot be read: what is known stays, else it is one unit. `used` is
    how many downloads were spent of it elsewhere, for a line that moves here; null: not told.
    `is_kept_known` is false where what is left was to be said and is not: what is known stays.
    """

    platform_id: int
    product: ProductReport
    quantity: int | None
    current_quantity: int | None = None
    used: int | None = None
    is_kept_known: bool = True

    @property
    def kept(self) -> int | None:
        """How many units are left of it, as far as this report says; null: it does not."""
        if not self.is_kept_known:
            return None
        return self.quantity if self.current_quantity is None else self.current_quantity


@dataclass(frozen=True)
class RefundReport:
    """A refund. `units` maps a line's platform id to units given back; empty: money alone.

    `is_whole` is false where not all of its lines could be read: what is known of it stays.
    """

    platform_id: int
    refunded_at: datetime
    units: dict[int, int]
    is_whole: bool = True


@dataclass(frozen=True)
class OrderReport:
    """One whole order as it stood at `reported_at`. `payment` is an `Order.ReportedPayment`.

    `payment` is null where it cannot be read, and `is_cancellation_known` false where that cannot:
    what is known stays. `number` is face A's; `receipt_number` the text on the receipt, empty where
    that is `number`. `status` is the platform's own word, where the shop's table of statuses may
    say otherwise than `payment`. `email` is the contact address as the shop took it, null where the
    report names none. `token_hash` is `tokens.hash_token` of the order-status token, null where
    there is none. `are_lines_complete` is false where a line could not be read at all: those known
    stay. `are_refunds_complete` says that `refunds` are all there are. `fetched_at` is
    when we asked for it, null of what was sent. `parent_id` is the order that this is a part of,
    by the platform's number. `notes` say, for the merchant, what could not be read.
    """

    platform_id: int
    number: int
    payment: str | None
    placed_at: datetime
    reported_at: datetime
    lines: tuple[LineReport, ...]
    are_lines_complete: bool = True
    refunds: tuple[RefundReport, ...] = ()
    are_refunds_complete: bool = False
    token_hash: str | None = None
    cancelled_at: datetime | None = None
    is_cancellation_known: bool = True
    grand_total: Decimal | None = None
    currency: str = ""
    customer: CustomerReport | None = None
    email: str | None = None
    receipt_number: str = ""
    status: str = ""
    parent_id: int | None = None
    is_test: bool = False
    fetched_at: datetime | None = None
    notes: tuple[str, ...] = ()


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
