"""A year of invented business, drawn by a seed: orders with what became of them."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from downloads.models import Order, Product

SEED = 20_260
ORDERS = 5_000
YEAR = timedelta(days=363)
RECENT = timedelta(days=14)
# How much of each: what is neither is paid, and open. What still waits is recent.
CLOSED = {"refunded": 0.03, "cancelled": 0.025}
WAITING = {"pending": 0.12, "dispute": 0.01, "risk": 0.015}
NEVER_FETCHED = 0.06
BARE = 0.012


@dataclass
class Sale:
    """An order to be, and its lines as products."""

    placed_at: datetime
    buyer: int
    fate: str
    products: list[Product]

    @property
    def values(self) -> dict[str, Any]:
        """What its fate makes of an order."""
        paid = {"payment": Order.Payment.PAID, "reported_payment": Order.ReportedPayment.PAID}
        match self.fate:
            case "pending":
                return {
                    "payment": Order.Payment.PENDING,
                    "reported_payment": Order.ReportedPayment.PENDING,
                }
            case "refunded":
                return paid | {"fully_refunded": True}
            case "cancelled":
                return paid | {"cancelled_at": self.placed_at + timedelta(hours=5)}
            case "dispute" | "risk":
                return paid | {"hold": self.fate}
        return paid


def sales(
    products: list[tuple[Product, int]], bare: list[Product], *, at: datetime, count: int
) -> Iterator[Sale]:
    """Draw so many orders of the year before `at`, the oldest first; the same for the same seed."""
    draw = random.Random(SEED)  # noqa: S311  # nosec B311 (invented, not secret)
    weights = [weight for _product, weight in products]
    moments = sorted(_moment(draw, at) for _ in range(count))
    buyers = 0
    for placed_at in moments:
        is_known = buyers > 0 and draw.random() < 0.35
        buyer = draw.randrange(buyers) if is_known else buyers
        buyers += not is_known
        chosen = draw.choices(products, weights, k=draw.choices((1, 2, 3), (70, 22, 8))[0])
        # Each once: an order has a line for a product.
        lines = list(dict.fromkeys(product for product, _weight in chosen))
        is_recent = placed_at > at - RECENT
        if is_recent and draw.random() < BARE * 4:
            lines = [draw.choice(bare)]
        yield Sale(placed_at, buyer, _fate(draw, is_recent=is_recent), lines)


def fetches(sale: Sale, limit: int | None, draw: random.Random, *, at: datetime) -> list[datetime]:
    """Draw when a grant of a sale is fetched, as often as it may be."""
    if sale.fate in WAITING or draw.random() < NEVER_FETCHED:
        return []
    times = draw.choices((1, 2, 3, 12), (62, 25, 11, 2))[0]
    moments = []
    after = sale.placed_at
    for _ in range(min(times, limit or times)):
        after += timedelta(minutes=draw.expovariate(1 / 600) + 2)
        if after >= at:
            break
        moments.append(after)
    return moments


def _moment(draw: random.Random, at: datetime) -> datetime:
    """Draw a moment of the year: the later the more, and before noon fewer than in the evening."""
    ago = YEAR * (1 - math.sqrt(draw.random()))
    day = (at - ago).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = day + timedelta(minutes=draw.triangular(0, 24 * 60 - 1, 19 * 60))
    return moment if moment < at else at - timedelta(minutes=draw.uniform(3, 200))


def _fate(draw: random.Random, *, is_recent: bool) -> str:
    number = draw.random()
    for fate, share in (CLOSED | WAITING if is_recent else CLOSED).items():
        if number < share:
            return fate
        number -= share
    return "paid"
