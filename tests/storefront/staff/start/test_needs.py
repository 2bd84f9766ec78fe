"""What needs its reader: counted, in words, with the newest one, and only of their own shops."""

from datetime import timedelta

import pytest
from django.db.models import UUIDField
from django.utils import timezone

from downloads.models import DataRequest, Heartbeat, KeptUpload, Mail, Membership, Message, Order
from storefront.models import WebhookSecret
from storefront.staff.start import needs, page, waiting
from tests.factories import LineFactory, MailFactory, MessageFactory, OrderFactory, ShopFactory
from tests.storefront.admin.rendered import ROLES, sign_in

ORDERS = "orders are paid, and have nothing to download"
MESSAGES = "messages could not be applied"
MAILS = "mails were not sent"


def fill(shop, *, orders=1, messages=1, mails=1):
    for _ in range(orders):
        LineFactory(order=OrderFactory(shop=shop))
    MessageFactory.create_batch(messages, shop=shop, state="set_aside", error="No lines.")
    for order in OrderFactory.create_batch(mails, shop=shop):
        MailFactory(shop=shop, order=order, state=Mail.State.SET_ASIDE, error="No such host.")


def items(page):
    return [" ".join(each.get_text().split()) for each in page.html.select(".todo li b")]


def item(page, words):
    (found,) = [li for li in page.html.select(".todo li") if words in li.get_text()]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_they_count_what_waits(django_app, shop, role):
    fill(shop, orders=2, messages=3)
    sign_in(django_app, role, shop)
    assert items(django_app.get("/admin/")) == [
        f"2 {ORDERS}",
        f"3 {MESSAGES}",
        "1 mail was not sent",
    ]


def test_where_nothing_waits_it_says_so(django_app, shop):
    MessageFactory(shop=shop)
    sign_in(django_app, "owner", shop)
    assert items(django_app.get("/admin/")) == ["Nothing needs you"]


def test_another_shops_are_not_counted(django_app, shop):
    theirs = ShopFactory(name="Theirs")
    fill(theirs)
    DataRequest.objects.create(shop=theirs, platform_id=1, asked_at=timezone.now())
    sign_in(django_app, "owner", shop)
    page = django_app.get("/admin/")
    assert items(page) == ["Nothing needs you"]
    assert "Theirs" not in page.text


def test_of_several_shops_each_is_named(django_app, shop):
    other = ShopFactory(name="Second")
    fill(shop, messages=2)
    fill(other, orders=0, mails=0)
    user = sign_in(django_app, "owner", shop)
    assert "Second" not in django_app.get("/admin/").text
    Membership.objects.create(shop=other, user=user, role="support")
    shops = item(django_app.get("/admin/"), MESSAGES).select(".shops a")
    assert [each.get_text().strip("\u2068\u2069") for each in shops] == ["My store: 2", "Second: 1"]
    listed = django_app.get(shops[1]["href"])
    assert len(listed.html.select("#result_list tbody tr")) == 1


def make_held(shop):
    OrderFactory(shop=shop, hold=Order.Hold.RISK)
    OrderFactory(shop=shop, hold=Order.Hold.DISPUTE)
    OrderFactory(shop=shop, hold=Order.Hold.RISK, cancelled_at=timezone.now())
    OrderFactory(shop=shop, hold=Order.Hold.RISK, payment=Order.Payment.PENDING)


def make_back(shop):
    for order in OrderFactory.create_batch(3, shop=shop):
        MailFactory(
            shop=shop, order=order, state=Mail.State.SENT, bounced_at=timezone.now(), bounce="Full."
        )
    # Sent again since, to a corrected address.
    MailFactory(shop=shop, order=order, state=Mail.State.SENT)


def make_requests(shop):
    for number, answered_at in enumerate((None, None, timezone.now())):
        DataRequest.objects.create(
            shop=shop, platform_id=number, asked_at=timezone.now(), answered_at=answered_at
        )


WAITING = {
    ORDERS: lambda shop: fill(shop, orders=2),
    MESSAGES: lambda shop: fill(shop, messages=2),
    MAILS: lambda shop: fill(shop, mails=2),
    "orders are held until their payment is checked": make_held,
    "mails came back": make_back,
    "customers ask what is stored about them": make_requests,
}


