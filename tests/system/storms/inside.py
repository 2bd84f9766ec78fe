"""What a storm asks of the database, in a process of its own.

It is `python -m tests.system.storms.inside`.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from downloads import fulfilment  # noqa: E402
from downloads.models import Asset, Grant, Message, Order, Product, Shop  # noqa: E402
from storefront.models import WebhookSecret  # noqa: E402
from tests.invariants.messages.life import LIMIT  # noqa: E402
from tests.system.storms.storm import DOMAIN, SECRET  # noqa: E402


def prepare() -> dict:
    """Make the tables, and a shop with three products that have a link each."""
    call_command("migrate", verbosity=0)
    shop = Shop.objects.create(name="Storm", domain=DOMAIN)
    WebhookSecret.keep(shop, source="shopify", secret=SECRET)
    for variant in (100, 101, 102):
        product = Product.objects.create(shop=shop, name=f"Book {variant}", variant_id=variant)
        asset = Asset.objects.create(
            shop=shop, title=f"Book {variant}", link="https://files.example/book.pdf"
        )
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=timezone.now())
    return {}


def waiting() -> dict:
    """Count what is not applied yet."""
    return {"waiting": Message.objects.filter(state=Message.State.WAITING).count()}


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


if __name__ == "__main__":
    json.dump({"prepare": prepare, "waiting": waiting, "ends": ends}[sys.argv[1]](), sys.stdout)
