"""What the tests of killed workers ask of their database, by name."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from downloads import fulfilment
from downloads.incoming import CustomerReport, LineReport, OrderReport, ProductReport
from downloads.models import Asset, Mail, Order, Product, Shop
from storefront.mail.messages import message_id_of

VARIANT = 100


def prepare(orders: int) -> None:
    """Make a shop that sells one link, and so many orders that wait for payment."""
    at = timezone.now()
    shop = Shop.objects.create(name="Mails", domain="mails.example")
    product = Product.objects.create(shop=shop, name="Book", variant_id=VARIANT)
    asset = Asset.objects.create(shop=shop, title="Book", link="https://files.example/book.pdf")
    fulfilment.attach_to_product(product, asset, limit=3, at=at)
    for number in range(1, orders + 1):
        fulfilment.record_order(shop, _report(number), at=at)


def pay(first: int, last: int) -> None:
    """Have the shop report these orders as paid."""
    shop = Shop.objects.get()
    for number in range(first, last + 1):
        report = replace(_report(number), payment="paid")
        fulfilment.record_order(shop, report, at=timezone.now())


def _report(number: int) -> OrderReport:
    at = timezone.now()
    email = f"buyer-{number}@example.com"
    product = ProductReport(name="Book", product_id=1, variant_id=VARIANT)
    return OrderReport(
        platform_id=number,
        number=number,
        payment="pending",
        placed_at=at,
        reported_at=at,
        lines=(LineReport(1, product, quantity=1),),
        customer=CustomerReport(platform_id=number, email=email),
        email=email,
    )


def moving() -> int:
    """Count the mails that nobody is done with."""
    return Mail.objects.filter(state__in=Mail.MOVING).count()


def ends() -> dict[str, Any]:
    """Tell what each mail has come to, and which orders were mailed."""
    return {
        "mails": [
            [message_id_of(mail), mail.email, mail.state, mail.order_id]
            for mail in Mail.objects.all()
        ],
        "mailed": list(Order.objects.exclude(email_sent_at=None).values_list("pk", flat=True)),
        "orders": Order.objects.count(),
    }
