"""The README's pictures: `make pictures` takes them from a demo of its own."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from tests.system.chromium import FLAGS, NAMES_NOBODY_ELSE

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "storefront" / "docs" / "images"
PORT = 8017
BASE = f"http://localhost:{PORT}"


def take(page: Page, *, order: str, user: str, password: str) -> None:
    """Take the buyer's page and an order in the admin."""
    page.goto(order)
    page.locator("main").screenshot(path=FOLDER / "order-page.png")
    page.goto(f"{BASE}/admin/")
    page.fill("#id_username", user)
    page.fill("#id_password", password)
    page.click("[type=submit]")
    page.goto(f"{BASE}/admin/downloads/order/")
    page.click("#result_list tbody th a:text('1050')")
    page.click("#toggle-nav-sidebar")
    page.screenshot(path=FOLDER / "admin-order.png", full_page=True)


def main() -> None:
    """Start a demo, and look at it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATA_DIR": folder}
        command = [sys.executable, "manage.py", "demo"]
        asked = [*command, "--no-serve", "--port", str(PORT)]
        told = subprocess.run(
            asked,
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        ).stdout.decode()
        [order] = re.findall(r"^The buyer's page +(\S+)", told, re.MULTILINE)
        [(user, password)] = re.findall(r"^ +user (merchant), password (\S+)", told, re.MULTILINE)
        demo = subprocess.Popen([*command, "--port", str(PORT)], cwd=ROOT, env=environment)
        try:
            await_answer()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=[*FLAGS, NAMES_NOBODY_ELSE]
                )
                page = browser.new_page(viewport={"width": 1100, "height": 900})
                take(page, order=order, user=user, password=password)
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


def await_answer() -> None:
    """Wait until the demo answers."""
    for _ in range(120):
        try:
            urlopen(f"{BASE}/readyz").close()  # noqa: S310
        except URLError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError


if __name__ == "__main__":
    main()
