from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from downloads.errors import AboveLimit
from downloads.fulfilment import (
    Outcome,
    note_uninstalled,
    products,
    record_order,
    record_product,
    record_shop,
    remove_product,
)
from downloads.incoming import CatalogReport, LineReport, ProductReport, ShopReport
from downloads.models import LineItem, Product, RemovedProduct, Shop
from tests.downloads.reported import in_any_order, order_report
from tests.factories import NOW, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = NOW + HOUR
SAID = ProductReport(
    name="Book",
    product_id=900,
    variant_id=11,
    variant_name="PDF",
    sku="b-1",
    vendor="Ada",
    tags=("books", "new"),
)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


def describe(shop: Shop, *variants: ProductReport, at=NOW) -> str:
    return record_product(shop, CatalogReport(variants=variants, reported_at=at))


def mention(shop: Shop, order: int, at=NOW, **words: Any) -> None:
    """Record an order whose one line mentions the variant 11 so."""
    product = ProductReport(**{"name": "Book", "product_id": 900, "variant_id": 11} | words)
    report = order_report(LineReport(1, product, quantity=1), platform_id=order, at=at)
    record_order(shop, report, at=NOW)


def words() -> tuple:
    fields = ("name", "variant_name", "sku", "vendor", "tags", "product_id", "variant_id")
    return Product.objects.values_list(*fields).get()


# --- What the shop says of a product -------------------------------------------------------------


def test_a_product_beyond_the_bound_is_refused_by_name(shop, settings):
    settings.PRODUCT_MAX_VARIANTS = 2
    variants = [replace(SAID, variant_id=number) for number in (11, 12, 13)]
    assert describe(shop, *variants[:2]) == Outcome.NEW
    with pytest.raises(AboveLimit, match=r"^Product 900 has 3 variants; at most 2 .*MAX_VARIANTS"):
        describe(shop, *variants, at=LATER)
    assert Product.objects.count() == 2


def test_a_new_product_is_one_row_a_variant(shop):
    paper = replace(SAID, variant_id=12, variant_name="Paper back")
    assert describe(shop, SAID, paper) == "new"
    rows = Product.objects.order_by("variant_id").values_list("variant_name", "tags")
    assert list(rows) == [("PDF", ["books", "new"]), ("Paper back", ["books", "new"])]


def test_a_product_is_kept_as_described(shop):
    describe(shop, SAID)
    assert words() == ("Book", "PDF", "b-1", "Ada", ["books", "new"], 900, 11)


def test_the_same_words_again_change_nothing(shop):
    describe(shop, SAID)
    before = Product.objects.values().get()
    assert describe(shop, SAID) == "unchanged"
    assert Product.objects.values().get() == before


def test_a_variant_more_is_a_change(shop):
    describe(shop, SAID)
    assert describe(shop, SAID, replace(SAID, variant_id=12), at=LATER) == "changed"
    assert Product.objects.count() == 2


def test_a_product_without_variants_changes_nothing(shop):
    assert describe(shop) == "unchanged"
    assert Product.objects.count() == 0


def test_a_variant_no_longer_named_stays(shop):
    describe(shop, SAID, replace(SAID, variant_id=12))
    describe(shop, replace(SAID, name="Renamed"), at=LATER)
    rows = Product.objects.order_by("variant_id").values_list("name", flat=True)
    assert list(rows) == ["Renamed", "Book"]


@pytest.mark.parametrize("is_reversed", [True, False])
def test_the_newest_description_stands(shop, is_reversed):
    told = [(SAID, NOW), (replace(SAID, name="Renamed", tags=()), LATER)]
    for said, at in reversed(told) if is_reversed else told:
        describe(shop, said, at=at)
    assert words()[:5] == ("Renamed", "PDF", "b-1", "Ada", [])


def test_two_descriptions_of_one_moment_end_alike_in_either_order():
    ends = set()
    for told in in_any_order(*(replace(SAID, name=name) for name in "ABC")):
        shop = ShopFactory()
        for said in told:
            describe(shop, said)
        ends.add(Product.objects.get(shop=shop).name)
    assert len(ends) == 1


def test_one_variant_number_in_two_shops_is_two_products(shop):
    other = ProductFactory(variant_id=11, name="Theirs")
    assert describe(shop, SAID) == "new"
    other.refresh_from_db()
    assert other.name == "Theirs"


def test_what_a_merchant_entered_gives_way_to_the_shops_own_words(shop):
    entered = ProductFactory(shop=shop, variant_id=11, name="By hand")
    assert describe(shop, SAID) == "changed"
    entered.refresh_from_db()
    assert (entered.name, entered.tags) == ("Book", ["books", "new"])


def test_numbers_above_2_to_the_53_are_kept_exactly(shop):
    describe(shop, replace(SAID, product_id=2**63 - 1, variant_id=2**63 - 2))
    assert words()[5:] == (2**63 - 1, 2**63 - 2)


# --- What orders' lines mention ------------------------------------------------------------------


