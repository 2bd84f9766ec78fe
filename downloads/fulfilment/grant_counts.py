"""Count what each grant of an order comes to: downloads, payment, product, lifetime."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from downloads.fulfilment.changes import assign_each
from downloads.fulfilment.ledger import enter_carried
from downloads.fulfilment.order_state import payment_of, said_payment
from downloads.models import Attachment, Grant, LineItem, Order
from downloads.models.allowances import Allowance, allowance
from downloads.models.catalog import MAX_DOWNLOADS
from downloads.prepared_inserts import insert_all
from downloads.prepared_queries import FilledQuery
from downloads.round_trips import Statement

COUNTED_FIELDS = (
    *("product_id", "bought", "canceled", "refunded", "unpaid", "replaced"),
    *("expires_at", "updated_at"),
)


@dataclass(frozen=True)
class Counting:
    """An order as it stands, by which its grants are counted; `by_line`: only as each is paid."""

    order: Order
    by_line: bool
    at: datetime

    def grant_for(self, line: LineItem, attachment: Attachment) -> Grant:
        """Build, unsaved, the grant that an attachment gives to a line (`refunded_units` loaded).

        One of a product that the line has no longer is closed.
        """
        grant = Grant(
            order=self.order,
            line=line,
            product_id=attachment.product_id,
            asset_id=attachment.asset_id,
            limit=attachment.limit,
            lifetime_days=attachment.lifetime_days,
            replaced=self.order.is_sub_order or attachment.product_id != line.product_id,
            created_at=self.at,
            updated_at=self.at,
        )
        self._count(grant, line)
        return grant

    def recount(
        self,
        grant: Grant,
        lines: Mapping[int, LineItem],
        assets: Mapping[UUID, Collection[object]],
        former: Mapping[int, Sequence[UUID]],
    ) -> bool:
        """Recount a grant from its line (none for an order-level asset); say if it changed.

        `assets` are those attached to each product of the lines, by the product's number; `former`
        are the products that a line had before, the last one first.
        """
        before = [getattr(grant, name) for name in COUNTED_FIELDS]
        line = None if grant.line_id is None else lines[grant.line_id]
        if line is not None:
            # What both products have goes on. What was detached since is its buyers' all the same.
            if grant.product_id is None or grant.asset_id in assets.get(line.product_id, ()):
                grant.product_id = line.product_id
            elif grant.product_id != line.product_id:
                # The last of those that have it, in whatever order they were told of.
                had = (
                    each
                    for each in former.get(line.pk, ())
                    if grant.asset_id in assets.get(each, ())
                )
                grant.product_id = next(had, grant.product_id)
            grant.replaced = self.order.is_sub_order or grant.product_id != line.product_id
        self._count(grant, line)
        if [getattr(grant, name) for name in COUNTED_FIELDS] == before:
            return False
        grant.updated_at = self.at
        return True

    def _count(self, grant: Grant, line: LineItem | None) -> None:
        if line is None:
            counted = allowance(limit=grant.limit, added=grant.added)
        else:
            paid_units = line.paid_units if self.by_line else None
            counted = allowance_of(
                line, limit=grant.limit, added=grant.added, paid_units=paid_units
            )
            grant.unpaid = paid_units == 0
        grant.bought, grant.canceled, grant.refunded = (
            counted.bought,
            counted.canceled,
            counted.refunded,
        )
        waits = waits_for_payment(self.order) or grant.unpaid
        if grant.expires_at is None or (waits and grant.expires_at > self.at):
            # A lifetime that had begun begins anew once the order opens again.
            grant.expires_at = end_of(grant.lifetime_days, waits=waits, at=self.at)


def is_counted_by_line(order: Order, meanings: Mapping[str, str]) -> bool:
    """Say whether an order, as it was settled, is open only as far as each line was paid for.

    `meanings` is `order_state.meanings_of` its statuses.
    """
    reported = said_payment(order, meanings)
    is_partial = reported == Order.ReportedPayment.PARTIAL
    is_enough = payment_of(reported, order.shop) == Order.Payment.PAID
    return is_partial and not is_enough and order.payment == Order.Payment.PAID


def carry_counts(
    grants: Collection[Grant],
    used: Mapping[int | None, int],
    *,
    first: Sequence[Statement] = (),
    then: Sequence[FilledQuery] = (),
) -> list[list[Any]]:
    """Save new grants, those of some lines with downloads that were spent elsewhere before.

    `used` is by the platform's numbers of the lines, beside what is kept on them (`keep_counts`).
    Never more are counted than were bought. `first` goes before them, and `then` is read behind
    them, in the same round trip; return what is read.
    """
    for grant in grants:
        line = grant.line
        spent = 0 if line is None else used.get(line.platform_id, line.used_elsewhere)
        grant.used = max(0, min(spent, MAX_DOWNLOADS if grant.bought is None else grant.bought))
    found = insert_all(list(grants), first=first, then=then)
    enter_carried([grant for grant in grants if grant.used])
    return found


def keep_counts(lines: Iterable[LineItem], used: Mapping[int | None, int]) -> None:
    """Keep on lines without a grant what was spent of them elsewhere, for files attached later."""
    assign_each(
        (line, {"used_elsewhere": max(line.used_elsewhere, min(spent, MAX_DOWNLOADS))})
        for line in lines
        if (spent := used.get(line.platform_id))
    )


def allowance_of(
    line: LineItem, *, limit: int | None, added: int = 0, paid_units: int | None = None
) -> Allowance:
    """Return the allowance of a line with `refunded_units` loaded."""
    kept = line.current_quantity
    return allowance(
        limit=limit,
        added=added,
        quantity=line.quantity,
        # The shop's own figure has taken off what a merchant says never went back.
        current_quantity=None if kept is None else kept + line.dismissed_units,
        refunded_units=line.refunded_units,
        paid_units=paid_units,
    )


def end_of(lifetime_days: int | None, *, waits: bool, at: datetime) -> datetime | None:
    """Return when a lifetime that begins now ends; it begins when there is no more waiting."""
    if lifetime_days is None or waits:
        return None
    try:
        return at + timedelta(days=lifetime_days)
    except OverflowError:
        return None


def waits_for_payment(order: Order) -> bool:
    """Say whether an order waits for its payment, or for the shop to check it."""
    return order.payment == Order.Payment.PENDING or bool(order.hold)