@pytest.mark.parametrize("words", WAITING)
def test_each_leads_to_what_it_counts(django_app, shop, words):
    WAITING[words](shop)
    sign_in(django_app, "manager", shop)
    link = item(django_app.get("/admin/"), words).select_one("a")
    assert link.get_text() == f"2 {words}"
    rows = django_app.get(link["href"]).html.select("#result_list tbody tr")
    assert len(rows) == 2


def test_every_registered_kind_is_tried_here():
    words = {need.words(2) for need in needs.registered()}
    assert words == {f"2 {each}" for each in WAITING}
    assert list(waiting.NEEDS) == needs.registered()


def test_the_newest_is_named_with_its_cause(django_app, shop):
    OrderFactory(shop=shop, platform_id=77, number=2040)
    # Else another shop's order of that number would be named.
    OrderFactory(platform_id=77, number=9999)
    MessageFactory(shop=shop, state="set_aside", error="Another one.")
    message = {"state": "set_aside", "about_order": 77, "error": "The shop sent\nno line items."}
    MessageFactory(shop=shop, **message)
    sign_in(django_app, "support", shop)
    text = item(django_app.get("/admin/"), MESSAGES).get_text(" ", strip=True)
    assert "#2040: The shop sent no line items." in text


def test_a_message_about_no_order_is_named_by_its_topic(django_app, shop):
    MessageFactory(shop=shop, state="set_aside", topic="shop/update", error="Too long.")
    sign_in(django_app, "support", shop)
    text = item(django_app.get("/admin/"), "could not be applied").get_text(" ", strip=True)
    assert "shop/update: Too long." in text


def test_the_words_of_others_are_escaped(django_app, shop):
    MessageFactory(shop=shop, state="set_aside", topic="<b>x", error="<script>alert(1)</script>")
    sign_in(django_app, "support", shop)
    assert "<script>alert(1)" not in django_app.get("/admin/").text


@pytest.mark.parametrize("days", [6, 8])
def test_a_connection_that_went_quiet_is_told(django_app, shop, days):
    WebhookSecret.keep(shop, source="shopify", secret="s" * 32)
    sign_in(django_app, "owner", shop)
    assert items(django_app.get("/admin/")) == ["Nothing needs you"]
    MessageFactory(shop=shop, received_at=timezone.now() - timedelta(days=days))
    page = django_app.get("/admin/")
    assert "Last message from your shop" in page.text
    assert ("has sent nothing for" in items(page)[0]) == (days == 8)
    assert Message.objects.count() == 1


def test_a_shop_that_is_not_connected_cannot_be_quiet(django_app, shop):
    MessageFactory(shop=shop, received_at=timezone.now() - timedelta(days=30))
    sign_in(django_app, "owner", shop)
    assert items(django_app.get("/admin/")) == ["Nothing needs you"]


@pytest.mark.slow
def test_a_silent_worker_comes_first(django_app, shop):
    Heartbeat.objects.all().delete()
    fill(shop)
    sign_in(django_app, "support", shop)
    assert items(django_app.get("/admin/"))[0].startswith("No worker has run yet")


@pytest.mark.parametrize(("role", "is_shown"), [("support", False), ("manager", True)])
def test_a_disk_that_is_nearly_full_is_told_to_who_uploads(
    django_app, shop, monkeypatch, settings, role, is_shown
):
    settings.DISK_RESERVE_BYTES = 1_000
    monkeypatch.setattr(page.room, "free_bytes", lambda storage: 1_999)
    sign_in(django_app, role, shop)
    assert (
        "The disk is nearly full: 2\u202fKB are free" in django_app.get("/admin/").text
    ) == is_shown


def test_an_upload_that_was_not_finished_is_its_persons(django_app, shop):
    assert isinstance(KeptUpload._meta.pk, UUIDField)
    owner = sign_in(django_app, "owner", shop)
    KeptUpload.objects.create(
        person=owner, file="kept/1", file_name="a.zip", size_bytes=1, kept_at=timezone.now()
    )
    assert items(django_app.get("/admin/")) == ["1 upload of yours is not finished"]
    sign_in(django_app, "manager", shop)
    assert items(django_app.get("/admin/")) == ["Nothing needs you"]
