"""Attaching from the page of a file."""

import pytest

from downloads import fulfilment
from downloads.models import Asset, Attachment, AttachmentRule
from storefront.backfills.background import give_in_background
from storefront.models import Backfill
from tests.factories import (
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import address, form_of, save, sign_in


@pytest.fixture
def shop(db):
    return ShopFactory(default_limit=10)


@pytest.fixture
def asset(shop):
    return LinkFactory(shop=shop, title="Guide")


@pytest.fixture
def app(django_app, shop):
    sign_in(django_app, "manager", shop)
    return django_app


def form_to_attach(app, asset, words=""):
    page = app.get(f"/admin/downloads/asset/{asset.pk}/attach/", params={"q": words})
    return next(form for form in page.forms.values() if "numbers" in form.fields)


def test_products_are_found_ticked_and_attached(app, shop, asset):
    book = ProductFactory(shop=shop, name="Book", sku="B-1", product_id=9)
    ProductFactory(shop=shop, name="Mug", sku="M-1")
    ProductFactory(name="Elsewhere", sku="B-1")
    form = form_to_attach(app, asset, "b-1")
    assert [box._value for box in form.fields["product"]] == [str(book.pk)]
    form["product"].checked = True
    form["limit"] = "2"
    answer = form.submit().follow()
    assert "“Guide” was attached to 1 product." in answer.text
    assert "product 9" in answer.text
    row = Attachment.objects.get()
    assert (row.product, row.limit, row.source.product_number) == (book, 2, 9)


def test_numbers_not_seen_yet_are_taken(app, shop, asset):
    form = form_to_attach(app, asset)
    form["numbers"] = "9, 10\n11"
    form.submit().follow()
    numbers = AttachmentRule.objects.values_list("product_number", flat=True)
    assert sorted(numbers) == [9, 10, 11]
    later = ProductFactory(shop=shop, product_id=10)
    fulfilment.rules.resolve_products(shop, [later])
    assert later.attachments.get().limit == 10


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        ("", "Choose products below, or enter product numbers."),
        ("12 x", "“x” is no product number: those are digits alone."),
        ("0", "“0” is no product number"),
        (" ".join(map(str, range(1, 1002))), "Enter at most 1,000 numbers at once."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(app, asset, numbers, error):
    form = form_to_attach(app, asset)
    form["numbers"] = numbers
    assert error in form.submit().text
    assert not AttachmentRule.objects.exists()


@pytest.mark.slow
def test_another_shops_product_is_not_taken(app, shop, asset):
    ProductFactory(shop=shop)
    form = form_to_attach(app, asset)
    form.fields["product"][0].force_value = None
    field = form.fields["product"][0]
    field._value, field._checked = str(ProductFactory().pk), True
    assert "Choose products below" in form.submit().text
    assert not Attachment.objects.exists()


def test_the_files_own_defaults_are_kept_and_reach_what_inherits(app, shop, asset):
    row = AttachmentFactory(product=ProductFactory(shop=shop), asset=asset, inherits_limit=True)
    form = form_of(app.get(address(Asset, "change", asset.pk)), Asset)
    assert (form["limit"].value, form["limit"].attrs["placeholder"]) == ("", "10, from the shop")
    assert save(form, limit="3").errors == []
    row.refresh_from_db()
    assert row.limit == 3
    form = form_of(app.get(address(Asset, "change", asset.pk)), Asset)
    assert form["limit"].value == "3"
    save(form, limit="")
    row.refresh_from_db()
    assert row.limit == 10


def test_a_shops_default_reaches_what_inherits(app, shop, asset):
    row = AttachmentFactory(product=ProductFactory(shop=shop), asset=asset, inherits_limit=True)
    form = form_of(app.get(address(type(shop), "change", shop.pk)), type(shop))
    assert save(form, default_limit="6", default_lifetime_days="30").errors == []
    row.refresh_from_db()
    assert (row.limit, row.lifetime_days) == (6, None)


def test_the_page_says_where_it_is_attached(app, shop, asset):
    page = app.get(address(Asset, "change", asset.pk))
    assert "it is attached to no product" in page.text
    AttachmentFactory(product=ProductFactory(shop=shop, name="Own"), asset=asset)
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, vendor="Ink"))
    page = app.get(address(Asset, "change", asset.pk))
    assert [each.get_text() for each in page.html.select(".after-form .item a")] == [
        "vendor Ink",
        "Own",
    ]


def test_support_may_not_attach(django_app, shop, asset):
    sign_in(django_app, "support", shop)
    url = f"/admin/downloads/asset/{asset.pk}/attach/"
    assert django_app.get(url, expect_errors=True).status_int == 403
    assert url not in django_app.get(address(Asset, "change", asset.pk)).text


def test_past_orders_are_counted_first_and_given_to_by_the_worker(app, shop, asset):
    product = ProductFactory(shop=shop, product_id=9)
    line = LineFactory(order=OrderFactory(shop=shop), product=product)
    fulfilment.rules.save_rule(AttachmentRule(shop=shop, asset=asset, product_number=9))
    url = f"/admin/downloads/asset/{asset.pk}/past-orders/"
    page = app.get(url)
    assert "1 earlier purchase lacks “Guide”" in page.text
    assert not line.grants.exists()
    form = next(form for form in page.forms.values() if "Give it to past orders" in form.text)
    page = form.submit().follow()
    assert page.html.find("progress")["max"] == "1"
    assert "Under way" in page.text
    assert page.html.find("input", value="Give it to past orders") is None
    give_in_background.func(Backfill.objects.get().pk)
    page = app.get(url)
    assert "1 of 1 purchases. 1 have the file now" in page.text
    assert "There is nothing to give." in page.text
    assert line.grants.exists()
    assert "Nobody who bought lacks this file." in form.submit().follow().text
