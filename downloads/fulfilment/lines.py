"""Update an order's line items from its reports, in whatever order these arrive."""

from typing import Any

from downloads.fulfilment.bounds import new_lines
from downloads.fulfilment.changes import assign_each
from downloads.fulfilment.products import products_of_lines
from downloads.fulfilment.recalculation import add_lines
from downloads.incoming import OrderReport
from downloads.models import LineItem, Order

# Where lines stand that the newest report no longer has: behind the others, by their numbers.
LAST = 2**31 - 1


def record_lines(order: Order, report: OrderReport, *, is_newest: bool) -> bool:
    """Update an order's lines from a report; say if anything changed.

    Raises:
        AboveLimit: it would hold more than `ORDER_MAX_LINES`, and not only be closed.
    """
    existing = {line.platform_id: line for line in order.lines.select_related("product")}
    added = new_lines(report, existing, is_newest=is_newest)
    # A shop no longer names a variant that it has deleted since: what is known stays.
    named = [reported for _position, reported in added]
    named += [
        reported
        for reported in report.lines
        if reported.platform_id in existing and reported.product.variant_id is not None
    ]
    rows = products_of_lines(
        order.shop, [reported.product for reported in named], reported_at=report.reported_at
    )
    products = {reported.platform_id: row for reported, row in zip(named, rows, strict=True)}
    # A line that only an older report knows has been taken out of the order since.
    fresh = [
        LineItem(
            product=products[reported.platform_id],
            platform_id=reported.platform_id,
            quantity=max(reported.quantity or 1, 1),
            current_quantity=reported.kept if is_newest else 0,
            position=position if is_newest else LAST,
        )
        for position, reported in added
    ]
    add_lines(order, fresh)
    changes: list[tuple[LineItem, dict[str, Any]]] = []
    lines = existing | {line.platform_id: line for line in fresh}
    for position, reported in enumerate(report.lines):
        if (line := lines.pop(reported.platform_id, None)) is None:
            continue
        values: dict[str, Any] = {"quantity": max(line.quantity, reported.quantity or 1)}
        if line.product.variant_id is None and reported.platform_id in products:
            values["product"] = products[reported.platform_id]
        if is_newest:
            values |= {"current_quantity": reported.kept, "position": position}
        changes.append((line, values))
    if is_newest:
        changes += [(line, {"current_quantity": 0, "position": LAST}) for line in lines.values()]
    return assign_each(changes) or bool(fresh)
