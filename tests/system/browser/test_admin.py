"""The admin in a real browser: wide and on a telephone, by day and by night."""

import re

import pytest

pytestmark = pytest.mark.slow

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def admin(demo, open_page):
    """Return a function that opens a window, signed in as a superuser."""

    def sign_in(**options):
        page = open_page(bypass_csp=True, **options)
        page.goto(demo["admin_url"])
        page.fill("#id_username", demo["admin_user"])
        page.fill("#id_password", demo["admin_password"])
        page.click("[type=submit]")
        return page

    return sign_in


def test_the_switch_turns_a_page_dark_and_light_whatever_the_system_is(demo, admin):
    page = admin(viewport=WIDE, color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#user-tools summary")
    page.click(".theme-toggle")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click(".theme-toggle")
    again = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light, again) == ("rgb(20, 23, 27)", "rgb(246, 247, 249)", "rgb(20, 23, 27)")


def test_a_language_is_chosen_without_script(demo, admin):
    page = admin(viewport=WIDE, java_script_enabled=False)
    page.click("#user-tools summary")
    page.select_option("#language", "he")
    page.click("#language-form button")
    assert page.get_attribute("html", "dir") == "rtl"
    side, head = page.locator("#side").bounding_box(), page.locator("#header").bounding_box()
    assert side["x"] > head["x"]
    page.click("#user-tools summary")
    page.select_option("#language", "en")
    page.click("#language-form button")
    assert page.get_attribute("html", "dir") == "ltr"


def test_rows_are_cards_on_a_telephone_that_name_their_cells(demo, admin):
    page = admin(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{demo['admin_url']}downloads/order/")
    assert (
        page.locator("#result_list tr").nth(1).evaluate("row => getComputedStyle(row).display")
        == "block"
    )
    cell = page.locator("#result_list td.field-total").first
    words = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert re.sub('"', "", words) == "Total"


def test_the_keyboard_shows_where_it_is(demo, admin):
    page = admin(viewport=WIDE)
    page.goto(demo["admin_url"])
    outlines = []
    for _ in range(6):
        page.keyboard.press("Tab")
        outlines.append(
            page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        )
    assert outlines == [True] * 6
