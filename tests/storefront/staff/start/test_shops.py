"""The first steps of a new shop: ticked by what is there, gone once done or put away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from downloads.models import AuditEntry, FirstSteps, Mail, Shop
from storefront.models import WebhookSecret
from tests.factories import AttachmentFactory, LinkFactory, MailFactory, OrderFactory, ShopFactory
from tests.storefront.admin.rendered import ROLES, sign_in


def ticks(page):
    return [li["class"] for li in page.html.select(".first-steps li")]


def test_each_step_is_ticked_by_what_is_there(django_app, shop):
    sign_in(django_app, "owner", shop)
    assert ticks(django_app.get("/admin/")) == [["next"], [], [], [], []]
    WebhookSecret.keep(shop, source="shopify", secret="s" * 32)
    asset = LinkFactory(shop=shop)
    assert ticks(django_app.get("/admin/")) == [["done"], ["done"], ["next"], [], []]
    AttachmentFactory(product__shop=shop, asset=asset)
    order = OrderFactory(shop=shop)
    assert ticks(django_app.get("/admin/"))[2:] == [["done"], ["done"], ["next"]]
    MailFactory(shop=shop, order=order, state=Mail.State.SENT)
    assert ticks(django_app.get("/admin/")) == []


@pytest.mark.parametrize("role", ROLES)
def test_each_step_leads_to_a_page_that_its_reader_may_see(django_app, shop, role):
    sign_in(django_app, role, shop)
    links = django_app.get("/admin/").html.select(".first-steps li a")
    assert len(links) == {"support": 1, "manager": 4}.get(role, 5)
    for link in links:
        django_app.get(link["href"], status=200)


def test_they_are_put_away_once_and_for_all(django_app, shop):
    sign_in(django_app, "manager", shop)
    page = django_app.get("/admin/")
    form = next(form for form in page.forms.values() if form.action == "/admin/first-steps/")
    assert "put away" in form.submit().follow().text
    assert ticks(django_app.get("/admin/")) == []
    form.submit()
    assert AuditEntry.objects.filter(what="Put away the first steps").count() == 1


def test_who_may_not_change_the_shop_cannot_put_them_away(django_app, shop):
    sign_in(django_app, "manager", shop)
    page = django_app.get("/admin/")
    form = next(form for form in page.forms.values() if form.action == "/admin/first-steps/")
    form["shop"].force_value(ShopFactory().pk)
    form.submit(status=404)
    form["shop"].force_value("9" * 40)
    form.submit(status=404)
    sign_in(django_app, "support", shop)
    page = django_app.get("/admin/")
    assert ticks(page)
    assert not [form for form in page.forms.values() if form.action == "/admin/first-steps/"]
    assert not FirstSteps.objects.exists()


def test_an_old_shop_has_none(django_app, shop):
    Shop.objects.update(created_at=timezone.now() - timedelta(days=91))
    sign_in(django_app, "owner", shop)
    assert ticks(django_app.get("/admin/")) == []


def test_another_shops_are_not_shown(django_app, shop):
    Shop.objects.update(created_at=timezone.now() - timedelta(days=91))
    ShopFactory()
    sign_in(django_app, "owner", shop)
    assert ticks(django_app.get("/admin/")) == []
