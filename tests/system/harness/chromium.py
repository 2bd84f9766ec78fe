"""A real Chromium, alone with what it is given; and a demo for it to look at."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserType, Page, sync_playwright

from tests.missing import do_without
from tests.system.harness.clients import wait_for
from tests.system.harness.databases import database
from tests.system.harness.processes import end, free_port, start

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# No other machine has a name, whatever a page or a link leads to.
NAMES_NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


def launch(kind: BrowserType, *flags: str) -> Browser:
    """Start the machine's Chromium."""
    path = shutil.which("chromium") or do_without("Chromium")
    return kind.launch(executable_path=path, args=[*FLAGS, *flags])


@contextlib.contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Yield the machine's Chromium, gone afterwards."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, *flags)
        yield browser
        browser.close()


@contextlib.contextmanager
def demo(*options: str, port: int = 0, **settings: str) -> Iterator[dict[str, str]]:
    """Yield the entries of a demo, served as `make demo` serves it."""
    with database() as environment:
        command = ["manage.py", "demo", "--json", "--port", str(port or free_port()), *options]
        server = start(*command, environment=environment | settings, stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            entries = json.loads(server.stdout.readline())
            wait_for(urlsplit(entries["base_url"]).port or 0)
            yield entries
        finally:
            end(server)


@contextlib.contextmanager
def watched_windows(browser: Browser) -> Iterator[tuple[Any, list[str]]]:
    """Yield a function that opens a fresh window, and the list of what consoles complain of."""
    windows, errors = [], []

    def open_one(**options: Any) -> Page:
        window = browser.new_context(**options)
        windows.append(window)
        page = window.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_one, errors
    for window in windows:
        window.close()


def settle(page: Page) -> None:
    """End a page's animations: a colour on its way from light to dark is nobody's.

    They are not waited for. One that the next page cuts off never ends, and nothing that is
    evaluated in a page has a time limit.
    """
    page.evaluate("document.getAnimations().forEach(each => each.finish())")
