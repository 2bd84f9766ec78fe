from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads import fulfilment, lookups
from downloads.errors import BadInput
from downloads.fulfilment import attachments
from downloads.models import Asset, Attachment, Grant, LineItem, Order, Product
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + DAY
ANOTHER_SHOP = "This asset belongs to another shop."


@pytest.fixture
def product() -> Product:
    return ProductFactory()


@pytest.fixture
def asset(product) -> Asset:
    return LinkFactory(shop=product.shop, title="My new book")


def sold(product: Product, *, quantity: int = 1, **order) -> LineItem:
    order = OrderFactory(shop=product.shop, **order)
    return LineFactory(order=order, product=product, quantity=quantity)


# --- To a product --------------------------------------------------------------------------------


def test_an_attached_asset_is_kept_with_its_limit(product, asset):
    attached = fulfilment.attach_to_product(product, asset, limit=10, lifetime_days=7, at=NOW)
    assert attached.attachment == Attachment.objects.get()
    assert attached.grants == 0
    row = Attachment.objects.values_list("product", "asset", "limit", "lifetime_days").get()
    assert row == (product.pk, asset.pk, 10, 7)


def test_later_buyers_get_what_is_attached(product, asset):
    fulfilment.attach_to_product(product, asset, limit=None, at=NOW)
    line = sold(product)
    fulfilment.settle(line.order, at=NOW)
    assert line.grants.get().asset == asset


def test_earlier_buyers_get_it_too_and_others_do_not(product, asset):
    lines = [sold(product, quantity=2), sold(product)]
    LineFactory(order=lines[0].order)
    sold(ProductFactory(shop=product.shop))
    attached = fulfilment.attach_to_product(product, asset, limit=10, at=LATER)
    assert attached.grants == 2
    rows = Grant.objects.values_list("order", "line", "asset", "limit", "bought", "created_at")
    assert list(rows.order_by("line_id")) == [
        (lines[0].order_id, lines[0].pk, asset.pk, 10, 20, LATER),
        (lines[1].order_id, lines[1].pk, asset.pk, 10, 10, LATER),
    ]


@pytest.mark.parametrize("batch", [1, 2, 4, 5])
def test_batches_leave_nobody_out(product, asset, monkeypatch, batch):
    monkeypatch.setattr(attachments, "BATCH", batch)
    order = OrderFactory(shop=product.shop)
    lines = [LineFactory(order=order, product=product) for _ in range(3)]
    lines += [sold(product), sold(product)]
    assert fulfilment.attach_to_product(product, asset, limit=10, at=NOW).grants == 5
    assert set(Grant.objects.values_list("line", flat=True)) == {line.pk for line in lines}


def test_many_lines_cost_no_query_each(product):
    def queries_for(lines: int) -> int:
        for _ in range(lines):
            sold(product)
        fresh = LinkFactory(shop=product.shop)
        with CaptureQueriesContext(connection) as queries:
            assert fulfilment.attach_to_product(product, fresh, limit=10, at=NOW).grants
        return len(queries)

    assert queries_for(1) == queries_for(5)


@pytest.mark.parametrize(
    ("order", "line", "status"),
    [
        ({}, {}, "available"),
        ({"payment": "pending"}, {}, "pending"),
        ({"cancelled_at": NOW}, {}, "expired"),
        ({"payment": "refunded"}, {}, "expired"),
        ({}, {"current_quantity": 0}, "expired"),
    ],
)
def test_an_earlier_order_gets_it_in_the_state_it_is_in(product, asset, order, line, status):
    LineFactory(order=OrderFactory(shop=product.shop, **order), product=product, **line)
    fulfilment.attach_to_product(product, asset, limit=10, at=NOW)
    assert Grant.objects.with_facts().get().status(NOW) == status


def test_units_given_back_before_are_canceled_from_the_start(product, asset):
    order = OrderFactory(shop=product.shop, platform_id=7001)
    LineFactory(order=order, product=product, platform_id=1, quantity=3)
    RefundFactory(shop=product.shop, units={1: 1})
    fulfilment.attach_to_product(product, asset, limit=10, at=NOW)
    grant = Grant.objects.get()
    assert (grant.bought, grant.canceled, grant.refunded) == (30, 10, False)


