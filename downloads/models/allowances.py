"""How many downloads the facts of a line come to."""

from collections.abc import Iterable
from dataclasses import dataclass

from downloads.models.catalog import MAX_DOWNLOADS
from downloads.models.orders import Order


@dataclass(frozen=True)
class Allowance:
    """What the facts of a line come to. `bought` is null for unlimited."""

    bought: int | None
    canceled: int
    refunded: bool


def allowance(
    *,
    limit: int | None,
    added: int = 0,
    quantity: int = 1,
    current_quantity: int | None = None,
    refunded_units: int = 0,
    paid_units: int | None = None,
) -> Allowance:
    """Count what a line's facts allow (CONTRACTS, "What is one fact on every face").

    `limit` is per unit, null for unlimited; `quantity` the most units ever ordered;
    `current_quantity` the shop's own present figure, null for all. The shop's figure has refunds
    taken off already, so the larger of the two counts, never their sum. `paid_units` is null where
    all units are paid for; else units that were added since count once they are. Where none is
    paid for, the line is closed by that, and its count stays whole.
    """
    kept = quantity if current_quantity is None else current_quantity
    units_back = min(quantity, max(refunded_units, quantity - kept, 0))
    if limit is None:
        return Allowance(bought=None, canceled=0, refunded=units_back == quantity)
    units = min(quantity, paid_units or quantity)
    units_canceled = max(units - (quantity - units_back), 0)
    return Allowance(
        bought=min(limit * units + added, MAX_DOWNLOADS),
        canceled=min(limit * units_canceled, MAX_DOWNLOADS),
        refunded=units_back == quantity,
    )


def is_open_by_line(reported_payment: str, paid_units: Iterable[int]) -> bool:
    """Say whether an order that is paid in part is open as far as its lines were paid for.

    So it is where something was added to a paid order. One of which nothing was ever paid for
    whole, as with a deposit, is not paid. `paid_units` are its lines' own.
    """
    return reported_payment == Order.ReportedPayment.PARTIAL and any(paid_units)
