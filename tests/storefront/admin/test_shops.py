import re
from html import unescape

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from downloads.models import Mail, Message, Order, Plan, Shop
from storefront import inbox
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import (
    NOW,
    CustomerFactory,
    GrantFactory,
    MailFactory,
    MessageFactory,
    OrderFactory,
    ShopFactory,
)


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
        "opens_when": "paid",
        "amount_refunds": "keep",
        "language": "en",
        "mails_buyers": "on",
        "time_zone": "UTC",
        "support_most_downloads": 5,
        "support_most_days": 30,
    }
    page = staff.get("/admin/downloads/shop/add/").content.decode()
    assert '<option value="premium" selected>' in page
    assert staff.post("/admin/downloads/shop/add/", data).status_code == 302
    assert Plan.objects.get(shop__domain="shop.example").customer_account_links


OURS = [
    model for model in admin.site._registry if model._meta.app_label in {"downloads", "storefront"}
]


@pytest.mark.slow
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_opens_and_searches(staff, model):
    GrantFactory()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert staff.get(url).status_code == 200
    assert staff.get(url, {"q": "book 1050"}).status_code == 200


def test_every_model_a_merchant_knows_is_in_the_admin():
    behind_the_scenes = {"Attachment", "KeptUpload", "LineItem", "Delivery", "TokenExchange"}
    behind_the_scenes |= {"Refund", "RefundedLine", "Dispute", "RiskAssessment", "RemovedProduct"}
    behind_the_scenes |= {"LinkRequest", "CountedTries", "RecoveryCode", "SecondFactor"}
    behind_the_scenes |= {"StaffSession", "StaffLanguage", "Heartbeat", "StatusMeaning"}
    behind_the_scenes |= {"Backfill", "StaffNote", "FirstSteps", "FigureClock", "CountedDay"}
    behind_the_scenes |= {"DailyFigures", "AssetFigures", "BuyerFigures"}
    behind_the_scenes |= {"PasswordRequest", "AttachmentTable", "AttachmentTableRow"}
    models = {*apps.get_app_config("downloads").get_models()}
    models |= {*apps.get_app_config("storefront").get_models()}
    assert {model.__name__ for model in models} - behind_the_scenes == {
        model.__name__ for model in OURS
    }


def test_the_workers_own_list_is_no_merchants_business():
    assert DBTaskResult not in admin.site._registry


def test_a_plan_keeps_its_name(staff):
    staff.post("/admin/downloads/plan/growth/change/", {"name": "other"})
    assert sorted(Plan.objects.values_list("name", flat=True)) == [
        "basic",
        "free",
        "growth",
        "premium",
    ]
    assert staff.post("/admin/downloads/plan/free/delete/", {"post": "yes"}).status_code == 403


def shop_form(shop, **fields):
    """Return what the shop's page sends."""
    return {
        "name": shop.name,
        "domain": shop.domain,
        "plan": shop.plan_id,
        "page_title": shop.page_title,
        "page_text": "",
        "link_urls": "direct",
        "default_limit": 10,
        "opens_when": "paid",
        "amount_refunds": "keep",
        "language": shop.language,
        "mails_buyers": "on",
        "time_zone": shop.time_zone,
        "support_most_downloads": shop.support_most_downloads,
        "support_most_days": shop.support_most_days,
        "status_meanings-TOTAL_FORMS": 0,
        "status_meanings-INITIAL_FORMS": 0,
    } | fields


def test_changed_policies_say_how_many_orders_follow_later(staff, messages_of):
    shop = OrderFactory().shop
    OrderFactory(shop=shop)
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    response = staff.post(url, shop_form(shop, opens_when="placed"), follow=True)
    assert messages_of(response)[0] == (
        "New orders follow the new policies from now on. 2 earlier ones follow at their next "
        "message, or at once with the action “Apply the policies to all orders” "
        "in the list of shops."
    )
    response = staff.post(url, shop_form(shop, opens_when="placed", name="New"), follow=True)
    assert [text for text in messages_of(response) if "policies" in text] == []


def test_a_saved_shop_writes_only_what_was_changed(staff):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    with CaptureQueriesContext(connection) as queries:
        assert staff.post(url, shop_form(shop, name="New")).status_code == 302
    updates = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert [re.findall(r'"(\w+)" = ', sql.split(" WHERE ")[0]) for sql in updates] == [["name"]]


@pytest.mark.slow
def test_a_shop_says_when_its_app_was_removed(staff):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    assert "App removed on" not in staff.get(url).content.decode()
    Shop.objects.update(uninstalled_at=NOW)
    assert "App removed on" in staff.get(url).content.decode()


