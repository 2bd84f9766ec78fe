"""Update an order's line items from its reports, in whatever order these arrive."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import models

from downloads.fulfilment.bounds import new_lines
from downloads.fulfilment.changes import assign, assign_each
from downloads.fulfilment.order_state import units_reported
from downloads.fulfilment.products import products_of_lines
from downloads.fulfilment.recalculation import LineClaims
from downloads.fulfilment.rules.variants import Variants
from downloads.incoming import LineReport, OrderReport, ProductReport
from downloads.models import Grant, LineItem, Order, Product
from downloads.prepared_queries import PreparedQuery, fetch
from downloads.prepared_statements import Slot

_LINES = PreparedQuery(
    lambda: LineItem.objects.filter(order=Slot("order", models.BigAutoField())).select_related(
        "product"
    )
)
Change = tuple[LineItem, dict[str, Any]]
# Where lines stand that the newest report no longer has: behind the others, by their numbers.
LAST = 2**31 - 1
MOST_PRODUCTS = 50  # more than any line of a shop has in its life


@dataclass(frozen=True)
class RecordedLines:
    """Whether anything changed, what the report claims beside, and lines still to be inserted."""

    changed: bool
    claims: LineClaims
    fresh: Sequence[LineItem]


def record_lines(
    order: Order,
    report: OrderReport,
    reported_rank: str,
    lines_rank: str,
    *,
    is_paid: bool,
    is_new: bool,
    known: Variants | None = None,
) -> RecordedLines:
    """Update an order's lines from a report that stands at a rank; `settle` inserts new ones.

    `lines_rank` is that of the newest list known before that is complete; `is_paid` says that all
    that this report has is paid for, `is_new` that the order has no line yet; `known` are the
    products of all variants it names, null to have them asked for.

    Raises:
        AboveLimit: it would hold more than `ORDER_MAX_LINES`, and not only be closed.
    """
    [rows] = [[]] if is_new else fetch(_LINES.given(order=order.pk))
    existing: dict[int | None, LineItem] = {line.platform_id: line for line in rows}
    report = _with_numbers(report, existing)
    is_newest = reported_rank >= lines_rank
    added = new_lines(report, existing, is_newest=reported_rank >= order.reported_rank)
    # A shop no longer names a variant that it has deleted since: what is known stays.
    named = [reported for _position, reported in added]
    named += [
        reported
        for reported in report.lines
        if reported.platform_id in existing and reported.product.variant_id is not None
    ]
    sold, at = [reported.product for reported in named], report.reported_at
    rows = products_of_lines(order.shop, sold, reported_at=at, known=known)
    products: dict[int | None, Product]
    products = {reported.platform_id: row for reported, row in zip(named, rows, strict=True)}
    variants = _variants(order, [*existing.values()], rows)
    # What the newest list that is complete does not have was taken out of the order by then.
    fresh = [
        LineItem(
            product=products[reported.platform_id],
            product_rank=reported_rank if reported.product.variant_id is not None else "",
            platform_id=reported.platform_id,
            quantity=max(reported.quantity or 1, 1),
            kept_rank=_kept_rank_in(reported, reported_rank) if is_newest else lines_rank,
            current_quantity=reported.kept if is_newest else 0,
            position=position if is_newest and report.are_lines_complete else LAST,
        )
        for position, reported in added
    ]
    changes: list[Change] = []
    former: dict[int | None, UUID] = {}
    lines = existing | {line.platform_id: line for line in fresh}
    for position, reported in enumerate(report.lines):
        if (line := lines.pop(reported.platform_id, None)) is None:
            continue
        values = _counts(line, reported, report, is_paid=is_paid)
        if reported.kept is not None and reported_rank >= _kept_rank(line, lines_rank):
            values |= {"current_quantity": reported.kept, "kept_rank": reported_rank}
        if is_newest and report.are_lines_complete:
            values["position"] = position
        product = products.get(line.platform_id)
        if product is not None and product.variant_id is not None:
            values |= _product_named(line, product, reported_rank, variants)
            if _is_former(product, now=values["product"]):
                former[line.platform_id] = product.pk
        changes.append((line, values))
    if report.are_lines_complete:
        changes += [
            (line, _without(line, reported_rank, lines_rank, is_newest=is_newest))
            for line in lines.values()
        ]
    changes = _take_in(fresh, changes)
    _keep_former(changes)
    used = dict[int | None, int]((row.platform_id, row.used) for row in report.lines if row.used)
    return RecordedLines(assign_each(changes) or bool(fresh), LineClaims(former, used), fresh)


def _take_in(fresh: Sequence[LineItem], changes: list[Change]) -> list[Change]:
    """Set on new lines what their own report changes of them; return the other changes."""
    new = set(map(id, fresh))
    for line, values in changes:
        for name, value in values.items() if id(line) in new else ():
            setattr(line, name, value)
    return [change for change in changes if id(change[0]) not in new]


def _with_numbers(report: OrderReport, existing: dict[int | None, LineItem]) -> OrderReport:
    """Bring together lines that are one, with a number of the platform's here and of ours there.

    Numbers of ours, below 0, stand where a report has none: in it, or, in `existing`, in an earlier
    one. What the platform has is kept, so that refunds and counts go on.
    """
    named = {line.platform_id for line in report.lines}
    missing: dict[tuple, list[LineItem]] = {}
    for number, line in sorted(existing.items(), key=lambda row: row[1].pk):
        if number is not None and number not in named:
            missing.setdefault(_sold(line.product), []).append(line)
    lines = []
    for reported in report.lines:
        number = reported.platform_id
        alike = missing.get(_sold(reported.product), [])
        found = next((line for line in alike if min(number, line.platform_id or 0) < 0), None)
        if number not in existing and found is not None and found.platform_id is not None:
            alike.remove(found)
            if number < 0:
                reported = replace(reported, platform_id=found.platform_id)
            else:
                del existing[found.platform_id]
                assign(found, platform_id=number)
                existing[number] = found
        lines.append(reported)
    return replace(report, lines=tuple(lines))


def _sold(product: Product | ProductReport) -> tuple:
    if product.variant_id is not None:
        return (product.variant_id,)
    return (product.name, product.variant_name, product.sku, product.product_id)


def _counts(
    line: LineItem, reported: LineReport, report: OrderReport, *, is_paid: bool
) -> dict[str, Any]:
    units = reported.quantity or 1
    counts: dict[str, Any] = {
        "quantity": max(line.quantity, units),
        "reported_units": units_reported(line, report, units),
    }
    if is_paid:
        counts["paid_units"] = max(line.paid_units, units)
    return counts


def _without(
    line: LineItem, reported_rank: str, lines_rank: str, *, is_newest: bool
) -> dict[str, Any]:
    """Return the columns of a line that a complete list does not have."""
    values: dict[str, Any] = {"position": LAST} if is_newest else {}
    if reported_rank >= _kept_rank(line, lines_rank):
        values |= {"current_quantity": 0, "kept_rank": reported_rank}
    return values


def _kept_rank_in(reported: LineReport, reported_rank: str) -> str:
    # Where a report does not say what is left, what is known stays.
    return "" if reported.kept is None else reported_rank


def _kept_rank(line: LineItem, lines_rank: str) -> str:
    """Return which report says how much is left of a line; of one of before, the last list."""
    if line.kept_rank or line.current_quantity is None:
        return line.kept_rank
    return lines_rank


def _variants(
    order: Order, lines: Collection[LineItem], rows: Collection[Product]
) -> dict[int, Product]:
    """Return by number the variants that lines had by now, and those that are named here."""
    known = {row.variant_id: row for row in [*rows, *(line.product for line in lines)]}
    numbers = {int(number) for line in lines for number in line.product_ranks} - set(known)
    if numbers:
        earlier = Product.objects.filter(shop=order.shop_id, variant_id__in=numbers)
        known |= {row.variant_id: row for row in earlier}
    return {number: row for number, row in known.items() if number is not None}


def _product_named(
    line: LineItem, product: Product, reported_rank: str, variants: Mapping[int, Product]
) -> dict[str, Any]:
    """Return the columns of a line's product, once a report at a rank named this one.

    The newest report that names one says it. Where that has the product alone in the place of a
    variant deleted since, the variant of it is known by the newest report that named one.
    """
    ranks = dict(line.product_ranks)
    if not ranks and line.product.variant_id is not None:
        ranks = {str(line.product.variant_id): line.product_rank}
    named = str(product.variant_id)
    ranks[named] = max(ranks.get(named, ""), reported_rank)
    in_turn = sorted((rank, number) for number, rank in ranks.items())[-MOST_PRODUCTS:]
    had = [variants[int(number)] for _rank, number in in_turn if int(number) in variants]
    newest = had[-1]
    kept = [each for each in had if _is_deleted_form(newest, of=each)]
    return {
        "product": (kept or [newest])[-1],
        "product_rank": in_turn[-1][0],
        "product_ranks": {number: rank for rank, number in in_turn} if had[1:] else {},
    }


def _is_former(product: Product, *, now: Product) -> bool:
    return product != now and not _is_deleted_form(product, of=now)


def _is_deleted_form(product: Product, *, of: Product) -> bool:
    """Say whether a product stands in the place of a variant of it that was deleted since.

    WooCommerce names the product alone then, and its number is the variant's, too.
    """
    is_alone = product.variant_id is not None and product.variant_id == product.product_id
    is_same = product.product_id == of.product_id
    return is_alone and is_same and of.variant_id not in (None, product.variant_id)


def _keep_former(changes: list[Change]) -> None:
    """Say of what a line brought so far which product it came with, before the line changes."""
    for line, values in changes:
        if values.get("product", line.product) != line.product:
            Grant.objects.filter(line=line, product=None).update(product=line.product_id)
