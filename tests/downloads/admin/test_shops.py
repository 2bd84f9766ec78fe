import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from downloads.models import Plan
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory


def secret_in(response):
    return re.search(r"<code>(.*?)</code>", response.content.decode())[1]


def test_a_storefront_key_is_shown_once_and_works(staff, graphql):
    shop = ShopFactory()
    data = {"action": "make_storefront_key", "_selected_action": shop.pk}
    response = staff.post("/admin/downloads/shop/", data)
    key = secret_in(response)
    assert response["Cache-Control"] == "no-store, private"
    assert graphql("{ __typename }", key=key).status_code == 200
    row = StorefrontKey.objects.get()
    for path in ("", f"{row.pk}/change/"):
        page = staff.get(f"/admin/storefront/storefrontkey/{path}").content.decode()
        assert row.prefix in page
        assert key not in page


def test_a_customer_token_is_shown_once_and_works(staff, graphql):
    grant = GrantFactory()
    customer = grant.order.customer
    data = {"action": "make_customer_token", "_selected_action": customer.pk}
    bearer = secret_in(staff.post("/admin/downloads/customer/", data))
    query = f"{{ customerDownloadableProduct(id: {grant.pk}) {{ _id }} }}"
    answer = graphql(query, shop=customer.shop, authorization=f"Bearer {bearer}")
    assert answer.json() == {"data": {"customerDownloadableProduct": {"_id": grant.pk}}}


@pytest.mark.parametrize(
    ("url", "action", "factory"),
    [
        ("/admin/downloads/shop/", "make_storefront_key", ShopFactory),
        ("/admin/downloads/customer/", "make_customer_token", CustomerFactory),
    ],
)
def test_one_secret_at_a_time(staff, messages_of, url, action, factory):
    rows = [factory(), factory()]
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    response = staff.post(url, data, follow=True)
    assert messages_of(response) == ["Choose exactly one: each secret is shown once."]
    assert not StorefrontKey.objects.exists()
    assert not CustomerToken.objects.exists()


def test_a_revoked_key_is_refused_from_the_next_request_on(staff, graphql, messages_of):
    row, key = StorefrontKey.issue(ShopFactory(), name="web")
    assert graphql("{ __typename }", key=key).status_code == 200
    data = {"action": "revoke", "_selected_action": row.pk}
    response = staff.post("/admin/storefront/storefrontkey/", data, follow=True)
    assert messages_of(response) == ["1 revoked."]
    assert graphql("{ __typename }", key=key).json()["error"] == "invalid_key"


def test_a_new_shop_starts_on_premium(staff):
    data = {
        "name": "Shop",
        "domain": "shop.example",
        "plan": "premium",
        "page_title": "Your files",
        "page_text": "",
        "link_urls": "direct",
        "default_limit": "",
    }
    page = staff.get("/admin/downloads/shop/add/").content.decode()
    assert '<option value="premium" selected>' in page
    assert staff.post("/admin/downloads/shop/add/", data).status_code == 302
    assert Plan.objects.get(shop__domain="shop.example").customer_account_links


OURS = [
    model for model in admin.site._registry if model._meta.app_label in {"downloads", "storefront"}
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_opens_and_searches(staff, model):
    GrantFactory()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert staff.get(url).status_code == 200
    assert staff.get(url, {"q": "book 1050"}).status_code == 200


def test_every_model_a_merchant_knows_is_in_the_admin():
    behind_the_scenes = {"Attachment", "LineItem", "Refund", "RefundedLine", "Delivery"}
    models = {*apps.get_app_config("downloads").get_models()}
    models |= {*apps.get_app_config("storefront").get_models()}
    assert {model.__name__ for model in models} - behind_the_scenes == {
        model.__name__ for model in OURS
    }


def test_a_customer_stays_in_its_shop_and_its_address_is_lower_case(staff):
    customer = CustomerFactory()
    data = {"shop": ShopFactory().pk, "email": "ADA@Example.com", "platform_id": ""}
    staff.post(f"/admin/downloads/customer/{customer.pk}/change/", data)
    shop = customer.shop
    customer.refresh_from_db()
    assert (customer.shop, customer.email) == (shop, "ada@example.com")


def test_a_customer_is_erased_with_the_tokens_and_the_order_stays(staff):
    grant = GrantFactory()
    customer = grant.order.customer
    CustomerToken.issue(customer, at=NOW)
    staff.post(f"/admin/downloads/customer/{customer.pk}/delete/", {"post": "yes"})
    grant.order.refresh_from_db()
    assert (grant.order.customer, CustomerToken.objects.count()) == (None, 0)


def test_a_plan_keeps_its_name(staff):
    staff.post("/admin/downloads/plan/growth/change/", {"name": "other"})
    assert sorted(Plan.objects.values_list("name", flat=True)) == [
        "basic",
        "free",
        "growth",
        "premium",
    ]
    assert staff.post("/admin/downloads/plan/free/delete/", {"post": "yes"}).status_code == 403
