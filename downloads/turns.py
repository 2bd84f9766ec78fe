"""Fair queueing by shop (round robin): one shop's backlog delays no other's by more than a turn."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def next_in_turn(rows: QuerySet[Row], *, after: int) -> Row | None:
    """Return the longest waiting row of the next shop in turn, or None. Two queries at most.

    Without a shop to come after (0) it is the longest waiting row of all: whoever begins anew after
    a failure does not begin with the same one.
    """
    if not after:
        return rows.order_by("due_at", "pk").first()
    by_shop = rows.order_by("shop_id", "due_at", "pk")
    return by_shop.filter(shop_id__gt=after).first() or by_shop.first()
