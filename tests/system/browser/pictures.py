"""The README's pictures: `make pictures` takes them from a demo of its own."""

from playwright.sync_api import Page

from tests.system.harness.chromium import NAMES_NOBODY_ELSE, chromium, demo
from tests.system.harness.processes import ROOT

FOLDER = ROOT / "storefront" / "docs" / "images"
PORT = 8017


def take(page: Page, entries: dict[str, str]) -> None:
    """Take the buyer's page and an order in the admin."""
    page.goto(entries["page_url"])
    page.locator("main").screenshot(path=FOLDER / "order-page.png")
    page.goto(entries["admin_url"])
    page.fill("#id_username", entries["staff_user"])
    page.fill("#id_password", entries["staff_password"])
    page.click("[type=submit]")
    page.goto(f"{entries['admin_url']}downloads/order/")
    page.click("#result_list tbody th a:text('1050')")
    page.screenshot(path=FOLDER / "admin-order.png", full_page=True)


def main() -> None:
    """Start a demo, and look at it."""
    FOLDER.mkdir(exist_ok=True)
    with demo(port=PORT) as entries, chromium(NAMES_NOBODY_ELSE) as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        take(page, entries)


if __name__ == "__main__":
    main()
