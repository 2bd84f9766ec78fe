"""Connecting a shop in the admin: what is tried, kept, registered, shown, and never shown."""

import re
import socket
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from downloads.models import AuditEntry
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.registry import PLATFORMS
from storefront.reconciling import reconcile_in_background
from tests.factories import ShopFactory
from tests.invariants.reconciliation.shopify import TOKEN
from tests.invariants.reconciliation.shopify_set_up import CLIENT_ID, CLIENT_SECRET
from tests.invariants.reconciliation.woocommerce import KEY, SECRET
from tests.storefront.admin.connections.conftest import URL
from tests.storefront.connections.conftest import BASE, ENTERED

ALL_SECRETS = (CLIENT_ID, CLIENT_SECRET, TOKEN, KEY, SECRET)
SOURCES = ["shopify", "woocommerce"]
HOST = "my-store.myshopify.com"


def address_of(source, shop):
    return f"{BASE}/webhooks/{source}/{shop.domain}"


def registered_at(standin, source):
    if source == "shopify":
        names = PLATFORMS[source].setup.TOPICS
        by_name = {name.replace("/", "_").upper(): name for name in names}
        return {(by_name[topic], uri) for topic, uri in standin.subscriptions.values()}
    return {(row["topic"], row["delivery_url"]) for row in standin.webhooks.values()}


@pytest.mark.parametrize("source", SOURCES)
def test_a_shop_is_connected_by_one_form(source, shop, standin_of, connect, messages_of):
    standin = standin_of(source)
    page = connect(source, shop)
    access = PlatformAccess.objects.get()
    assert page.redirect_chain == [(f"{URL}{access.pk}/change/", 302)]
    topics = set(PLATFORMS[source].setup.TOPICS)
    title = PLATFORMS[source].title
    assert messages_of(page) == [
        f"{title} is connected: {len(topics)} webhooks are registered, and its products and orders "
        "are being fetched in the background."
    ]
    assert registered_at(standin, source) == {(each, address_of(source, shop)) for each in topics}
    assert (set(access.topics.split()), access.fault, access.missing_rights) == (topics, "", "")
    assert DBTaskResult.objects.get().args_kwargs["args"] == [access.pk]
    text = page.content.decode()
    assert "Waiting for the first message" in text
    assert f"<h1>My store at {title}</h1>" in text
    assert not [secret for secret in ALL_SECRETS if secret in text]


def test_what_was_entered_is_sealed_and_signs(shop, shopify, connect):
    connect("shopify", shop)
    access, secret = PlatformAccess.objects.get(), WebhookSecret.objects.get()
    assert access.address == f"https://{HOST}"
    assert access.reveal() == (CLIENT_ID, CLIENT_SECRET)
    assert (secret.shop, secret.source, secret.reveal()) == (shop, "shopify", CLIENT_SECRET)
    assert access.token()[0] in shopify.tokens
    rows = [str(row) for row in (*PlatformAccess.objects.values(), *WebhookSecret.objects.values())]
    stored = "".join([*rows, *(str(row) for row in AuditEntry.objects.values())])
    stored += str(list(DBTaskResult.objects.values()))
    assert not [each for each in (*ALL_SECRETS, *shopify.tokens) if each in stored]


def test_woocommerce_signs_with_what_we_made(shop, woocommerce, connect):
    connect("woocommerce", shop)
    known = WebhookSecret.objects.get().reveal()
    assert set(woocommerce.secrets.values()) == {known}


def test_an_earlier_token_is_still_accepted(shop, shopify, connect):
    connect("shopify", shop, key="", token=TOKEN)
    access = PlatformAccess.objects.get()
    assert access.reveal() == ("", TOKEN)
    assert WebhookSecret.objects.get().reveal() == CLIENT_SECRET
    assert (shopify.given, access.sealed_token) == (0, "")
    assert len(shopify.subscriptions) == len(PLATFORMS["shopify"].setup.TOPICS)


REFUSALS = [
    ("invalid_client", {"signs_with": "shpss_of_another_app"}, "The client secret is not the one"),
    ("application", {"key": "1" * 32}, "Shopify knows no app with this client ID."),
    ("shop_not_permitted", {}, "the app and the shop must be of the same organisation"),
    ("app_not_installed", {}, "The app is not installed on this shop."),
]


@pytest.mark.parametrize(("cause", "entered", "words"), REFUSALS, ids=lambda each: str(each)[:12])
def test_why_shopify_gives_no_token_is_said(
    shop, shopify, connect, errors_of, cause, entered, words
):
    shopify.refuses_token = cause if not entered else ""
    page = connect("shopify", shop, **entered)
    [error] = errors_of(page)
    assert words in error
    assert not PlatformAccess.objects.exists()
    assert not WebhookSecret.objects.exists()
    assert not [each for each in (*ALL_SECRETS, *entered.values()) if each in page.content.decode()]


