"""Fair queueing by shop (round robin): one shop's backlog delays no other's by more than a turn."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def next_in_turn(rows: QuerySet[Row], *, after: int) -> Row | None:
    """Return the first row of the shop that comes after this one, and of the first shop after the
    last; None where there is none. Two queries at most."""
    by_shop = rows.order_by("shop_id", "due_at", "pk")
    row = by_shop.filter(shop_id__gt=after).first() if after else None
    return row or by_shop.first()
