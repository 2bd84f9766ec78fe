"""From a registration to the first sign-in: the link, and the page behind it, in a real browser."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.system.browser.test_main_job import sign_in
from tests.system.harness.chromium import watched_windows

pytestmark = pytest.mark.slow

WIDE = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}
PASSWORD = "seventeen blue horses"
UNEQUAL = "The two passwords are not the same."
_numbers = itertools.count(1)

REGISTER = """mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { email } } }"""
LOGIN = """mutation ($input: CreateCustomerLoginInput!) {
  createCustomerLogin(input: $input) { customerLogin { success token } } }"""
LIST = "{ customerDownloadableProducts { totalCount } }"


@pytest.fixture
def ask(demo, open_page):
    """Return a function that asks face B, and returns what the answer holds."""
    request = open_page().request

    def send(query, bearer="", **entered):
        headers = {"X-STOREFRONT-KEY": demo["storefront_key"], "Authorization": f"Bearer {bearer}"}
        asked = {"query": query, "variables": {"input": entered}}
        return request.post(demo["graphql_url"], data=asked, headers=headers).json()["data"]

    return send


@pytest.fixture
def link_for(demo, ask, open_page):
    """Return a function that registers an address and has the merchant make a link for it."""

    def make(email):
        given = {"email": email, "firstName": "Mary", "lastName": "S"}
        password = "first come, first served"
        ask(REGISTER, **given, password=password, confirmPassword=password)
        page = open_page()
        sign_in(page, demo)
        page.goto(f"{demo['admin_url']}downloads/account/?q={email}")
        page.check(".action-select")
        page.select_option("select[name=action]", "make_password_link")
        page.click("button[name=index]")
        return page.locator("main").inner_text().split("/accounts/")[1].split()[0]

    def link(email=None):
        return f"{demo['base_url']}/accounts/{make(email or f'mary-{next(_numbers)}@example.com')}"

    return link


@pytest.fixture
def open_refused(chromium):
    """Return `open_page` for pages that refuse: the console repeats their status, and no more."""
    with watched_windows(chromium) as (open_one, told):
        yield open_one
    assert {text.partition(" (")[0] for text in told} <= {
        f"Failed to load resource: the server responded with a status of {status}"
        for status in (400, 404)
    }


def enter(page, password, again):
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same again").fill(again)
    page.get_by_role("button", name="Set password").click()


def test_the_owner_of_an_address_gains_its_orders_without_script(ask, link_for, open_page):
    email = "grace@example.com"
    page = open_page(java_script_enabled=False)
    page.goto(link_for(email))
    assert email in page.inner_text("main")
    enter(page, PASSWORD, PASSWORD)
    assert page.inner_text("h1") == "Your password is set"
    login = ask(LOGIN, email=email, password=PASSWORD)["createCustomerLogin"]["customerLogin"]
    assert login["success"] is True
    assert ask(LIST, bearer=login["token"])["customerDownloadableProducts"]["totalCount"] == 1


def test_what_is_wrong_is_told_at_the_fields(link_for, open_refused):
    page = open_refused(java_script_enabled=False)
    page.goto(link_for())
    with page.expect_response("**/accounts/*") as waiting:
        enter(page, PASSWORD, PASSWORD + "?")
    assert waiting.value.status == 400
    assert page.get_by_role("alert").inner_text() == UNEQUAL
    described = page.get_by_label("New password").get_attribute("aria-describedby").split()
    assert [page.inner_text(f"#{name}") for name in described] == [
        UNEQUAL,
        "At least 8 characters, and not one that many people use.",
    ]
    assert page.evaluate("document.activeElement.id") == "password"
    assert [page.input_value(f"#{name}") for name in ("password", "again")] == ["", ""]


def test_the_page_is_used_by_keyboard(link_for, open_page):
    page = open_page()
    page.goto(link_for())
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your password is set").wait_for()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_off_the_screen_and_axe_finds_nothing(
    link_for, open_refused, viewport, scheme
):
    url = link_for(f"{'long' * 15}-{next(_numbers)}@a-long-name-of-a-house.example.com")
    page = open_refused(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    headings = []

    def look():
        headings.append(page.inner_text("h1"))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []

    page.goto(url)
    look()
    enter(page, "password1", "password1")
    assert page.get_by_role("alert").inner_text() == "This password is too common."
    look()
    enter(page, PASSWORD, PASSWORD)
    look()
    page.goto(url)
    look()
    assert headings == [
        "Choose a password",
        "Choose a password",
        "Your password is set",
        "This link no longer works",
    ]
