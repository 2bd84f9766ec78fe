import dataclasses
from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.incoming import CatalogReport, ProductReport
from downloads.models import Attachment, Grant, Product
from tests.downloads.reported import line_report, order_report
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    ProductFactory,
    ShopFactory,
)

LIST = "/admin/downloads/product/"


def product_form(product, *rows, initial=0):
    """Return what the product's page sends, with these attachment rows."""
    data = {
        "name": product.name,
        "tags": "books, paper-books",
        "variant_name": "",
        "sku": "",
        "vendor": "",
        "product_id": "",
        "variant_id": product.variant_id,
        "attachments-TOTAL_FORMS": len(rows),
        "attachments-INITIAL_FORMS": initial,
    }
    for number, row in enumerate(rows):
        row = {"product": product.pk, "limit": "", "lifetime_days": ""} | row
        data |= {f"attachments-{number}-{name}": value for name, value in row.items()}
    return data


def test_an_asset_attached_inline_reaches_earlier_buyers(staff, messages_of):
    line = LineFactory(quantity=2)
    product = line.product
    asset = LinkFactory(shop=product.shop)
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"asset": asset.pk, "limit": 3}),
        follow=True,
    )
    assert messages_of(response)[:2] == [
        f'"{asset}" was given to 1 earlier purchases too.',
        "1 of their buyers, who had nothing to download before, get a mail with the link.",
    ]
    grant = Grant.objects.get()
    assert (grant.line, grant.asset, grant.limit, grant.bought) == (line, asset, 3, 6)
    product.refresh_from_db()
    assert product.tags == ["books", "paper-books"]


def test_another_shops_asset_is_refused(staff, errors_of):
    product = ProductFactory()
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"asset": LinkFactory().pk}),
    )
    assert errors_of(response) == ["This belongs to another shop."]
    assert not Attachment.objects.exists()


def test_limits_reach_earlier_orders_when_asked_and_after_saying_how_many(staff, messages_of):
    attachment = AttachmentFactory(limit=10)
    line = LineFactory(product=attachment.product, order__shop=attachment.product.shop)
    fulfilment.settle(line.order, at=NOW)
    Attachment.objects.update(limit=4)
    selected = {"action": "apply_limits", "_selected_action": attachment.product_id}
    url = "/admin/downloads/product/"
    asked = staff.post(url, selected)
    assert "4 per item – 1 earlier download will change" in asked.content.decode()
    assert Grant.objects.get().bought == 10
    done = staff.post(url, selected | {"confirmed": "yes"}, follow=True)
    assert messages_of(done) == ["1 earlier downloads now have the new limit."]
    assert Grant.objects.get().bought == 4


def test_a_saved_attachment_keeps_its_asset(staff, errors_of):
    attachment = AttachmentFactory()
    product = attachment.product
    other = LinkFactory(shop=product.shop)
    response = staff.post(
        f"/admin/downloads/product/{product.pk}/change/",
        product_form(product, {"id": attachment.pk, "asset": other.pk}, initial=1),
    )
    assert errors_of(response) == ["Remove this row and add another file or link in a new one."]
    assert Attachment.objects.get().asset == attachment.asset


def mention(shop, number, name):
    """Have an order's line mention the variant 1001 by this name."""
    report = order_report(line_report(1), platform_id=number, at=NOW + timedelta(days=number))
    product = dataclasses.replace(report.lines[0].product, name=name)
    line = dataclasses.replace(report.lines[0], product=product)
    fulfilment.record_order(shop, dataclasses.replace(report, lines=(line,)), at=NOW)


def save(staff, product, **fields):
    url = f"/admin/downloads/product/{product.pk}/change/"
    form = product_form(product) | {"tags": "", "product_id": 900} | fields
    response = staff.post(url, form, follow=True)
    assert response.redirect_chain
    return response


@pytest.mark.slow
def test_the_merchants_words_stay_above_what_later_orders_mention(staff):
    shop = ShopFactory()
    mention(shop, 1, "Bok")
    product = Product.objects.get()
    save(staff, product)
    mention(shop, 2, "Boook")
    assert Product.objects.get().name == "Boook"
    save(staff, product, name="Book")
    mention(shop, 3, "Boook")
    assert Product.objects.get().name == "Book"


def test_what_the_shop_describes_itself_is_to_be_changed_there(staff, messages_of):
    shop = ShopFactory()

    def describe(day):
        variant = ProductReport(name="Book", product_id=900, variant_id=1001)
        fulfilment.record_product(shop, CatalogReport((variant,), NOW + timedelta(days=day)))

    describe(1)
    product = Product.objects.get()
    response = save(staff, product, name="My book")
    assert messages_of(response)[0] == (
        "Change this in your shop, too: what it says next of this product replaces it."
    )
    assert Product.objects.get().name == "My book"
    describe(2)
    assert Product.objects.get().name == "Book"


def test_a_product_no_longer_sold_is_marked(staff):
    gone, kept = ProductFactory(product_id=900), ProductFactory(product_id=900)
    ProductFactory(shop=gone.shop, product_id=None)
    fulfilment.remove_product(gone.shop, 900, at=NOW)
    assert staff.get(LIST).content.decode().count("No longer sold") == 1
    for product, expected in ((gone, True), (kept, False)):
        page = staff.get(f"{LIST}{product.pk}/change/").content.decode()
        assert ("No longer sold" in page) == expected


def test_a_saved_product_locks_its_shop_before_it_writes(staff, steps):
    product = ProductFactory(product_id=900)
    with steps() as told:
        save(staff, product, name="Book")
    assert told[:2] == ["lock shop", "downloads_product"]


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_max_num_queries):
    product = ProductFactory(product_id=900)
    staff.get(LIST)
    with django_assert_max_num_queries(12) as one:
        staff.get(LIST)
    for number in range(5):
        ProductFactory(shop=product.shop, product_id=number)
    with django_assert_max_num_queries(len(one)):
        staff.get(LIST)
