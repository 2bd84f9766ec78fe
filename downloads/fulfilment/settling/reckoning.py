"""Reckon what an order's facts come to: its own state, and the grants that it lacks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from downloads.fulfilment.changes import assigned
from downloads.fulfilment.grant_counts import Counting, allowance_of
from downloads.fulfilment.order_state import said_payment, standing_of
from downloads.fulfilment.settling.known_facts import KnownFacts
from downloads.models import Attachment, Dispute, Grant, LineItem, Order, Product
from downloads.models.allowances import is_open_by_line
from downloads.round_trips import Statement


def stand(
    order: Order,
    lines: Collection[LineItem],
    *,
    meanings: Mapping[str, str],
    disputes: Collection[Dispute],
    known: KnownFacts | None = None,
) -> list[Statement]:
    """Set what is different of an order's payment, hold and refund by now; return what saves it.

    Its lines have their `refunded_units` loaded, and as many paid units as the shop's table says.
    """
    back = [allowance_of(line, limit=None).refunded for line in lines]
    reported = said_payment(order, meanings)
    standing = standing_of(
        order,
        reported=reported,
        is_given_back=bool(back) and all(back),
        disputes=disputes,
        known=known,
    )
    is_unpaid = standing["payment"] == Order.Payment.PENDING
    if is_unpaid and is_open_by_line(reported, [line.paid_units for line in lines]):
        standing["payment"] = Order.Payment.PAID
    return assigned(order, **standing)


def lacking_grants(
    counted: Counting,
    lines: Iterable[LineItem],
    grants: Iterable[Grant],
    given: Mapping[UUID, Sequence[Attachment]],
) -> list[Grant]:
    """Build, unsaved, the grants that an order's lines lack; `given` is by product."""
    if counted.order.is_sub_order:
        return []
    existing = {(grant.line_id, grant.asset_id) for grant in grants}
    return [
        counted.grant_for(line, attachment)
        for line in lines
        for attachment in given.get(line.product_id, [])
        if (line.pk, attachment.asset_id) not in existing
    ]


def former_products(shop_id: int, lines: Iterable[LineItem]) -> dict[int, list[UUID]]:
    """Return the products that lines of a shop had, the last one first, by our numbers of them."""
    # Most lines have one product all their life: no question then.
    ranked = {line.pk: line.product_ranks for line in lines if line.product_ranks}
    if not ranked:
        return {}
    numbers = {int(number) for ranks in ranked.values() for number in ranks}
    rows = Product.objects.filter(shop=shop_id, variant_id__in=numbers)
    products = {str(number): key for number, key in rows.values_list("variant_id", "pk")}
    return {
        line: [
            products[number]
            for _rank, number in sorted(((rank, number) for number, rank in ranks.items()))[::-1]
            if number in products
        ]
        for line, ranks in ranked.items()
    }


def by_product(attachments: Iterable[Attachment]) -> dict[UUID, list[Attachment]]:
    """Return attachments by the products they are of."""
    found: dict[UUID, list[Attachment]] = {}
    for attachment in attachments:
        found.setdefault(attachment.product_id, []).append(attachment)
    return found
