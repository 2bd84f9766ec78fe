"""Order and product size limits: what one transaction takes in at most."""

from django.conf import settings

from downloads.errors import AboveLimit
from downloads.models import Shop
from downloads.reports import CatalogReport, OrderReport


def require_few_lines(shop: Shop, report: OrderReport) -> None:
    """Refuse a new order with more lines than `ORDER_MAX_LINES`.

    Raises:
        AboveLimit: it says what to do.
    """
    # An order is one transaction, and SQLite has one writer: buyers' clicks wait for its end.
    most = settings.ORDER_MAX_LINES
    if len(report.lines) <= most:
        return
    # One that was taken in before may have open downloads, and its refunds must close them.
    if not shop.orders.filter(platform_id=report.platform_id).exists():
        what, count = f"Order {report.number}", len(report.lines)
        raise AboveLimit(what, count, "lines", setting="ORDER_MAX_LINES", most=most)


def require_few_variants(report: CatalogReport) -> None:
    """Refuse a product with more variants than `PRODUCT_MAX_VARIANTS`.

    Raises:
        AboveLimit: it says what to do.
    """
    count, most = len(report.variants), settings.PRODUCT_MAX_VARIANTS
    if count > most:
        what = f"Product {report.variants[0].product_id}"
        raise AboveLimit(what, count, "variants", setting="PRODUCT_MAX_VARIANTS", most=most)