def test_a_lifetime_begins_for_earlier_buyers_when_it_is_attached(product, asset):
    paid, unpaid = sold(product), sold(product, payment=Order.Payment.PENDING)
    fulfilment.attach_to_product(product, asset, limit=10, lifetime_days=7, at=LATER)
    assert paid.grants.get().expires_at == LATER + 7 * DAY
    assert unpaid.grants.get().expires_at is None


def test_a_line_that_holds_the_asset_already_keeps_its_grant(product, asset):
    line = sold(product)
    held = GrantFactory(order=line.order, line=line, asset=asset, limit=3, used=2)
    before = Grant.objects.values().get()
    assert fulfilment.attach_to_product(product, asset, limit=10, at=LATER).grants == 0
    assert Grant.objects.values().get() == before
    assert held.bought == 3


def test_another_shops_asset_is_refused(product):
    sold(product)
    with pytest.raises(BadInput) as refusal:
        fulfilment.attach_to_product(product, LinkFactory(), limit=10, at=NOW)
    assert str(refusal.value) == ANOTHER_SHOP
    assert (Attachment.objects.count(), Grant.objects.count()) == (0, 0)


def test_attaching_to_a_product_twice_is_refused(product, asset):
    sold(product)
    fulfilment.attach_to_product(product, asset, limit=10, at=NOW)
    before = [*Attachment.objects.values(), *Grant.objects.values()]
    with pytest.raises(BadInput) as refusal:
        fulfilment.attach_to_product(product, asset, limit=99, at=LATER)
    assert str(refusal.value) == '"My new book" is attached to this product already.'
    assert [*Attachment.objects.values(), *Grant.objects.values()] == before


def test_a_limit_edited_while_its_row_was_removed_brings_nothing_back():
    attachment = AttachmentFactory(limit=3)
    fulfilment.detach(Attachment.objects.get(pk=attachment.pk))
    attachment.limit = 5
    fulfilment.edit_attachment(attachment, ["limit"])
    assert not Attachment.objects.exists()


# --- To an order ---------------------------------------------------------------------------------


def test_an_orders_own_asset_is_a_grant_without_a_line(product, asset):
    order = OrderFactory(shop=product.shop)
    grant = fulfilment.attach_to_order(order, asset, limit=3, lifetime_days=7, at=LATER)
    assert grant == Grant.objects.get()
    assert (grant.order, grant.line, grant.asset) == (order, None, asset)
    assert (grant.limit, grant.bought, grant.expires_at) == (3, 3, LATER + 7 * DAY)


def test_an_orders_own_asset_may_be_unlimited(product, asset):
    grant = fulfilment.attach_to_order(OrderFactory(shop=product.shop), asset, limit=None, at=NOW)
    assert (grant.limit, grant.bought, grant.remaining, grant.expires_at) == (None,) * 4


def test_an_order_may_hold_an_asset_of_its_own_beside_a_lines(product, asset):
    line = sold(product)
    fulfilment.attach_to_product(product, asset, limit=10, at=NOW)
    fulfilment.attach_to_order(line.order, asset, limit=3, at=NOW)
    assert list(Grant.objects.values_list("line", "bought")) == [(line.pk, 10), (None, 3)]


def test_attaching_to_an_order_twice_is_refused(product, asset):
    order = OrderFactory(shop=product.shop)
    fulfilment.attach_to_order(order, asset, limit=3, at=NOW)
    before = list(Grant.objects.values())
    with pytest.raises(BadInput) as refusal:
        fulfilment.attach_to_order(order, asset, limit=99, at=LATER)
    assert str(refusal.value) == '"My new book" is attached to this order already.'
    assert list(Grant.objects.values()) == before


def test_another_shops_asset_is_refused_for_an_order(asset):
    with pytest.raises(BadInput) as refusal:
        fulfilment.attach_to_order(OrderFactory(), asset, limit=3, at=NOW)
    assert str(refusal.value) == ANOTHER_SHOP
    assert Grant.objects.count() == 0


