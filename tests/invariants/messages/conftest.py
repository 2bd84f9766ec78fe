"""A shop of each platform, and its messages taken in."""

import itertools
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from functools import partial

import pytest

from downloads import fulfilment
from downloads.fulfilment.inbox import apply_next
from downloads.models import Message, Product, Shop
from storefront import inbox
from storefront.platforms.base import Envelope
from storefront.platforms.registry import PLATFORMS
from storefront.platforms.woocommerce.reports import read_refund
from tests.factories import NOW, LinkFactory, ShopFactory
from tests.invariants.messages.life import LIMIT, Sent
from tests.invariants.messages.woocommerce_life import REFUND

_domains = itertools.count(1)
# What waits is due again by the next time.
_retries = (NOW + timedelta(days=2 * number) for number in itertools.count(1))


def new_shop() -> Shop:
    """Return a shop that sells three variants, each with a link of `LIMIT` downloads."""
    shop = ShopFactory(domain=f"life-{next(_domains)}.example")
    for variant in (100, 101, 102):
        product = Product.objects.create(shop=shop, name="By hand", variant_id=variant)
        asset = LinkFactory(shop=shop, title=f"Asset {variant}")
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=NOW)
    return shop


def hear(
    shop: Shop, messages: Iterable[Sent], *, platform: str = "shopify", again: str = ""
) -> None:
    """Store messages in this order and apply each; `again` sends them under other ids, too."""
    for message in messages:
        if message.topic == REFUND:
            apply_now(shop, message, platform=platform)
        else:
            inbox.store(shop, _read(shop, message, platform, again), at=NOW)
        at = next(_retries)
        while (done := apply_next(partial(PLATFORMS[platform].apply, at=NOW), at=at)) is not None:
            # A deletion waits for its order.
            assert done.error == "" or done.error.endswith("has not come yet.")
            assert done.state != Message.State.SET_ASIDE


def apply_now(shop: Shop, message: Sent, *, platform: str) -> None:
    """Do what a message says without its being stored: a third of the work less.

    A refund of WooCommerce's, which no message tells, is taken in as reconciliation reads it.
    """
    if message.topic == REFUND:
        report = read_refund(message.payload, {})
        fulfilment.record_refund(shop, message.payload["order_id"], report, at=NOW)
        return
    row = asdict(_read(shop, message, platform))
    del row["is_known"]
    PLATFORMS[platform].apply(Message(shop=shop, received_at=NOW, **row), at=NOW)


def _read(shop: Shop, message: Sent, platform: str, again: str = "") -> fulfilment.InboundMessage:
    envelope = Envelope(shop.domain, message.topic, message.id + again, signature="")
    return PLATFORMS[platform].parse(envelope, message.payload)


@pytest.fixture
def shop(db) -> Shop:
    return new_shop()
