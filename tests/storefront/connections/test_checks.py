"""A look at a platform: tokens of a day, lost webhooks, and what is noted of them."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from storefront.connections.checks import UNSIGNED, look
from storefront.connections.opening import open_access
from storefront.models import PlatformAccess, WebhookSecret
from storefront.platforms.client import PlatformFault, Refused
from storefront.platforms.registry import PLATFORMS
from tests.factories import NOW
from tests.invariants.reconciliation.shopify_set_up import CLIENT_ID, CLIENT_SECRET, TOKEN_PLACE
from tests.storefront.connections.conftest import BASE, ENTERED

HOUR = timedelta(hours=1)
TOPICS = PLATFORMS["shopify"].setup.TOPICS


@pytest.fixture
def connected(shop):
    """Return a function that connects the shop to a platform."""

    def connect(source):
        entered = PLATFORMS[source].setup.read_entered(ENTERED[source])
        address = "https://stand-in.example"
        access = PlatformAccess(shop=shop, source=source, address=address)
        access.seal_in(secret=entered.secret, key=entered.key)
        access.save()
        secret = entered.signs_with or PLATFORMS[source].new_secret()
        WebhookSecret.keep(shop, source=source, secret=secret)
        assert look(access, at=NOW, is_anew=True).fault == ""
        return access

    return connect


def stored(access):
    return PlatformAccess.objects.select_related("shop").get(pk=access.pk)


def tokens_asked_for(standin):
    return [path for path, _query in standin.asked].count(TOKEN_PLACE)


def test_a_token_is_fetched_once_and_used_until_its_end(shopify, connected, frozen):
    frozen(NOW)
    access = connected("shopify")
    for _time in range(3):
        look(stored(access), at=NOW)
    assert tokens_asked_for(shopify) == 1
    frozen(NOW + 23 * HOUR)
    look(stored(access), at=NOW)
    assert tokens_asked_for(shopify) == 1
    # Before it ends, as a question may wait its turn.
    frozen(NOW + timedelta(hours=23, minutes=45))
    assert look(stored(access), at=NOW).fault == ""
    assert tokens_asked_for(shopify) == 2


def test_a_token_that_is_refused_is_fetched_anew(shopify, connected):
    access = connected("shopify")
    shopify.end_tokens()
    assert look(stored(access), at=NOW).fault == ""
    assert tokens_asked_for(shopify) == 2
    assert stored(access).token()[0] in shopify.tokens


def test_an_app_that_was_uninstalled_is_told_once_and_asked_no_more(shopify, connected):
    access = connected("shopify")
    shopify.end_tokens()
    shopify.refuses_token = "app_not_installed"
    asked = tokens_asked_for(shopify)
    finding = look(stored(access), at=NOW + HOUR)
    assert finding.fault.startswith("The app is not installed on this shop.")
    assert tokens_asked_for(shopify) == asked + 1
    assert (stored(access).fault, stored(access).checked_at) == (finding.fault, NOW + HOUR)


def test_a_token_sealed_with_a_lost_key_is_fetched_anew(shopify, connected):
    access = connected("shopify")
    PlatformAccess.objects.update(sealed_token="gAAAAA of another key")
    assert look(stored(access), at=NOW).fault == ""
    assert tokens_asked_for(shopify) == 2


def test_a_token_fetched_for_what_was_replaced_meanwhile_is_not_kept(shopify, connected):
    access = connected("shopify")
    PlatformAccess.objects.update(sealed="another secret", sealed_token="")
    access.keep_token("shpca_of_the_one_before", timezone.now())
    assert stored(access).sealed_token == ""


def test_a_throttled_question_is_asked_again(shopify, connected):
    access = connected("shopify")
    shopify.throttles = 2
    assert look(stored(access), at=NOW).fault == ""
    assert shopify.throttles == 0


@pytest.mark.slow
def test_who_waits_for_a_page_is_not_kept_for_minutes(shopify, connected, settings):
    access = connected("shopify")
    settings.PLATFORM_TEST_SECONDS = 1
    shopify.throttles = 10**6
    with open_access(access, is_hurried=True) as opened, pytest.raises(PlatformFault) as error:
        PLATFORMS["shopify"].setup.test(opened)
    assert str(error.value).endswith("asks us to wait too long. Run it again later.")


def test_webhooks_that_shopify_deleted_are_made_again(shopify, connected):
    access = connected("shopify")
    (lost, _uri) = shopify.subscriptions.pop(next(iter(shopify.subscriptions)))
    assert look(stored(access), at=NOW + HOUR).registered.made == [
        lost.replace("_", "/", 1).lower()
    ]
    row = stored(access)
    assert (row.mended_at, row.lost_topics) == (NOW + HOUR, "app/uninstalled")
    assert len(shopify.subscriptions) == len(TOPICS)
    # Found there the next time, it is still told of.
    look(stored(access), at=NOW + 2 * HOUR)
    assert stored(access).lost_topics == "app/uninstalled"


def test_all_of_them_gone_come_back(shopify, connected):
    access = connected("shopify")
    shopify.drop_subscriptions()
    assert look(stored(access), at=NOW).fault == ""
    address = f"{BASE}/webhooks/shopify/my-store.example"
    assert {uri for _topic, uri in shopify.subscriptions.values()} == {address}
    assert len(shopify.subscriptions) == len(TOPICS)


@pytest.mark.parametrize(
    ("status", "then", "fault"), [("disabled", "active", False), ("paused", "paused", True)]
)
def test_woocommerce_disables_what_failed_and_a_merchant_pauses(
    woocommerce, connected, status, then, fault
):
    access = connected("woocommerce")
    woocommerce.webhooks[1]["status"] = status
    finding = look(stored(access), at=NOW)
    assert woocommerce.webhooks[1]["status"] == then
    assert ("It is paused in WooCommerce." in finding.fault) is fault


def test_a_webhook_that_stands_twice_is_deleted_once(woocommerce, connected):
    access = connected("woocommerce")
    woocommerce.webhooks[99] = woocommerce.webhooks[1] | {"id": 99, "status": "disabled"}
    woocommerce.webhooks[1]["status"] = "disabled"
    look(stored(access), at=NOW)
    assert 99 not in woocommerce.webhooks
    assert woocommerce.webhooks[1]["status"] == "active"


def test_webhooks_of_others_are_left_alone(woocommerce, connected):
    woocommerce.webhooks[50] = {
        "id": 50,
        "topic": "order.created",
        "status": "disabled",
        "delivery_url": "https://another.example",
    }
    connected("woocommerce")
    assert woocommerce.webhooks[50]["status"] == "disabled"


def test_where_a_merchant_does_it_by_hand_nothing_is_registered(shopify, connected):
    access = connected("shopify")
    PlatformAccess.objects.update(connected_at=None)
    shopify.drop_subscriptions()
    assert look(stored(access), at=NOW).fault == ""
    assert shopify.subscriptions == {}


def test_without_a_secret_nothing_is_registered(shopify, connected):
    access = connected("shopify")
    WebhookSecret.objects.all().revoke(NOW)
    assert look(stored(access), at=NOW).fault == UNSIGNED


def test_an_address_no_longer_public_is_told(shopify, connected, settings):
    access = connected("shopify")
    settings.PUBLIC_BASE_URL = "https://localhost"
    assert "it leads to a local or private address" in look(stored(access), at=NOW).fault


def test_nothing_of_it_is_logged(shopify, connected, caplog):
    caplog.set_level(logging.DEBUG)
    access = connected("shopify")
    shopify.end_tokens()
    shopify.refuses_token = "invalid_client"
    look(stored(access), at=NOW)
    secrets = [CLIENT_ID, CLIENT_SECRET, *(f"shpca_{number:032d}" for number in range(3))]
    assert not [each for each in secrets if each in caplog.text]


def test_a_right_taken_back_is_told(shopify, connected):
    access = connected("shopify")
    shopify.scopes.remove("read_orders")
    assert "these rights are missing: read_orders" in look(stored(access), at=NOW).fault


def test_rights_are_asked_for_once(shopify, connected):
    access = connected("shopify")
    shopify.scopes.clear()
    with open_access(stored(access)) as opened:
        tested = PLATFORMS["shopify"].setup.test(opened)
    assert list(tested.missing) == ["read_orders", "read_products"]
    assert not isinstance(tested, Refused)
