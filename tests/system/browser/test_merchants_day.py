"""A merchant's day in a real browser: from connecting a shop to the figures, clicks counted."""

import base64
import hmac
import json
import re
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests

from tests.invariants.reconciliation.shopify import TOKEN, ShopifyShop
from tests.storefront.platforms.shopify.test_products import product_of
from tests.storefront.reconciliation.conftest import shopify_order
from tests.system.browser.test_main_job import sign_in
from tests.system.harness import chromium as browsers

pytestmark = pytest.mark.slow

SECRET = "shpss_" + "7d02e4b1" * 4
WINDOWS = {
    "keyboard": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "no script": {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False},
}
# How many clicks each task may take from the start page, typing aside.
MOST_CLICKS = {
    "set up Shopify": 4,
    "attach a file to many products": 5,
    "I never got my mail": 2,
    "my downloads are used up": 2,
    "give more time": 2,
    "how is business": 1,
}
WAITS_SECONDS = 90
# What stands on a page before the last of what can be reached.
MOST_TABS = 300
# The platform gives it a name of its own.
OF_DEMO = re.compile(r"^my.store$", re.IGNORECASE)


@pytest.fixture(scope="module")
def demo():
    """A demo that may ask this machine."""
    with browsers.demo(ALLOW_PRIVATE_PLATFORMS="true", FIGURES_SECONDS="1") as entries:
        yield entries


class Desk:
    """A merchant's window: what is pressed in it counts to the task under way."""

    def __init__(self, page, demo, *, is_by_keyboard):
        self.page, self.demo, self.is_by_keyboard = page, demo, is_by_keyboard
        self.clicks = {}
        self._task = ""

    @contextmanager
    def task(self, name):
        """Count the clicks of what is done within, from the start page on."""
        self.page.goto(self.demo["admin_url"])
        self._task = name
        self.clicks[name] = 0
        yield
        assert self.clicks[name] <= MOST_CLICKS[name]
        self._task = ""

    def click(self, words, role="link", *, of="html", exact=True):
        """Press a link or button as its reader names it."""
        target = self.page.locator(of).get_by_role(role, name=words, exact=exact).first
        # The page before is there until the next one begins: nothing is asked of it.
        with self.page.expect_navigation():
            if self.is_by_keyboard:
                self._reach(target)
                self.page.keyboard.press("Enter")
            else:
                target.click()
        self._count()

    def _reach(self, target):
        """Go from control to control until the one that is wanted has the focus, and shows it."""
        target.wait_for()
        for _ in range(MOST_TABS):
            if target.evaluate("it => it === document.activeElement"):
                assert target.evaluate("it => it.matches(':focus-visible')")
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{target} is not reached by the keyboard")

    def _count(self):
        if self._task:
            self.clicks[self._task] += 1
        # Wherever it leads, nothing runs off the screen.
        width = self.page.viewport_size["width"]
        assert self.page.locator("html").evaluate("it => it.scrollWidth") <= width

    def fill(self, label, text):
        field = self.page.get_by_label(label, exact=True).first
        if self.is_by_keyboard:
            self._reach(field)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label, option):
        """Choose of a list what has some text."""
        field = self.page.get_by_label(label, exact=True)
        if self.is_by_keyboard:
            self._reach(field)
            self.page.keyboard.type(option)
        else:
            field.select_option(label=option)

    def find(self, text):
        """Search for what a buyer said."""
        self.fill("Search everywhere", text)
        # A telephone has no room for the button; its keyboard has one.
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self._count()

    def message(self):
        """Return what the page says of what was done."""
        return self.page.inner_text(".messagelist")

    def open(self, path):
        self.page.goto(self.demo["admin_url"] + path)

    def wait_for(self, words, *, at):
        """Look at a page until it shows some words."""
        until = time.monotonic() + WAITS_SECONDS
        while True:
            self.open(at)
            if words in self.page.inner_text("main"):
                return
            assert time.monotonic() < until, words
            time.sleep(0.5)


