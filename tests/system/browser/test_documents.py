"""`/docs/` in a real browser, each page wide and narrow, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from storefront.docs.manual import FOLDER

pytestmark = pytest.mark.slow

NAMES = sorted(
    path.relative_to(FOLDER).as_posix().removesuffix(".md").removesuffix("README")
    for path in FOLDER.rglob("*.md")
)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nothing_runs_off_the_screen_and_axe_finds_nothing(demo, open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    others = []
    page.on("request", lambda asked: others.append(asked.url))
    for name in NAMES:
        page.goto(f"{demo['base_url']}/docs/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert Axe().run(page).response["violations"] == [], name
    assert [url for url in others if not url.startswith(demo["base_url"])] == []


def test_one_walks_from_the_front_page_to_a_heading(demo, open_page):
    page = open_page()
    page.goto(demo["base_url"])
    page.click("text=The documents")
    page.click("text=Messages of the shop")
    page.click("summary")
    page.click(".contents >> text=A shop of your own")
    assert page.url.endswith("/docs/webhooks#a-shop-of-your-own")
    page.click("text=All documents")
    assert page.url.endswith("/docs/")