@pytest.mark.parametrize(
    ("source", "entered", "error"),
    [
        ("shopify", {"key": ""}, "Enter the app's client ID."),
        ("shopify", {"token": TOKEN}, "Enter the client ID or a token, not both."),
        ("shopify", {"signs_with": "two words, long enough"}, "Copy it whole and alone"),
        ("shopify", {"signs_with": ""}, "This field is required."),
        ("shopify", {"address": "https://localhost"}, "Enter the shop's public address"),
        ("shopify", {"address": "http://my-store.example"}, "The address must begin with https://"),
        ("woocommerce", {"secret": "short"}, "Ensure this value has at least 16 characters"),
        ("woocommerce", {"secret": "cs_" + "0" * 40}, "knows no such key"),
    ],
)
def test_what_cannot_be_used_is_refused(
    standin_of, shop, connect, errors_of, source, entered, error
):
    standin_of(source)
    page = connect(source, shop, **entered)
    assert [error in each for each in errors_of(page)] == [True]
    assert not PlatformAccess.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["my-store", "my-store.myshopify.com", "https://admin.shopify.com/store/my-store/products"],
)
def test_shopify_is_found_by_whatever_people_copy(shop, shopify, connect, address):
    connect("shopify", shop, address=address)
    assert PlatformAccess.objects.get().address == f"https://{HOST}"


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("http://downloads.example", "it does not begin with https://"),
        ("https://localhost", "it leads to a local or private address"),
        ("https://10.0.0.1", "it leads to a local or private address"),
    ],
)
@pytest.mark.parametrize("source", SOURCES)
def test_an_address_no_platform_reaches_is_refused_before_the_first_step(
    settings, shop, standin_of, connect, staff, errors_of, source, base, why
):
    settings.PUBLIC_BASE_URL = base
    standin = standin_of(source)
    assert why in staff.get(f"{URL}connect/{source}/").content.decode()
    [error] = errors_of(connect(source, shop))
    assert error.startswith(f"No shop can send us its messages: PUBLIC_BASE_URL is {base}, and")
    assert standin.asked == []
    assert not PlatformAccess.objects.exists()


def test_the_same_organisation_is_said_before_the_first_step(staff, shop):
    page = staff.get(f"{URL}connect/shopify/").content.decode()
    assert page.index("must belong to the same Shopify organisation") < page.index("<ol>")


def test_missing_rights_are_named_and_what_can_be_registered_is(shop, shopify, connect):
    shopify.scopes = ["read_products"]
    page = connect("shopify", shop).content.decode()
    assert "these rights are missing: read_orders." in page
    assert "read_all_orders" in page
    access = PlatformAccess.objects.get()
    assert "products/update" in access.topics.split()
    assert "orders/create" not in access.topics.split()


def test_rights_given_later_are_found_by_the_button(staff, shop, shopify, connect, messages_of):
    shopify.scopes = ["read_products"]
    connect("shopify", shop)
    shopify.scopes = ["write_orders", "read_products"]
    access = PlatformAccess.objects.get()
    page = staff.post(f"{URL}{access.pk}/look/", follow=True)
    assert messages_of(page) == [
        "Shopify lets us in; 14 webhooks are registered. 9 of them were missing and made again."
    ]
    access.refresh_from_db()
    assert access.fault == ""


def test_a_key_that_may_not_write_is_told_so(shop, woocommerce, connect):
    woocommerce.may_write = False
    page = connect("woocommerce", shop).content.decode()
    assert "The API key provided does not have write permissions." in page
    assert "The key needs the permission Read/Write." in page
    assert woocommerce.webhooks == {}


def test_a_user_who_may_not_see_orders_is_told_so(shop, woocommerce, connect):
    woocommerce.may_see_orders = False
    page = connect("woocommerce", shop).content.decode()
    assert "Read (orders: the key&#x27;s user may not see them)" in page


def test_a_refused_address_is_said_in_the_platforms_words(shop, shopify, connect):
    shopify.refuses_address = "Address cannot be any of the domains: my-store.myshopify.com"
    page = connect("shopify", shop).content.decode()
    assert "Shopify does not take our webhooks." in page
    assert "Address cannot be any of the domains" in page