@pytest.mark.parametrize("is_reversed", [True, False])
def test_a_description_outranks_a_newer_line(shop, is_reversed):
    says = [
        lambda: describe(shop, SAID),
        lambda: mention(shop, 1, at=LATER, name="Book, as sold", vendor="Bob"),
    ]
    for say in reversed(says) if is_reversed else says:
        say()
    assert words() == ("Book", "PDF", "b-1", "Ada", ["books", "new"], 900, 11)


@pytest.mark.parametrize("is_reversed", [True, False])
def test_the_newest_of_lines_that_say_as_much_stands(shop, is_reversed):
    told = [(1, NOW, "Old"), (2, LATER, "New")]
    for order, at, name in reversed(told) if is_reversed else told:
        mention(shop, order, at=at, name=name)
    assert words()[0] == "New"


@pytest.mark.slow
@pytest.mark.parametrize("told", in_any_order(*range(3)))
def test_a_cut_down_line_takes_no_word_away(shop, told):
    lines = [
        {"at": NOW, "name": "Full", "sku": "b-1", "vendor": "Ada"},
        {"at": LATER, "name": "Cut down"},
        {"at": LATER + HOUR, "name": "Half", "sku": "b-2"},
    ]
    for number in told:
        mention(shop, number, **lines[number])
    assert words()[:4] == ("Full", None, "b-1", "Ada")


@pytest.mark.parametrize("told", in_any_order(*range(4)))
def test_lines_and_descriptions_end_alike_in_any_order(shop, told):
    says = [
        lambda: mention(shop, 1, name="One"),
        lambda: mention(shop, 2, at=LATER + HOUR, name="Two", vendor="Bob"),
        lambda: describe(shop, replace(SAID, name="Three")),
        lambda: describe(shop, replace(SAID, name="Four"), at=LATER),
    ]
    for number in told:
        says[number]()
    assert words() == ("Four", "PDF", "b-1", "Ada", ["books", "new"], 900, 11)
    assert set(LineItem.objects.values_list("product", flat=True)) == {Product.objects.get().pk}


def test_a_line_leaves_what_a_merchant_entered(shop):
    ProductFactory(shop=shop, variant_id=11, name="By hand")
    before = Product.objects.values().get()
    mention(shop, 1, at=LATER, name="Book", vendor="Ada")
    # Of which product a variant is, is none of its words.
    assert Product.objects.values().get() == before | {"product_id": 900}


# --- Products no longer sold ---------------------------------------------------------------------


def test_a_removed_product_is_noted_once_and_its_rows_stay(shop):
    describe(shop, SAID)
    for at in (NOW, LATER):
        remove_product(shop, 900, at=at)
    removed = RemovedProduct.objects.values_list("shop", "product_id", "removed_at")
    assert list(removed) == [(shop.pk, 900, NOW)]
    assert Product.objects.get().name == "Book"


def test_a_product_may_be_removed_before_it_is_known(shop):
    remove_product(shop, 900, at=NOW)
    assert describe(shop, SAID) == "new"
    mention(shop, 1)
    assert (Product.objects.count(), RemovedProduct.objects.count()) == (1, 1)


# --- The shop itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("told", in_any_order(("Old", NOW), ("New", LATER), ("Twin", LATER)))
def test_the_newest_name_of_a_shop_stands(shop, told):
    for name, at in told:
        record_shop(shop, ShopReport(name=name, reported_at=at))
    shop.refresh_from_db()
    assert (shop.name, shop.reported_at) == ("Twin", LATER)


def test_a_shops_name_is_its_own(shop):
    other = ShopFactory(name="Other")
    record_shop(shop, ShopReport(name="Mine", reported_at=NOW))
    other.refresh_from_db()
    assert (other.name, other.reported_at) == ("Other", None)


def test_an_uninstall_is_noted_once_and_closes_nothing(shop):
    mention(shop, 1)
    for at in (NOW, LATER):
        note_uninstalled(shop, at=at)
    shop.refresh_from_db()
    assert shop.uninstalled_at == NOW
    assert LineItem.objects.get().order.status == "completed"


def test_a_removal_is_news_once(shop):
    assert remove_product(shop, 900, at=NOW) == Outcome.CHANGED
    assert remove_product(shop, 900, at=LATER) == Outcome.UNCHANGED


def test_a_shops_report_is_news_once_and_when_the_app_is_back(shop):
    report = ShopReport(name="Mine", reported_at=NOW)
    assert record_shop(shop, report) == Outcome.CHANGED
    assert record_shop(shop, report) == Outcome.UNCHANGED
    note_uninstalled(shop, at=NOW)
    assert record_shop(shop, report) == Outcome.UNCHANGED
    assert record_shop(shop, replace(report, reported_at=LATER)) == Outcome.CHANGED


def test_a_merchant_who_enters_the_variant_at_the_same_moment_is_met(shop, monkeypatch):
    look = products._among

    def entered_after_the_look(*known):
        held = look(*known)
        ProductFactory(shop=shop, variant_id=11, name="By hand")
        return held

    monkeypatch.setattr(products, "_among", entered_after_the_look)
    mention(shop, order=1)

    assert LineItem.objects.get().product == Product.objects.get(name="By hand")
