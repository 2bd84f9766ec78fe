"""Which paid orders have nothing to download, why, and what is proposed."""

import pytest

from downloads import fulfilment, lookups
from downloads.lookups import Missing
from downloads.models import Order
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db
WHYS = [*Missing, None]


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def book(shop):
    """A product with a file, of two numbers and an SKU."""
    product = ProductFactory(shop=shop, product_id=501, name="Pattern", variant_name="XL", sku="P1")
    AttachmentFactory(product=product)
    return product


def bought(shop, *, order=(), line=(), **product):
    """Return a paid order of one product without files."""
    numbered = {"platform_id": 7000 + Order.objects.count()}
    order = OrderFactory(shop=shop, **numbered | dict(order))
    bare = ProductFactory(shop=shop, **product)
    LineFactory(order=order, product=bare, platform_id=1, **dict(line))
    fulfilment.settle(order, at=NOW)
    order.refresh_from_db()
    return order


def listed(why=None):
    return set(lookups.without_downloads(Order.objects.all(), why))


# --- Which ---------------------------------------------------------------------------------------


def test_a_paid_order_without_a_file_is_listed(shop):
    order = bought(shop)
    assert listed() == {order}


@pytest.mark.parametrize(
    "facts",
    [
        {"reported_payment": "pending"},
        {"cancelled_at": NOW},
        {"is_test": True},
        {"parent_platform_id": 7},
    ],
    ids=str,
)
def test_an_order_that_is_to_give_nothing_is_not(shop, facts):
    bought(shop, order=facts)
    assert listed() == set()


def test_a_line_that_went_back_is_owed_nothing(shop):
    bought(shop, line={"current_quantity": 0})
    assert listed() == set()


@pytest.mark.parametrize(("units", "is_listed"), [(1, True), (2, False)])
def test_a_line_that_was_refunded_is_owed_what_is_left(shop, units, is_listed):
    order = bought(shop, line={"quantity": 2})
    RefundFactory(shop=shop, order_platform_id=order.platform_id, units={1: units})
    assert bool(listed()) == is_listed


def test_an_order_with_a_file_for_one_line_is_not(shop, book):
    order = bought(shop)
    LineFactory(order=order, product=book, platform_id=2)
    fulfilment.settle(order, at=NOW)
    assert listed() == set()


def test_nor_one_with_an_asset_of_its_own(shop):
    GrantFactory(order=bought(shop), line=None)
    assert listed() == set()


@pytest.mark.parametrize("state", ["replaced", "refunded"])
def test_what_was_replaced_or_given_back_does_not_count(shop, book, state):
    order = bought(shop)
    GrantFactory(order=order, line=LineFactory(order=order, product=book), **{state: True})
    assert listed() == {order}


@pytest.mark.parametrize("state", [{"withdrawn_at": NOW}, {"expires_at": NOW}, {"used": 10}])
def test_what_was_something_once_is_no_such_case(shop, book, state):
    order = bought(shop)
    GrantFactory(order=order, line=LineFactory(order=order, product=book), **state)
    assert listed() == set()


def test_an_order_without_lines_is_none(shop):
    OrderFactory(shop=shop)
    assert listed() == set()


# --- Why -----------------------------------------------------------------------------------------

CASES = {
    Missing.PRODUCT: {"variant_id": None, "product_id": 501},
    Missing.VARIANT: {"product_id": 501},
    Missing.FILES: {"product_id": 9},
}


@pytest.mark.parametrize("why", Missing)
def test_the_reason_and_its_filter_agree(shop, book, why):
    order = bought(shop, **CASES[why])
    assert [each.why for each in lookups.missing_of(order)] == [why]
    assert [listed(each) for each in WHYS] == [{order} if each in (why, None) else set()
                                               for each in WHYS]  # fmt: skip


def test_what_is_sold_by_hand_needs_no_number(shop, book):
    order = bought(shop, order={"platform_id": None}, **CASES[Missing.PRODUCT])
    assert [each.why for each in lookups.missing_of(order)] == [Missing.VARIANT]
    assert listed(Missing.VARIANT) == {order}


def test_another_shops_variant_is_no_sibling(shop):
    AttachmentFactory(product=ProductFactory(product_id=501))
    order = bought(shop, product_id=501)
    (bare,) = lookups.missing_of(order)
    assert (bare.why, bare.proposed, listed(Missing.FILES)) == (Missing.FILES, [], {order})


# --- What is proposed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "like",
    [
        {"sku": "P1"},
        {"name": "pattern", "variant_name": "xl", "product_id": 501},
        {"name": "Pattern", "variant_name": "XL"},
        {"product_id": 501},
        {"name": "Pattern", "variant_name": "XXL"},
    ],
    ids=str,
)
def test_what_is_alike_is_proposed(shop, book, like):
    (bare,) = lookups.missing_of(bought(shop, **like))
    assert bare.proposed == [book]


@pytest.mark.parametrize(
    "unlike", [{"sku": ""}, {"sku": "P2"}, {"name": "Song"}, {"product_id": None}], ids=str
)
def test_what_is_not_alike_is_not(shop, book, unlike):
    (bare,) = lookups.missing_of(bought(shop, **unlike))
    assert bare.proposed == []


def test_a_product_without_files_is_not_proposed(shop):
    ProductFactory(shop=shop, sku="P1")
    (bare,) = lookups.missing_of(bought(shop, sku="P1"))
    assert bare.proposed == []


def test_the_sku_says_more_than_the_name(shop, book):
    named = ProductFactory(shop=shop, name="Song", variant_name="Long")
    AttachmentFactory(product=named)
    (bare,) = lookups.missing_of(bought(shop, sku="P1", name="Song", variant_name="Long"))
    assert bare.proposed == [book, named]


def test_how_much_is_asked_does_not_grow_with_the_lines(shop, book, django_assert_max_num_queries):
    order = bought(shop, product_id=501)
    for number in range(2, 30):
        product = ProductFactory(shop=shop, product_id=501, sku="P1")
        LineFactory(order=order, product=product, platform_id=number)
    with django_assert_max_num_queries(4):
        found = lookups.missing_of(order)
    assert len(found) == 20
    assert all(each.proposed == [book] for each in found)
