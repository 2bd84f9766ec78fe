"""Example order of a shop: rows that are nowhere stored, for a look at its page and its mail."""

from datetime import datetime, timedelta

from downloads.lookups.orders import OpenedLine, OpenedOrder
from downloads.models import Asset, Customer, Grant, LineItem, Order, Product, Shop

NUMBER = 1050
LIMIT, DAYS = 3, 30


def example_order(shop: Shop, *, at: datetime) -> OpenedOrder:
    """Return an order as one of this shop's would be: paid, two files and a link to download."""
    customer = Customer(shop=shop, first_name="Ada", email="ada@example.com")
    order = Order(shop=shop, customer=customer, number=NUMBER, payment=Order.Payment.PAID)
    product = Product(shop=shop, name="Field guide", variant_name="EPUB and PDF")
    line = LineItem(order=order, product=product, quantity=1)
    book = Asset(title="Field guide", file="-", file_name="field-guide.epub", size_bytes=2_400_000)
    maps = Asset(title="Maps", link="https://example.com/maps")
    bounded = {"limit": LIMIT, "bought": LIMIT, "expires_at": at + timedelta(days=DAYS)}
    grants = [
        Grant(order=order, line=line, asset=book, used=1, **bounded),
        Grant(order=order, line=line, asset=maps),
    ]
    return OpenedOrder(order, [OpenedLine(line, product, grants)], [])
