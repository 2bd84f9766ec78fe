"""A shop is connected in a real browser: by a person, with a stand-in for Shopify."""

import base64
import hmac
import json

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe

from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.shopify_set_up import CLIENT_ID, CLIENT_SECRET
from tests.storefront.platforms.shopify.test_products import product_of
from tests.storefront.reconciliation.conftest import shopify_order
from tests.system.browser.test_main_job import sign_in
from tests.system.harness import chromium as browsers

pytestmark = pytest.mark.slow

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
WITHIN = {"timeout": 20_000}


@pytest.fixture
def shopify():
    """A shop on Shopify with a product, on this machine."""
    with ShopifyShop(bucket=10**6) as shop:
        shop.products[7] = product_of(7)
        shop.scopes.remove("read_all_orders")
        yield shop


@pytest.fixture
def demo(shopify):
    """A demo that may ask this machine."""
    with browsers.demo(ALLOW_PRIVATE_PLATFORMS="true") as entries:
        yield entries


def require_fit(page):
    """See that a page is usable by all, light and dark, wide and on a telephone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            browsers.settle(page)
            found = Axe().run(page, options={"preload": False})
            assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size(WIDE)


# axe writes styles of its own into a page, which the policy forbids.
@pytest.mark.parametrize("is_examined", [False, True])
def test_a_shop_is_connected_and_its_first_message_shows_by_itself(
    demo, shopify, open_page, is_examined
):
    page = open_page(viewport=WIDE, bypass_csp=is_examined)
    sign_in(page, demo)
    clicks = []

    def click(words, role="link"):
        # The page before is there until the next one begins: nothing is asked of it.
        with page.expect_navigation():
            page.get_by_role(role, name=words, exact=True).first.click()
        clicks.append(words)

    def look():
        if is_examined:
            require_fit(page)

    click("Connections")
    look()
    click("Shopify")
    look()
    page.get_by_label("Shop:", exact=True).select_option(label=demo["shop_domain"])
    page.get_by_label("Address of the shop:").fill(shopify.address)
    page.get_by_label("Client ID:").fill(CLIENT_ID)
    page.get_by_label("Client secret:").fill(CLIENT_SECRET)
    click("Test and connect", role="button")
    assert len(clicks) <= 4
    light = page.locator("#light")
    assert "Waiting for the first message" in light.inner_text()
    look()
    body = json.dumps(shopify_order(70)).encode()
    signature = base64.b64encode(hmac.digest(CLIENT_SECRET.encode(), body, "sha256")).decode()
    answer = requests.post(
        page.locator("#webhook-address").get_attribute("value"),
        body,
        headers={
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Webhook-Id": "1",
            "X-Shopify-Hmac-Sha256": signature,
        },
        timeout=10,
    )
    assert answer.status_code == 200
    # Nobody presses anything.
    page.get_by_text("Connected: first message received").wait_for(**WITHIN)
    look()
    page.goto(f"{demo['admin_url']}downloads/product/")
    page.get_by_text("Book 7").first.wait_for(**WITHIN)
