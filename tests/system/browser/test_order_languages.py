"""The order page in the languages of its readers: what runs where on the screen, and when."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.system.harness import chromium as browsers
from tests.system.harness.databases import database
from tests.system.harness.processes import manage

pytestmark = pytest.mark.slow

WIDE = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}
# What says where a service keeps its rows and files.
OWN = ("DATA_DIR", "DATABASE_URL")
# An order of names from right to left, with an end; and one of many.
MAKES = """
from datetime import datetime, UTC, timedelta
from downloads.models import Asset, Grant, Order, Shop
from storefront.signed_urls import ticket_url
from tests.factories import GrantFactory, LineFactory, LinkFactory, OrderFactory, ProductFactory
from tests.factories import make_file
shop = Shop.objects.order_by("pk").first()
shop.support = "help@my-store.example"
shop.save()
end = datetime(2199, 12, 5, 23, 45, tzinfo=UTC)
few = OrderFactory(shop=shop, token=None)
file = make_file(shop, b"x" * 1_500_000, "ספר.pdf")
Asset.objects.filter(pk=file.pk).update(title="ספר הבישול")
file.refresh_from_db()
GrantFactory(order=few, asset=file, limit=10, used=8, expires_at=end)
GrantFactory(order=few, limit=2, used=2)
many = OrderFactory(shop=shop, token=None)
for number in range(30):
    if number % 3 == 0:
        product = ProductFactory(shop=shop, name=f"Pattern {number // 3}")
    line = LineFactory(order=many, product=product)
    GrantFactory(order=many, line=line, asset=LinkFactory(shop=shop, title=f"Sheet {number}"))
print(ticket_url(few), ticket_url(many))
"""
# The left edge of each given character of a text on the screen.
EDGES = """([element, characters]) => {
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
  return characters.map((character) => {
    const range = document.createRange();
    const at = text.data.indexOf(character);
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect().left;
  });
}"""


@pytest.fixture(scope="module")
def pages():
    """The addresses of an order of few and of one of many, served by a demo."""
    with database() as environment:
        own = {name: environment[name] for name in OWN if name in environment}
        with browsers.demo(**own) as entries:
            made = manage(environment, "shell", "--no-imports", "-c", MAKES)
            made.check_returncode()
            paths = [url.split("/", 3)[3] for url in made.stdout.split()]
            yield [f"{entries['base_url']}/{path}" for path in paths]


def edges(page, locator, characters):
    return page.evaluate(EDGES, [locator.element_handle(), list(characters)])


@pytest.mark.parametrize(
    ("language", "name_is_first"), [("en", True), ("he", False), ("ar", False)]
)
def test_a_name_and_a_size_stand_as_they_are_read(pages, open_page, language, name_is_first):
    """Whichever way the page and the name run, a size is not turned around by them."""
    page = open_page(locale=language, viewport=PHONE)
    page.goto(pages[0])
    name, size = page.locator(".facts bdi").nth(0), page.locator(".facts bdi").nth(1)
    assert (name.bounding_box()["x"] < size.bounding_box()["x"]) == name_is_first
    one, unit = edges(page, size, "1م" if language == "ar" else "1M")
    assert (one > unit) == (language == "ar")
    # The name is Hebrew: it begins at the right, and its ending stands at the left.
    first, ending = edges(page, name, "ספ"[0] + "p")
    assert first > ending


def test_a_time_is_in_the_readers_zone_and_says_utc_without_script(pages, open_page):
    told = {}
    for scripts in (True, False):
        page = open_page(locale="de", timezone_id="Asia/Tokyo", java_script_enabled=scripts)
        page.goto(pages[0])
        told[scripts] = page.locator("time").inner_text()
    assert told[False] == "5. Dezember 2199, 23:45 UTC"
    assert told[True].startswith("6. Dezember 2199")
    assert told[True].endswith("08:45")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    ("language", "scheme"), [("de", "light"), ("he", "dark"), ("ja", "light"), ("ar", "dark")]
)
def test_nothing_runs_off_the_screen_and_axe_finds_nothing(
    pages, open_page, viewport, language, scheme
):
    page = open_page(locale=language, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for url in pages:
        page.goto(url)
        page.locator(".languages summary").click()
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []


def test_the_language_is_switched_and_kept_without_script_or_cookie(pages, open_page):
    page = open_page(java_script_enabled=False)
    page.goto(pages[0])
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Deutsch").click()
    assert (
        page.get_by_role("heading", level=1).inner_text()
        == "Dateien zu Ihren Bestellungen herunterladen"
    )
    assert page.locator(".count").first.inner_text().strip() == "Noch 2 Downloads"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Herunterladen").click()
    assert "lang=de" in waiting.value.url
    assert page.context.cookies() == []


def test_many_are_looked_through_without_script(pages, open_page):
    page = open_page(java_script_enabled=False, viewport=PHONE)
    page.goto(pages[1])
    assert page.locator("section").count() == 10
    assert page.evaluate("document.documentElement.scrollHeight") < 30 * 140
    page.get_by_label("Find in this order").fill("sheet 17")
    page.keyboard.press("Enter")
    page.get_by_text("1 of 30 shown.").wait_for()
    assert page.locator("h3").all_inner_texts() == ["Sheet 17"]
    page.get_by_role("link", name="Show all").click()
    page.get_by_text("1 of 30 shown.").wait_for(state="detached")
    assert page.locator("h3").count() == 30
