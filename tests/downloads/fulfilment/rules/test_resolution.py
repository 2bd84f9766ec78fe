"""One attachment for each variant and asset: variant before number before rule, whole."""

from itertools import permutations

import pytest

from downloads import fulfilment
from downloads.models import Attachment, AttachmentRule, Grant, Shop
from tests.factories import NOW, LineFactory, LinkFactory, OrderFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return ShopFactory(default_limit=10)


@pytest.fixture
def book(shop):
    return ProductFactory(
        shop=shop, product_id=900, sku="BOOK-1", vendor="Ink", product_type="Book", tags=["Digital"]
    )


@pytest.fixture
def asset(shop):
    return LinkFactory(shop=shop, title="Book")


def rule(asset, **fields):
    return fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, **fields))


def resolved(product):
    rows = Attachment.objects.filter(product=product).order_by("asset__title")
    return [(row.asset, row.limit, row.lifetime_days, row.source) for row in rows]


@pytest.mark.parametrize("steps", list(permutations(("rule", "number", "variant"))))
def test_the_nearest_word_wins_whole_in_whatever_order_it_comes(shop, book, asset, steps):
    made = {}
    for step in steps:
        if step == "rule":
            made["rule"] = rule(asset, tag="digital", limit=1, lifetime_days=1)
        elif step == "number":
            made["number"] = rule(asset, product_number=900, limit=2)
        else:
            made["variant"] = fulfilment.attach_to_product(book, asset, limit=3, at=NOW).attachment
    assert resolved(book) == [(asset, 3, None, None)]
    fulfilment.detach(made["variant"])
    assert resolved(book) == [(asset, 2, None, made["number"])]
    fulfilment.rules.delete_rules(shop, [made["number"]])
    assert resolved(book) == [(asset, 1, 1, made["rule"])]
    fulfilment.rules.delete_rules(shop, [made["rule"]])
    assert resolved(book) == []


def test_of_two_rules_the_upper_one_wins_until_they_are_exchanged(book, asset):
    first, second = rule(asset, tag="digital", limit=1), rule(asset, vendor="INK", limit=2)
    assert resolved(book) == [(asset, 1, None, first)]
    assert fulfilment.rules.move_rule(second, up=True)
    assert resolved(book) == [(asset, 2, None, second)]
    assert not fulfilment.rules.move_rule(second, up=True)
    assert list(AttachmentRule.objects.all()) == [second, first]


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({"tag": "DIGITAL"}, True),
        ({"tag": "digi"}, False),
        ({"vendor": " ink "}, True),
        ({"product_type": "book"}, True),
        ({"sku_pattern": "book-*"}, True),
        ({"sku_pattern": "BOOK-?"}, True),
        ({"sku_pattern": "BOOK"}, False),
        ({"sku_pattern": "[BC]OOK-1"}, False),
        ({"sku_pattern": "*"}, True),
        ({"tag": "digital", "vendor": "ink"}, True),
        ({"tag": "digital", "vendor": "else"}, False),
        ({"product_number": 900}, True),
        ({"product_number": 901}, False),
    ],
)
def test_all_conditions_have_to_match(book, asset, conditions, matches):
    rule(asset, limit=4, **conditions)
    assert bool(resolved(book)) == matches


def test_a_pattern_of_many_stars_ends_at_once(shop, asset):
    book = ProductFactory(shop=shop, sku="a" * 255)
    rule(asset, sku_pattern="*a" * 100 + "b")
    assert resolved(book) == []


def test_not_this_file_keeps_what_rules_attach_from_buyers(shop, book, asset):
    by_tag = rule(asset, tag="digital", limit=1)
    other = ProductFactory(shop=shop, product_id=900, tags=["digital"])
    fulfilment.rules.resolve_products(shop, [other])
    row = fulfilment.rules.leave_out(book, asset)
    lines = [
        LineFactory(order=OrderFactory(shop=shop), product=product) for product in (book, other)
    ]
    for line in lines:
        fulfilment.settle(line.order, at=NOW)
    assert Grant.objects.get().line == lines[1]
    fulfilment.edit_attachment(row, ["limit"])
    assert Attachment.objects.get(product=book).is_left_out
    fulfilment.detach(row)
    assert resolved(book) == [(asset, 1, None, by_tag)]


def test_a_rule_that_stops_matching_changes_no_grant(shop, book, asset):
    by_tag = rule(asset, tag="digital", limit=2)
    line = LineFactory(order=OrderFactory(shop=shop), product=book)
    fulfilment.settle(line.order, at=NOW)
    before = Grant.objects.values().get()
    by_tag.tag = "else"
    fulfilment.rules.save_rule(by_tag)
    fulfilment.settle(line.order, at=NOW)
    assert (resolved(book), Grant.objects.values().get()) == ([], before)
    fulfilment.rules.delete_rules(shop, [by_tag])
    fulfilment.settle(line.order, at=NOW)
    assert Grant.objects.values().get() == before


def test_empty_terms_come_from_the_file_and_else_from_the_shop(shop, book, asset):
    rule(asset, tag="digital", inherits_limit=True, inherits_lifetime=True)
    own = fulfilment.attach_to_product(
        ProductFactory(shop=shop), asset, limit=None, inherits_limit=True, lifetime_days=9, at=NOW
    ).attachment

    def terms():
        own.refresh_from_db()
        return resolved(book)[0][1:3], (own.limit, own.lifetime_days)

    assert terms() == ((10, None), (10, 9))
    asset.limit, asset.inherits_limit = 3, False
    fulfilment.rules.set_default_terms(asset)
    assert terms() == ((3, None), (3, 9))
    Shop.objects.filter(pk=shop.pk).update(default_limit=5, default_lifetime_days=30)
    fulfilment.rules.apply_shop_defaults(shop)
    assert terms() == ((3, 30), (3, 9))
    asset.limit, asset.inherits_limit = None, True
    fulfilment.rules.set_default_terms(asset)
    assert terms() == ((5, 30), (5, 9))
    asset.inherits_limit = False
    fulfilment.rules.set_default_terms(asset)
    assert terms() == ((None, 30), (None, 9))


def test_another_shops_products_are_never_attached(asset):
    other = ProductFactory(product_id=900, tags=["digital"])
    rule(asset, tag="digital")
    rule(asset, product_number=900)
    assert resolved(other) == []


def test_resolving_asks_a_fixed_number_of_questions(
    shop, book, asset, django_assert_max_num_queries
):
    rule(asset, tag="digital")
    products = [ProductFactory(shop=shop, tags=["digital"]) for _ in range(50)]
    with django_assert_max_num_queries(7):
        fulfilment.rules.resolve_products(shop, products)
    assert Attachment.objects.count() == 51