# --- A changed limit -----------------------------------------------------------------------------


@pytest.fixture
def attachment(product, asset) -> Attachment:
    """An asset of ten downloads with two earlier buyers, of one and of three units."""
    sold(product)
    sold(product, quantity=3)
    return fulfilment.attach_to_product(product, asset, limit=10, at=NOW).attachment


def change(attachment: Attachment, limit: int | None) -> None:
    attachment.limit = limit
    attachment.save(update_fields=["limit"])


def counts() -> list[tuple]:
    grants = Grant.objects.order_by("line_id")
    return list(grants.values_list("limit", "bought", "added", "used", "canceled"))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (20, [(20, 20, 0, 0, 0), (20, 60, 0, 0, 0)]),
        (4, [(4, 4, 0, 0, 0), (4, 12, 0, 0, 0)]),
        (None, [(None, None, 0, 0, 0), (None, None, 0, 0, 0)]),
    ],
)
def test_a_changed_limit_reaches_earlier_buyers_when_asked_to(attachment, limit, expected):
    change(attachment, limit)
    assert counts() == [(10, 10, 0, 0, 0), (10, 30, 0, 0, 0)]
    assert lookups.grants_with_other_limit(attachment) == 2
    assert fulfilment.apply_limit(attachment, at=LATER) == 2
    assert counts() == expected
    assert set(Grant.objects.values_list("updated_at", flat=True)) == {LATER}
    assert lookups.grants_with_other_limit(attachment) == 0


def test_a_limit_is_applied_once(attachment):
    change(attachment, 20)
    fulfilment.apply_limit(attachment, at=NOW)
    before = list(Grant.objects.values())
    assert fulfilment.apply_limit(attachment, at=LATER) == 0
    assert list(Grant.objects.values()) == before


def test_unlimited_may_become_limited_again(attachment):
    change(attachment, None)
    fulfilment.apply_limit(attachment, at=NOW)
    change(attachment, 5)
    assert lookups.grants_with_other_limit(attachment) == 2
    assert fulfilment.apply_limit(attachment, at=NOW) == 2
    assert counts() == [(5, 5, 0, 0, 0), (5, 15, 0, 0, 0)]


def test_a_changed_limit_keeps_what_was_used_added_and_given_back(attachment):
    line = LineItem.objects.get(quantity=3)
    grant = line.grants.get()
    Grant.objects.filter(pk=grant.pk).update(used=7)
    fulfilment.raise_limit(grant, by=2, at=NOW)
    LineItem.objects.filter(pk=line.pk).update(current_quantity=2)
    change(attachment, 20)
    fulfilment.apply_limit(attachment, at=NOW)
    assert counts()[1] == (20, 62, 2, 7, 20)


def test_a_changed_limit_leaves_other_assets_and_products_alone(attachment):
    line = LineItem.objects.first()
    assert line is not None
    AttachmentFactory(product=line.product, limit=10)
    for order in Order.objects.all():
        fulfilment.settle(order, at=NOW)
    fulfilment.attach_to_order(line.order, attachment.asset, limit=3, at=NOW)
    GrantFactory()
    change(attachment, 20)
    assert lookups.grants_with_other_limit(attachment) == 2
    assert fulfilment.apply_limit(attachment, at=NOW) == 2
    others = Grant.objects.exclude(line__isnull=False, asset=attachment.asset)
    assert sorted(others.values_list("limit", flat=True)) == [3, 10, 10, 10]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 2])
def test_a_changed_limit_reaches_every_batch(attachment, monkeypatch, batch):
    monkeypatch.setattr(attachments, "BATCH", batch)
    sold(attachment.product)
    for order in Order.objects.all():
        fulfilment.settle(order, at=NOW)
    change(attachment, 20)
    assert fulfilment.apply_limit(attachment, at=NOW) == 3
    assert [bought for _limit, bought, *_rest in counts()] == [20, 60, 20]
