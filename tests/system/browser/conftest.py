"""A real demo, and a real browser."""

import pytest

from tests.system.harness import chromium as browsers
from tests.system.harness.chromium import watched_windows


@pytest.fixture(scope="module")
def demo():
    """The entries of a demo for one file of tests."""
    with browsers.demo() as entries:
        yield entries


@pytest.fixture(scope="session")
def chromium():
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium):
    """Return a function that opens a fresh browser window; every console error fails the test."""
    with watched_windows(chromium) as (open_one, errors):
        yield open_one
    assert errors == []
