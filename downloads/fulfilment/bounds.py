"""Order size limits: what one transaction takes in at most."""

from django.conf import settings

from downloads.errors import BadInput
from downloads.models import Shop
from downloads.reports import OrderReport


def require_few_lines(shop: Shop, report: OrderReport) -> None:
    """Refuse a new order with more lines than `ORDER_MAX_LINES`.

    Raises:
        BadInput: it says what to do.
    """
    # An order is one transaction, and SQLite has one writer: buyers' clicks wait for its end.
    if len(report.lines) <= settings.ORDER_MAX_LINES:
        return
    # One that was taken in before may have open downloads, and its refunds must close them.
    if not shop.orders.filter(platform_id=report.platform_id).exists():
        raise BadInput(
            f"Order {report.number} has {len(report.lines):,} lines; at most "
            f"{settings.ORDER_MAX_LINES:,} are taken in (ORDER_MAX_LINES). Raise the setting, and "
            "have it tried again."
        )
