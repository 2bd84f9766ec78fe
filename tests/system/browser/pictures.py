"""The README's pictures: `make pictures` takes them from a demo with a year of business."""

from playwright.sync_api import Page

from tests.system.harness.chromium import NAMES_NOBODY_ELSE, chromium, demo
from tests.system.harness.processes import ROOT

FOLDER = ROOT / "storefront" / "docs" / "images"
PORT = 8017
# The figures of the year are counted by then.
WITHIN = {"timeout": 120_000}


def take(page: Page, entries: dict[str, str]) -> None:
    """Take the buyer's page, the start page and an order in the admin."""
    page.goto(entries["page_url"])
    page.locator("main").screenshot(path=FOLDER / "order-page.png")
    page.goto(entries["admin_url"])
    page.fill("#id_username", entries["staff_user"])
    page.fill("#id_password", entries["staff_password"])
    page.click("[type=submit]")
    page.locator("svg[role=img]").wait_for(**WITHIN)
    page.screenshot(path=FOLDER / "admin-start.png")
    page.fill("#site-search input[type=search]", "#1050")
    page.keyboard.press("Enter")
    page.locator(".order-head").wait_for()
    page.screenshot(path=FOLDER / "admin-order.png")


def main() -> None:
    """Start a demo, and look at it."""
    FOLDER.mkdir(exist_ok=True)
    with (
        demo("--busy", port=PORT, FIGURES_SECONDS="1") as entries,
        chromium(NAMES_NOBODY_ELSE) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        take(page, entries)


if __name__ == "__main__":
    main()