def test_connecting_again_keeps_one_row_and_one_webhook_each(shop, woocommerce, connect):
    connect("woocommerce", shop)
    connect("woocommerce", shop)
    assert PlatformAccess.objects.count() == WebhookSecret.objects.count() == 1
    assert len(woocommerce.webhooks) == len(PLATFORMS["woocommerce"].setup.TOPICS)
    assert set(woocommerce.secrets.values()) == {WebhookSecret.objects.get().reveal()}


def test_the_first_message_shows_within_seconds(staff, shop, shopify, connect):
    connect("shopify", shop)
    access = PlatformAccess.objects.get()
    page = f"{URL}{access.pk}/change/"
    assert "connections.js" in staff.get(page).content.decode()
    WebhookSecret.objects.get().note_use(timezone.now() - timedelta(seconds=12))
    PlatformAccess.objects.update(connected_at=timezone.now() - timedelta(minutes=1))
    text = staff.get(page).content.decode()
    assert re.search(r"Connected: first message received 1[23] s ago", text)
    assert "connections.js" not in text


def test_all_to_copy_stands_on_one_page(staff, shop):
    page = staff.get(f"{URL}connect/shopify/").content.decode()
    assert f'value="{address_of("shopify", shop)}"' in page
    assert "orders/link_requested\n" in page
    assert f"uri = &quot;{address_of('shopify', shop)}&quot;" in page
    assert "customers/redact" in page
    page = staff.get(f"{URL}connect/generic/").content.decode()
    assert f'value="{address_of("generic", shop)}"' in page


def test_connecting_is_four_clicks_from_the_start(staff, shop, shopify):
    """Start page → Connections → Shopify → (two values are pasted) → Test and connect."""
    clicks = 0
    for page, leads_to in (("/admin/", URL), (URL, f"{URL}connect/shopify/")):
        assert f'href="{leads_to}"' in staff.get(page).content.decode()
        clicks += 1
    form = {"shop": shop.pk, "address": "my-store"} | ENTERED["shopify"]
    assert staff.post(f"{URL}connect/shopify/", form).status_code == 302
    assert clicks + 1 <= 4
    assert PlatformAccess.objects.get().connected_at is not None


def test_what_is_done_is_in_the_audit_trail(staff, shop, shopify, connect):
    connect("shopify", shop)
    staff.post(f"{URL}{PlatformAccess.objects.get().pk}/look/")
    deeds = set(AuditEntry.objects.values_list("what", flat=True))
    assert {"Connected the shop", "Tested the connection"} <= deeds


def test_another_shop_is_none_of_a_clerks(clerk, shop, shopify):
    client = clerk("view_platformaccess", "change_platformaccess")
    assert client.get(f"{URL}connect/shopify/").status_code == 403
    assert shopify.asked == []


def test_a_shop_of_another_cannot_be_chosen(staff, shop, shopify, errors_of):
    form = {"shop": 10**9, "address": "my-store"} | ENTERED["shopify"]
    page = staff.post(f"{URL}connect/shopify/", form)
    assert errors_of(page)
    assert shopify.asked == []


def test_unknown_platforms_and_rows_are_not_there(staff, shop):
    assert staff.get(f"{URL}connect/magento/").status_code == 404
    assert staff.post(f"{URL}1/look/").status_code == 404
    assert staff.get(f"{URL}1/look/").status_code == 405


def test_with_several_shops_one_is_chosen(staff, shop, shopify):
    ShopFactory(name="Other")
    assert '<select name="shop"' in staff.get(f"{URL}connect/shopify/").content.decode()


def test_products_and_orders_are_fetched(shop, shopify, connect):
    connect("shopify", shop)
    assert "1 shop" in reconcile_in_background.call(PlatformAccess.objects.get().pk)


@pytest.mark.parametrize("source", SOURCES)
def test_no_name_leads_us_into_a_private_network(
    settings, staff, shop, errors_of, monkeypatch, source
):
    """The token's own place is asked by the rules of every other."""
    rows = [(2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: rows)
    form = {"shop": shop.pk, "address": "https://shop.example"} | ENTERED[source]
    assert errors_of(staff.post(f"{URL}connect/{source}/", form)) == [
        "shop.example leads to a local or private address. Enter the shop's public address."
    ]
    assert not PlatformAccess.objects.exists()


def test_an_empty_list_is_not_shown_and_a_list_that_finds_nothing_is(staff, shop, shopify, connect):
    assert 'id="changelist"' not in staff.get(URL).content.decode()
    assert 'id="changelist"' in staff.get(f"{URL}?source=generic").content.decode()
    connect("shopify", shop)
    text = staff.get(URL).content.decode()
    assert 'id="changelist"' in text
    assert "Waiting" in text
