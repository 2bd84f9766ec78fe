"""Giving a file to past orders, a share at a time."""

from datetime import timedelta

import pytest

from downloads import fulfilment, lookups
from downloads.fulfilment.rules import Share
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
LATER = NOW + timedelta(days=1)


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
    orders = fulfilment.rules.orders_lacking(asset, after=after, at_most=at_most)
    return orders, fulfilment.rules.give_to_past_orders(asset, orders, at=NOW)


def test_the_next_orders_are_given_it(asset, sold):
    orders = [line.order_id for line in sold]
    assert give(asset) == (orders[:2], Share(given=2, mails=2))
    assert set(Grant.objects.values_list("line", "limit")) == {(sold[0].pk, 2), (sold[1].pk, 2)}
    assert give(asset, after=orders[1]) == (orders[2:4], Share(given=2, mails=2))
    assert give(asset, after=orders[3]) == (orders[4:], Share(given=1, mails=1))
    assert give(asset, after=orders[4]) == ([], Share())
    assert not lookups.lines_lacking(asset).exists()


def test_doing_it_again_changes_nothing(asset, sold):
    orders, _share = give(asset, at_most=9)
    before = list(Grant.objects.values())
    assert give(asset, at_most=9) == ([], Share())
    assert fulfilment.rules.give_to_past_orders(asset, orders, at=LATER) == Share()
    assert list(Grant.objects.values()) == before


def test_an_order_that_was_deleted_or_given_back_meanwhile_ends_right(asset, sold):
    orders = fulfilment.rules.orders_lacking(asset, after=0, at_most=9)
    sold[0].order.delete()
    LineItem.objects.filter(pk=sold[1].pk).update(current_quantity=0)
    fulfilment.settle(sold[2].order, at=NOW)
    share = fulfilment.rules.give_to_past_orders(asset, orders, at=NOW)
    assert share == Share(given=3, mails=2)
    assert Grant.objects.get(line=sold[1]).refunded


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
