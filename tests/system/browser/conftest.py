"""A real demo, served as `make demo` serves it, and a real browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from django.conf import settings
from playwright.sync_api import sync_playwright

from tests.missing import do_without
from tests.system.chromium import FLAGS


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Start `manage.py demo` on a free port for one file of tests; return its --json entries."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DATA_DIR": str(tmp_path_factory.mktemp("demo"))}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "demo", "--json", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        entries = json.loads(server.stdout.readline())
        _wait_for(entries["base_url"] + "/healthz")
        yield entries
        server.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urlopen(url, timeout=1).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{url} does not answer")


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        do_without("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def watched_windows(chromium):
    """Yield a function that opens a fresh window, and the list of what consoles complain of."""
    windows, errors = [], []

    def open_one(**options):
        window = chromium.new_context(**options)
        windows.append(window)
        page = window.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_one, errors
    for window in windows:
        window.close()


@pytest.fixture
def open_page(chromium):
    """Return a function that opens a fresh browser window; every console error fails the test."""
    with watched_windows(chromium) as (open_one, errors):
        yield open_one
    assert errors == []
