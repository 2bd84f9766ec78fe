"""The form that mails a buyer the links again, as a person meets it, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.system.harness import chromium as browsers
from tests.system.harness.chromium import watched_windows

pytestmark = pytest.mark.slow

WIDE = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}
COMPLAINT = "Enter a mail address, like ada@example.com."


@pytest.fixture(scope="module")
def demo():
    """A demo that counts no asker out."""
    with browsers.demo(LINK_REQUESTS_PER_MINUTE="1000") as entries:
        yield entries


@pytest.fixture
def open_refused(chromium):
    """Return `open_page` for pages that refuse: the console repeats their status, and no more."""
    with watched_windows(chromium) as (open_one, told):
        yield open_one
    assert {text.partition(" (")[0] for text in told} <= {
        f"Failed to load resource: the server responded with a status of {status}"
        for status in (400, 404)
    }


def ask(page, email):
    page.get_by_label("Mail address").fill(email)
    page.get_by_role("button", name="Send the links").click()


def test_a_link_that_opens_nothing_leads_to_the_form_without_script(demo, open_refused):
    page = open_refused(java_script_enabled=False)
    page.goto(f"{demo['base_url']}/orders/{'f' * 32}")
    page.get_by_role("link", name="Have the links to your downloads mailed to you again").click()
    assert page.url == f"{demo['base_url']}/links"
    ask(page, demo["customer_email"])
    assert page.inner_text("h1") == "Look into your mail"
    assert demo["customer_email"] in page.inner_text("main")
    page.get_by_role("link", name="try another address").click()
    assert page.inner_text("h1") == "Your links by mail"
    assert page.context.cookies() == []


def test_the_front_page_leads_to_the_form(demo, open_page):
    page = open_page()
    page.goto(demo["base_url"])
    page.get_by_role("link", name="have your links mailed to you again").click()
    assert page.inner_text("h1") == "Your links by mail"


def test_the_form_is_used_by_keyboard(demo, open_page):
    page = open_page()
    page.goto(f"{demo['base_url']}/links")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Send the links"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your mail").wait_for()


def test_what_is_wrong_is_told_at_the_field(demo, open_refused):
    page = open_refused(java_script_enabled=False)
    page.goto(f"{demo['base_url']}/links")
    # A browser sends it: it is an address in the shop's own house, perhaps.
    with page.expect_response("**/links") as waiting:
        ask(page, "ada@example")
    assert waiting.value.status == 400
    assert page.title() == "Not sent yet: Your links by mail"
    assert page.get_by_role("alert").inner_text() == COMPLAINT
    field = page.get_by_label("Mail address")
    assert field.get_attribute("aria-describedby") == "complaint"
    assert field.input_value() == "ada@example"
    assert page.evaluate("document.activeElement.id") == "email"


def test_a_reload_sends_nothing_by_itself(demo, open_page):
    page = open_page()
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.goto(f"{demo['base_url']}/links?email=ada@example.com")
    page.reload()
    assert sent == []


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_off_the_screen_and_axe_finds_nothing(demo, open_refused, viewport, scheme):
    page = open_refused(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    headings = []

    def look():
        headings.append(page.inner_text("h1"))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []

    page.goto(f"{demo['base_url']}/orders/no-such-order-anywhere")
    look()
    page.goto(f"{demo['base_url']}/links")
    look()
    ask(page, "ada@example")
    look()
    ask(page, f"{'long' * 15}@a-very-long-name-of-a-house.example.com")
    look()
    assert headings == [
        "Not found",
        "Your links by mail",
        "Your links by mail",
        "Look into your mail",
    ]
