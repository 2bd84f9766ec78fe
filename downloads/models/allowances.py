"""How many downloads the facts of a line come to."""

from dataclasses import dataclass

from downloads.models.catalog import MAX_DOWNLOADS


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
) -> Allowance:
    """Count what a line's facts allow (CONTRACTS, "What is one fact on every face").

    `limit` is per unit, null for unlimited; `quantity` the most units ever ordered;
    `current_quantity` the shop's own present figure, null for all. The shop's figure has refunds
    taken off already, so the larger of the two counts, never their sum.
    """
    kept = quantity if current_quantity is None else current_quantity
    units_back = min(quantity, max(refunded_units, quantity - kept, 0))
    if limit is None:
        return Allowance(bought=None, canceled=0, refunded=units_back == quantity)
    return Allowance(
        bought=min(limit * quantity + added, MAX_DOWNLOADS),
        canceled=min(limit * units_back, MAX_DOWNLOADS),
        refunded=units_back == quantity,
    )
