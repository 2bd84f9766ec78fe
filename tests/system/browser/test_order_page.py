import hashlib
import re
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.slow

WIDE = {"width": 1200, "height": 900}
PHONE = {"width": 360, "height": 740}


def counts(page):
    return [text.strip() for text in page.locator(".count").all_inner_texts()]


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_off_the_screen_and_axe_finds_nothing(demo, open_page, viewport, scheme):
    page = open_page(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    for url in (demo["page_url"], demo["base_url"]):
        page.goto(url)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]
        violations = Axe().run(page).response["violations"]
        assert [violation["id"] for violation in violations] == []


def test_a_download_needs_no_script_and_its_count_shows_after_a_reload(demo, open_page, tmp_path):
    page = open_page(java_script_enabled=False, accept_downloads=True)
    page.goto(demo["page_url"])
    before = counts(page)[2]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download Reading guide").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "reading-guide.zip"
    assert zipfile.ZipFile(path).testzip() is None
    page.reload()
    assert (before, counts(page)[2]) == ("5 downloads left", "4 downloads left")


def test_the_same_button_twice_counts_once(demo, open_page, tmp_path):
    page = open_page(accept_downloads=True)
    page.goto(demo["page_url"])
    before = counts(page)[1]
    digests = set()
    for number in range(2):
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download Garden at dawn").click()
        path = tmp_path / str(number)
        waiting.value.save_as(path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    page.reload()
    left = int(re.match(r"\d+", before)[0])
    assert counts(page)[1] == f"{left - 1} download{'' if left == 2 else 's'} left"


def test_a_link_leads_out_of_the_house(demo, open_page):
    page = open_page()
    # The shop's site is not ours to call: this stands in for it, at its border.
    page.route("https://www.my-website.com/**", lambda route: route.fulfill(body="the book"))
    page.goto(demo["page_url"])
    page.get_by_role("button", name="Open My new book").click()
    page.wait_for_url("https://www.my-website.com/download/my-book.pdf")
    assert page.inner_text("body") == "the book"


def test_every_button_is_reached_by_keyboard(demo, open_page):
    page = open_page()
    page.goto(demo["page_url"])
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert reached == ["Open My new book", "Download Garden at dawn", "Download Reading guide"]
    with page.expect_download():
        page.keyboard.press("Enter")


def test_an_unknown_token_is_told_in_words(demo, open_page):
    page = open_page(java_script_enabled=False)
    answer = page.request.get(demo["base_url"] + "/orders/no-such-token-anywhere")
    assert answer.status == 404
    page.set_content(answer.text())
    assert page.inner_text("h1") == "Not found"
    assert "Open your order page again" in page.inner_text("main")
