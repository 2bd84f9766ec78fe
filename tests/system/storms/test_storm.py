"""Everything at once, tripled and shuffled, on a real server; and the worker killed meanwhile."""

import pytest

from tests.system.harness.processes import times
from tests.system.storms.storm import storm

# PostgreSQL locks rows where SQLite has one writer: who waits, and what a kill leaves, differs.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]


def is_right(figures, events):
    assert figures["statuses"] == {"200": 3 * events}
    assert (figures["stored"], figures["unapplied"]) == (events, 0)
    return (figures["orders"], figures["wrong"]) == (events // 5, [])


def test_a_storm_is_stored_once_and_every_order_ends_right():
    events = times(100, drill=2000)
    assert is_right(storm(events=events, kill=0, workers=1, seed=1), events)


def test_a_worker_killed_in_its_midst_changes_nothing():
    events = times(60, drill=1000)
    assert is_right(storm(events=events, kill=times(2, drill=12), workers=1, seed=4), events)


def test_several_workers_end_as_one_does(settings):
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        pytest.skip("SQLite has one writer at a time, however many workers")
    events = times(60, drill=500)
    assert is_right(storm(events=events, kill=times(2, drill=3), workers=3, seed=3), events)
