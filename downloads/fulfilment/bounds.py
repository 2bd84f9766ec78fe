"""Order and product size limits: what one transaction takes in at most."""

from collections.abc import Collection

from django.conf import settings

from downloads.errors import AboveLimit
from downloads.incoming import CatalogReport, LineReport, OrderReport
from downloads.models import LineItem, Order, Refund, Shop
from downloads.models.facts import FactQuerySet


def new_lines(
    report: OrderReport, existing: Collection[int | None], *, is_newest: bool
) -> list[tuple[int, LineReport]]:
    """Return the lines of a report that its order lacks, each with its position.

    None where they would be more than `ORDER_MAX_LINES` with those it holds, taken out ones too,
    and the report gives nothing by them: a cancellation closes an order however large.

    Raises:
        AboveLimit: they would, and the report gives something by them. It says what to do.
    """
    # An order is one transaction, and SQLite has one writer: buyers' clicks wait for its end.
    fresh = [each for each in enumerate(report.lines) if each[1].platform_id not in existing]
    count, most = len(existing) + len(fresh), settings.ORDER_MAX_LINES
    if not fresh or count <= most:
        return fresh
    if is_newest and not _closes(report) and any(line.kept != 0 for _position, line in fresh):
        what = f"Order {report.number}"
        raise AboveLimit(what, count, "lines", setting="ORDER_MAX_LINES", most=most)
    return []


def require_few(facts: FactQuerySet, shop: Shop, order: int, noun: str) -> None:
    """Refuse an order's refund or dispute, saved just now, beyond `ORDER_MAX_LINES` of them.

    `order` is the platform's number.

    Raises:
        AboveLimit: it says what to do.
    """
    count, most = facts.of_order(shop, order).count(), settings.ORDER_MAX_LINES
    if count > most:
        raise AboveLimit(f"Order {order}", count, noun, setting="ORDER_MAX_LINES", most=most)


def require_few_refunded(shop: Shop, order: int, refund: Refund, lines: Collection[int]) -> None:
    """Refuse a refund with more lines than an order can have; all by the platform's numbers.

    Raises:
        AboveLimit: it says what to do.
    """
    count, most = len(lines), settings.ORDER_MAX_LINES
    if count <= most:
        return
    # One that was taken in when the bound was wider is closed all the same.
    existing = LineItem.objects.filter(order__shop=shop, order__platform_id=order)
    if existing.filter(platform_id__in=lines).count() < count:
        raise AboveLimit(f"{refund}", count, "lines", setting="ORDER_MAX_LINES", most=most)


def require_few_variants(report: CatalogReport) -> None:
    """Refuse a product with more variants than `PRODUCT_MAX_VARIANTS`.

    Raises:
        AboveLimit: it says what to do.
    """
    count, most = len(report.variants), settings.PRODUCT_MAX_VARIANTS
    if count > most:
        what = f"Product {report.variants[0].product_id}"
        raise AboveLimit(what, count, "variants", setting="PRODUCT_MAX_VARIANTS", most=most)


def _closes(report: OrderReport) -> bool:
    given_up = (Order.ReportedPayment.VOIDED, Order.ReportedPayment.REFUNDED)
    return report.cancelled_at is not None or report.payment in given_up
