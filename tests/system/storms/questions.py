"""What a storm asks of its shop's database, by name."""

from django.utils import timezone

from downloads import fulfilment
from downloads.models import Asset, Grant, Message, Order, Product, Shop
from storefront.models import WebhookSecret
from tests.invariants.messages.life import LIMIT
from tests.system.storms.storm import DOMAIN, SECRET


def prepare() -> None:
    """Make a shop with three products that have a link each."""
    shop = Shop.objects.create(name="Storm", domain=DOMAIN)
    WebhookSecret.keep(shop, source="shopify", secret=SECRET)
    for variant in (100, 101, 102):
        product = Product.objects.create(shop=shop, name=f"Book {variant}", variant_id=variant)
        asset = Asset.objects.create(
            shop=shop, title=f"Book {variant}", link="https://files.example/book.pdf"
        )
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=timezone.now())


def waiting() -> int:
    """Count what is not applied yet."""
    return Message.objects.filter(state=Message.State.WAITING).count()


def applied() -> int:
    """Count what is applied."""
    return Message.objects.filter(state=Message.State.APPLIED).count()


def ends() -> dict:
    """Tell what every order has come to."""
    at = timezone.now()
    orders = {
        order.number: {"status": order.status, "downloads": {}} for order in Order.objects.all()
    }
    for grant in Grant.objects.with_facts():
        is_open = grant.status(at) == Grant.AVAILABLE
        downloads = orders[grant.order.number]["downloads"]
        assert grant.line is not None
        downloads[grant.line.platform_id] = [grant.allowed, is_open]
    unapplied = Message.objects.exclude(state=Message.State.APPLIED).count()
    return {"stored": Message.objects.count(), "unapplied": unapplied, "orders": orders}
