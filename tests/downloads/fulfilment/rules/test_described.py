"""Rules and the words of products, whichever comes first."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from downloads import fulfilment
from downloads.incoming import CatalogReport, ProductReport
from downloads.models import Attachment, AttachmentRule, Grant, Mail, Product
from tests.downloads.reported import line_report, order_report
from tests.factories import NOW, LinkFactory, ShopFactory

pytestmark = pytest.mark.django_db
BOOK = ProductReport(
    name="Book 1", product_id=900, variant_id=1001, sku="B-1", tags=("pdf",), product_type="Book"
)


@pytest.fixture
def shop():
    return ShopFactory()


@pytest.fixture
def asset(shop):
    return LinkFactory(shop=shop)


def describe(shop, variant=BOOK, day=1):
    fulfilment.record_product(shop, CatalogReport((variant,), NOW + timedelta(days=day)))


@pytest.mark.parametrize("condition", [{"tag": "pdf"}, {"product_number": 900}])
@pytest.mark.parametrize("steps", list(permutations(("rule", "product", "order"))))
def test_a_buyer_gets_the_file_in_whatever_order_all_arrives(shop, asset, condition, steps):
    acts = {
        "rule": lambda: fulfilment.rules.save_rule(
            AttachmentRule(shop=shop, asset=asset, limit=2, **condition)
        ),
        "product": lambda: describe(shop),
        "order": lambda: fulfilment.record_order(shop, order_report(line_report(1)), at=NOW),
    }
    for step in steps:
        acts[step]()
    # Of an order before the rule, the merchant says so by a step of its own.
    if steps.index("rule") > steps.index("order"):
        if steps[-1] == "rule":
            assert not Grant.objects.exists()
        fulfilment.settle(Product.objects.get().lines.get().order, at=NOW)
    assert Grant.objects.get().limit == 2


def test_what_was_bought_before_the_shop_described_it_is_opened_and_mailed(shop, asset, frozen):
    frozen(NOW)
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, tag="pdf"))
    fulfilment.record_order(shop, order_report(line_report(1)), at=NOW)
    assert not Grant.objects.exists()
    describe(shop)
    assert Grant.objects.get().asset == asset
    assert Mail.objects.filter(shop=shop).exists()


def test_later_variants_of_a_number_get_it_too(shop, asset):
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, product_number=900))
    describe(shop)
    describe(shop, replace(BOOK, variant_id=1002), day=2)
    assert Attachment.objects.count() == 2


def test_a_tag_that_goes_takes_the_file_from_later_buyers_alone(shop, asset):
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, tag="pdf"))
    describe(shop)
    fulfilment.record_order(shop, order_report(line_report(1)), at=NOW)
    describe(shop, replace(BOOK, tags=()), day=2)
    assert (Attachment.objects.count(), Grant.objects.count()) == (0, 1)


def test_a_merchants_change_is_read_as_well(shop, asset):
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, vendor="Ink"))
    describe(shop)
    product = Product.objects.get()
    product.vendor = "ink"
    fulfilment.edit_product(product, ["vendor"])
    assert Attachment.objects.get().product == product


def test_the_type_of_a_product_known_without_one_is_filled_in(shop):
    describe(shop, replace(BOOK, product_type=None))
    describe(shop)
    assert Product.objects.get().product_type == "Book"


def test_what_is_sold_without_a_number_is_matched_by_its_words(shop, asset):
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, sku_pattern="till-*"))
    line = replace(line_report(1), product=ProductReport(name="By hand", sku="TILL-1"))
    fulfilment.record_order(shop, order_report(line), at=NOW)
    assert Grant.objects.get().asset == asset


def test_without_rules_products_are_taken_in_with_no_question_more(
    shop, django_assert_max_num_queries
):
    report = CatalogReport(tuple(replace(BOOK, variant_id=number) for number in range(1, 200)), NOW)
    with django_assert_max_num_queries(9):
        fulfilment.record_product(shop, report)
