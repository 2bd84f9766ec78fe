"""Deleting what is in use: how many use it, and what helps instead."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.lookups.uses import WAYS, uses_of
from downloads.models import Asset, Grant, Order, Product, Shop
from tests.factories import (
    NOW,
    AttachmentFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

GRANTS = Grant._meta.verbose_name_plural
IN_USE = "is in use, and stays. It is kept by:"


def delete_url(row):
    return f"/admin/downloads/{row._meta.model_name}/{row.pk}/delete/"


def uses(page):
    return [each.get_text() for each in page.html.select("#in-use li")]


@pytest.fixture
def asset(db):
    """A file of two orders, three downloads and one product."""
    asset = LinkFactory(title="Piano")
    product = AttachmentFactory(asset=asset, product=ProductFactory(shop=asset.shop)).product
    for _ in range(2):
        order = OrderFactory(shop=asset.shop)
        GrantFactory(order=order, asset=asset, line=None)
    GrantFactory(order=order, asset=asset, line=LineFactory(order=order, product=product))
    return asset


@pytest.fixture
def browser(django_app, staff):
    """A browser that the merchant is signed in with."""
    django_app.set_cookie("sessionid", staff.cookies["sessionid"].value)
    return django_app


def test_an_asset_says_what_uses_it_and_is_withdrawn_instead(browser, asset):
    page = browser.get(delete_url(asset))
    assert IN_USE in page.text
    assert uses(page) == ["2 orders", f"3 {GRANTS}", "1 product"]
    form = next(form for form in page.forms.values() if "_selected_action" in form.fields)
    answer = form.submit("index").follow()
    assert "1 withdrawn" in answer.text
    asset.refresh_from_db()
    assert asset.withdrawn_at is not None


def test_several_chosen_say_so_too(browser, asset):
    page = browser.get("/admin/downloads/asset/")
    form = page.forms["changelist-form"]
    form.set("_selected_action", True, index=0)
    form["action"] = "delete_selected"
    answer = form.submit("index")
    assert uses(answer) == ["2 orders", f"3 {GRANTS}", "1 product"]
    assert Asset.objects.filter(pk=asset.pk).exists()


def test_who_may_not_withdraw_is_offered_nothing(clerk, asset):
    page = clerk("view_asset", "delete_asset").get(delete_url(asset)).content.decode()
    assert "2 orders" in page
    assert "Withdraw instead" not in page


def test_a_post_deletes_nothing_that_is_in_use(staff, asset):
    for row in (asset, asset.shop, Product.objects.get(attachments__asset=asset)):
        answer = staff.post(delete_url(row), {"post": "yes"})
        assert IN_USE in answer.content.decode()
        assert type(row).objects.filter(pk=row.pk).exists()


def test_what_nothing_uses_is_deleted(staff):
    for row in (LinkFactory(), ProductFactory(), ShopFactory()):
        assert staff.post(delete_url(row), {"post": "yes"}).status_code == 302
        assert not type(row).objects.filter(pk=row.pk).exists()


def test_more_are_not_counted_than_a_list_counts(staff, settings):
    settings.LIST_MOST_ROWS = 20
    shop = ShopFactory()
    Order.objects.bulk_create(Order(shop=shop, number=n, placed_at=NOW) for n in range(25))
    with CaptureQueriesContext(connection) as asked:
        page = staff.get(delete_url(shop)).content.decode()
    assert "more than 20 orders" in page
    assert len(asked) <= 12


def test_an_order_that_was_downloaded_says_how_often_and_what_to_do(staff):
    grant = GrantFactory(used=1)
    page = staff.get(delete_url(grant.order)).content.decode()
    assert "downloads that were used: 1. Set “cancelled on” instead" in page


def test_a_remedy_is_an_action_of_its_list():
    named = {model: each.remedy for model, each in admin.site._registry.items() if each.remedy}
    assert named == {Asset: "withdraw"}
    assert all(name in admin.site._registry[model].actions for model, name in named.items())


def test_every_use_is_counted_by_a_query_of_its_kind(asset):
    for model in (*WAYS, Grant):
        assert uses_of(model, [None]) == []
    assert [(use.kind, use.count) for use in uses_of(Shop, [asset.shop_id])] == [
        (Order, 2),
        (Grant, 3),
    ]
