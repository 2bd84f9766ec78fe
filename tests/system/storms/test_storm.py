"""Everything at once, tripled and shuffled, on a real server; and the worker killed meanwhile."""

import os

import pytest

from tests.system.storms.storm import storm

pytestmark = pytest.mark.slow


@pytest.fixture
def url():
    """The database server of this run; SQLite where none is set."""
    return os.environ.get("DATABASE_URL")


def test_a_storm_is_stored_once_and_every_order_ends_right(url):
    figures = storm(url=url, events=2000, kill=False, workers=1, seed=1)
    assert figures["statuses"] == {"200": 6000}
    assert (figures["stored"], figures["unapplied"]) == (2000, 0)
    assert (figures["orders"], figures["wrong"]) == (400, [])


def test_a_worker_killed_at_random_changes_nothing(url):
    figures = storm(url=url, events=1000, kill=True, workers=1, seed=2)
    assert figures["kills"] >= 3
    assert figures["statuses"] == {"200": 3000}
    assert (figures["stored"], figures["unapplied"]) == (1000, 0)
    assert (figures["orders"], figures["wrong"]) == (200, [])


def test_several_workers_end_as_one_does(url):
    if url is None:
        pytest.skip("SQLite has one writer at a time, however many workers")
    figures = storm(url=url, events=500, kill=True, workers=3, seed=3)
    assert (figures["stored"], figures["unapplied"]) == (500, 0)
    assert (figures["orders"], figures["wrong"]) == (100, [])
