"""Giving a file to past orders, a share at a time."""

import pytest

from downloads import fulfilment, lookups
from downloads.models import AttachmentRule, Grant, LineItem
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset():
    return LinkFactory()


@pytest.fixture
def sold(asset):
    """Lines of five orders of a product that a number attaches the asset to."""
    product = ProductFactory(shop=asset.shop, product_id=9)
    lines = [LineFactory(order=OrderFactory(shop=asset.shop), product=product) for _ in range(5)]
    fulfilment.rules.save_rule(
        AttachmentRule(shop=asset.shop, asset=asset, product_number=9, limit=2, lifetime_days=3)
    )
    return lines


def give(asset, after=0, at_most=2):
    return fulfilment.rules.give_to_past_orders(asset, after=after, at_most=at_most, at=NOW)


def test_a_share_gives_to_the_next_orders_and_says_where_it_is(asset, sold):
    share = give(asset)
    assert (share.last, share.purchases, share.given, share.mails) == (sold[1].order_id, 2, 2, 2)
    assert set(Grant.objects.values_list("line", "limit")) == {(sold[0].pk, 2), (sold[1].pk, 2)}
    share = give(asset, after=share.last)
    assert share.last == sold[3].order_id
    share = give(asset, after=share.last)
    assert (share.last, share.given) == (sold[4].order_id, 1)
    assert give(asset, after=share.last).last is None
    assert not lookups.lines_lacking(asset).exists()


def test_doing_it_again_changes_nothing(asset, sold):
    give(asset, at_most=9)
    before = list(Grant.objects.values())
    assert give(asset, at_most=9).last is None
    assert list(Grant.objects.values()) == before


def test_who_has_it_and_who_is_left_out_do_not_lack_it(asset, sold):
    other = ProductFactory(shop=asset.shop, product_id=9)
    fulfilment.rules.resolve_products(asset.shop, [other])
    fulfilment.rules.leave_out(other, asset)
    LineFactory(order=OrderFactory(shop=asset.shop), product=other)
    LineFactory(order=OrderFactory(shop=asset.shop, parent_platform_id=1), product=sold[0].product)
    fulfilment.settle(sold[0].order, at=NOW)
    lacking = LineItem.objects.lacking(asset).order_by("pk")
    assert [line.pk for line in lacking] == [line.pk for line in sold[1:]]


def test_another_shops_orders_are_not_looked_at(asset, sold):
    other = AttachmentFactory()
    LineFactory(order=OrderFactory(shop=other.product.shop), product=other.product)
    assert lookups.lines_lacking(asset).count() == 5