def send_order(address, number, variant):
    """Post a paid order as Shopify signs it."""
    now = datetime.now(UTC).isoformat()
    line = {"id": number, "quantity": 1, "title": "Book", "variant_id": variant}
    order = shopify_order(number, created_at=now, updated_at=now, line_items=[line])
    # Shopify shows a buyer the token of a paid order alone.
    order |= {"email": f"buyer-{number}@example.org", "token": f"{number:032x}"}
    body = json.dumps(order | {"name": f"#{1000 + number}"}).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    answer = requests.post(
        address,
        body,
        headers={
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Webhook-Id": f"day-{number}",
            "X-Shopify-Hmac-Sha256": signature,
        },
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def orders_today(desk):
    """Return the figure of today's orders on the start page."""
    tile = desk.page.locator(".tile", has_text="Orders").locator("b")
    return int(tile.inner_text())


@pytest.mark.parametrize("name", WINDOWS)
def test_a_merchants_day(demo, open_page, tmp_path, name):
    number = 500 + list(WINDOWS).index(name)
    tag, title, file = f"shelf {number}", f"Papers {number}", tmp_path / f"papers-{number}.txt"
    file.write_text("all you need to know\n" * 600)
    is_by_keyboard = name == "keyboard"
    owner = Desk(open_page(**WINDOWS[name]), demo, is_by_keyboard=is_by_keyboard)
    desk = Desk(open_page(**WINDOWS[name]), demo, is_by_keyboard=is_by_keyboard)
    page = desk.page
    sign_in(owner.page, demo)
    sign_in(page, demo, "staff")
    desk.open("?days=1")
    orders_before = orders_today(desk)
    with ShopifyShop(bucket=10**6) as shopify:
        shopify.products[number] = product_of(number) | {"tags": tag}
        with owner.task("set up Shopify"):
            owner.click("Connections", of="#side")
            owner.click("Shopify", of="main")
            shops = owner.page.locator("#id_shop option", has_text=OF_DEMO)
            owner.choose("Shop:", shops.inner_text())
            owner.fill("Address of the shop:", shopify.address)
            owner.fill("Client secret:", SECRET)
            owner.fill("Admin API access token:", TOKEN)
            owner.click("Test and connect", "button")
            assert "Shopify is connected: 19 webhooks are registered" in owner.message()
        webhooks = owner.page.locator("#webhook-address").get_attribute("value")
        desk.wait_for(f"Book {number}", at=f"downloads/product/?q={number}")
    desk.open("downloads/asset/add/")
    desk.fill("Title:", title)
    page.set_input_files("#id_upload", file)
    desk.click("Save", "button")
    assert "was added successfully" in desk.message()
    with desk.task("attach a file to many products"):
        desk.click("Files and links", of="#side")
        desk.click(title)
        desk.click("Attach by rule")
        desk.fill("Tag:", tag)
        desk.fill("Downloads per item:", "2")
        desk.fill("Days:", "14")
        desk.click("Save", "button")
        assert "This matches 2 variants." in page.inner_text("#rule-preview-card")
        desk.click("Save", "button")
        assert "Buyers of 2 variants get the file by this rule." in desk.message()

    send_order(webhooks, number, number * 10_000)
    desk.wait_for(f"{1000 + number}", at="downloads/order/")
    with desk.task("I never got my mail"):
        desk.find(f"#{1000 + number}")
        desk.fill("Another address for this order", f"right-{number}@example.org")
        desk.click("Correct the address and send", "button")
    assert f"right-{number}@example.org" in page.inner_text("#buyer")
    order_url = page.url
    desk.click("Copy the link", "button")
    buyer = open_page(accept_downloads=True, **WINDOWS[name])
    buyer.goto(page.get_by_label("Whoever has this link").input_value())
    with buyer.expect_download() as waiting:
        buyer.get_by_role("button", name=f"Download {title}").click()
    assert waiting.value.path().read_bytes() == file.read_bytes()

    def act(button):
        desk.find(f"#{1000 + number}")
        desk.click(f"{button} {title}", "button")

    page.goto(order_url)
    assert "1 of 2 left" in page.inner_text("#content")
    with desk.task("my downloads are used up"):
        act("Reset")
    assert "2 of 2 left" in page.inner_text("#content")
    desk.fill(f"How many more: {title}", "3")
    desk.click(f"Allow more {title}", "button")
    assert "5 of 5 left" in page.inner_text("#content")
    with desk.task("give more time"):
        act("Extend by days")
        assert f"“{title}” ends 30 days later." in desk.message()
    with desk.task("how is business"):
        desk.click("Today", of="nav.seg")
    until = time.monotonic() + WAITS_SECONDS
    while orders_today(desk) <= orders_before:
        assert time.monotonic() < until
        time.sleep(1)
        page.reload()
    # Shown by `pytest -s`.
    for task, clicks in (owner.clicks | desk.clicks).items():
        sys.stdout.write(f"{name:10} {task:32} {clicks} of {MOST_CLICKS[task]}\n")