def test_policies_reach_all_orders_in_the_background(staff, messages_of, queued):
    order = OrderFactory(platform_id=1, payment="pending", reported_payment="pending")
    Shop.objects.update(opens_when="placed")
    data = {"action": "apply_policies", "_selected_action": order.shop_id}
    response = staff.post("/admin/downloads/shop/", data, follow=True)
    assert messages_of(response) == [
        f"{order.shop}: its 1 orders are being brought in line in the background."
    ]
    assert queued() == [("apply_policies", [order.shop_id])]
    assert Order.objects.get().payment == "pending"
    inbox.apply_policies.call(order.shop_id)
    assert Order.objects.get().payment == "paid"


def test_a_shop_shows_its_messages_set_aside_if_there_are_any(staff, clerk):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    assert "set aside" not in staff.get(url).content.decode()
    for number in range(2):
        MessageFactory(shop=shop, delivery_id=number, state=Message.State.SET_ASIDE)
    link = f"/admin/downloads/message/?shop__id__exact={shop.pk}&amp;state__exact=set_aside"
    assert f'<a href="{link}">2 could not be applied: look</a>' in staff.get(url).content.decode()
    assert "2 results" in staff.get(link.replace("&amp;", "&")).content.decode()
    assert "set aside" not in clerk("view_shop").get(url).content.decode()


def test_a_shop_says_how_its_buyers_are_written_to(staff):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    page = staff.get(url).content.decode()
    assert "Mail to buyers" in page
    assert '<option value="he">עברית</option>' in page
    said = {"language": "he", "reply_to": "me@shop.example", "mail_text": "Thank you!"}
    form = shop_form(shop, **said)
    del form["mails_buyers"]
    assert staff.post(url, form).status_code == 302
    assert Shop.objects.values(*said, "mails_buyers").get() == said | {"mails_buyers": False}


@pytest.mark.parametrize("wrong", [{"language": "tlh"}, {"reply_to": "no address"}])
def test_a_language_or_an_address_that_is_none_is_refused(staff, wrong):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    assert staff.post(url, shop_form(shop, **wrong)).status_code == 200
    shop.refresh_from_db()
    assert (shop.language, shop.reply_to) == ("en", "")


LOST = "shop__id__exact={shop}&amp;"
TROUBLES = {
    f"{LOST}came_back=yes": ("2 came back: look", {"state": "sent", "bounced_at": NOW}),
    f"{LOST}state__exact=set_aside": ("2 not sent: look", {"state": "set_aside"}),
    f"{LOST}state__exact=doubtful": ("2 perhaps sent: look", {"state": "doubtful"}),
}


@pytest.mark.slow
def test_a_shop_shows_its_mails_in_trouble_if_there_are_any(staff, clerk):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    for state in set(Mail.State) - {Mail.State.SET_ASIDE, Mail.State.DOUBTFUL}:
        MailFactory(shop=shop, state=state)
    for _words, values in TROUBLES.values():
        MailFactory(**values)
        assert "Mails to buyers" not in staff.get(url).content.decode()
    for _words, values in TROUBLES.values():
        MailFactory.create_batch(2, shop=shop, **values)
    page = staff.get(url).content.decode()
    for query, (words, _values) in TROUBLES.items():
        link = f"/admin/downloads/mail/?{query.format(shop=shop.pk)}"
        assert f'<a href="{link}">{words}</a>' in page
        assert staff.get(link.replace("&amp;", "&")).context["cl"].result_count == 2
    assert "Mails to buyers" not in clerk("view_shop").get(url).content.decode()


@pytest.mark.slow
def test_mails_in_trouble_are_counted_once_however_many_there_are(
    staff, django_assert_max_num_queries
):
    shop = ShopFactory()
    counts = []
    for _ in range(2):
        MailFactory.create_batch(4, shop=shop, state=Mail.State.DOUBTFUL)
        with django_assert_max_num_queries(20) as queries:
            staff.get(f"/admin/downloads/shop/{shop.pk}/change/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_orders_own_assets_close_with_its_items_where_the_shop_says_so(staff):
    shop = ShopFactory()
    url = f"/admin/downloads/shop/{shop.pk}/change/"
    assert "Close an order's own files and links" in unescape(staff.get(url).content.decode())
    assert staff.post(url, shop_form(shop, closes_order_assets="on")).status_code == 302
    assert Shop.objects.get().closes_order_assets is True
