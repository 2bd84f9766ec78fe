"""Every page of the admin: usable by all, within its window, under its policy, alone."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.system.browser.test_main_job import sign_in
from tests.system.harness.chromium import settle

pytestmark = pytest.mark.slow

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
# The width of A4 without its margins, where printers take 96 points an inch.
PAPER = {"width": 718, "height": 1047}
# Its own way of reading sheets looks for what they import in the wrong place; the head above the
# marks of an inline's rows is Django's, and empty.
WHOLE = {
    "preload": False,
    "resultTypes": ["violations"],
    "rules": {"empty-table-header": {"enabled": False}},
}
EXAMINE = """options => axe.run({exclude: [[".select2-container"]]}, options).then(found =>
    found.violations.map(each => [each.id, ...each.nodes.slice(0, 3).map(node => node.html)]))"""
# Each scheme and each size once: no colour depends on both.
LOOKS = (("light", "wide"), ("dark", "phone"))
# Beside lists, rows and forms to add one.
OTHERS = (
    *("", "?days=1", "?days=365", "sessions/", "second-factor/own/"),
    *("password_change/", "downloads/order/?q=nothing-like-it"),
    *(f"storefront/platformaccess/connect/{name}/" for name in ("shopify", "woocommerce")),
    *("downloads/order/1/page/", "downloads/order/1/history/", "downloads/order/1/delete/"),
)
# Of a file, whose number is one made by chance.
OF_A_FILE = ("attach/", "past-orders/", "delete/")


def links(page, url, pattern):
    """Return the addresses of a page's links that fit, each once, without opening it."""
    answer = page.request.get(url)
    assert answer.ok, url
    found = re.findall(r'href="([^"]+)"', answer.text())
    return list(
        dict.fromkeys(urljoin(url, unescape(each)) for each in found if re.search(pattern, each))
    )


def all_pages(page, demo):
    """Return every list, a row of each, the forms to add one, and what stands beside these."""
    home = demo["admin_url"]
    found = []
    for url in links(page, home, r"^/admin/(downloads|storefront|auth)/\w+/$"):
        own = re.escape(urlsplit(url).path)
        found += [url, *links(page, url, rf"^{own}add/")[:1]]
        found += links(page, url, rf"^{own}[0-9a-f-]+/change/")[:1]
    page.goto(home)
    page.locator("#site-search input[type=search]").fill("garden")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/*/")
    [file] = [url for url in found if re.search("/asset/[^/]+/change/", url)]
    of_file = [urljoin(file, f"../{each}") for each in OF_A_FILE]
    return [*found, page.url, *of_file, *(home + each for each in OTHERS)]


def test_each_fits_its_window_and_keeps_its_policy(demo, open_page):
    page = open_page(viewport=PHONE)
    sign_in(page, demo)
    strangers, wide, refused = set(), [], []
    page.on("request", lambda asked: strangers.add(urlsplit(asked.url).netloc))
    for url in all_pages(page, demo):
        answer = page.goto(url)
        # One that there is not leads to the start page.
        if not answer.ok or page.url != url:
            refused.append((url, answer.status, page.url))
        for size in (PHONE, WIDE):
            page.set_viewport_size(size)
            needed = page.evaluate("document.documentElement.scrollWidth")
            if needed > size["width"]:
                wide.append((url, size["width"], needed))
        page.set_viewport_size(PHONE)
    assert (wide, refused) == ([], [])
    assert strangers == {urlsplit(demo["admin_url"]).netloc}


def test_axe_finds_nothing(demo, open_page):
    # axe writes styles of its own into a page, which the policy forbids.
    page = open_page(viewport=WIDE, bypass_csp=True)
    sign_in(page, demo)
    found = []
    for url in all_pages(page, demo):
        page.goto(url)
        page.evaluate(AXE_SCRIPT)
        for scheme, size in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(WIDE if size == "wide" else PHONE)
            settle(page)
            found += [(url, scheme, size, each) for each in page.evaluate(EXAMINE, WHOLE)]
    assert found == []


@pytest.mark.parametrize("path", ["", "downloads/order/1/change/", "downloads/order/"])
def test_on_paper_stands_what_is_so_and_nothing_to_press(demo, open_page, path):
    page = open_page(viewport=PAPER)
    sign_in(page, demo)
    page.emulate_media(media="print")
    page.goto(demo["admin_url"] + path)
    assert (
        page.locator("main button:visible, main select:visible, main .button:visible").all() == []
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    # Columns beside their grid would be a word wide, and pages long.
    assert page.evaluate("document.documentElement.scrollHeight") < 4 * PAPER["height"]
    if not path:
        page.locator(".below table").wait_for()
