"""Signs of life of the worker's processes, and what is concluded from them."""

from datetime import timedelta

import pytest

from downloads import fulfilment, lookups
from downloads.lookups import WorkerState
from downloads.models import Heartbeat
from tests.factories import NOW
from tests.tidied import tidy

pytestmark = pytest.mark.django_db
SILENT = timedelta(seconds=120)
LATER = timedelta(microseconds=1)


def test_a_worker_that_never_was_is_silent():
    assert lookups.worker_state(at=NOW) == WorkerState(None, is_silent=True)


def test_a_worker_is_silent_past_its_time():
    fulfilment.beat("one", at=NOW)
    assert lookups.worker_state(at=NOW + SILENT) == WorkerState(NOW, is_silent=False)
    assert lookups.worker_state(at=NOW + SILENT + LATER) == WorkerState(NOW, is_silent=True)


def test_the_time_is_a_setting(settings):
    settings.WORKER_SILENT_SECONDS = 5
    fulfilment.beat("one", at=NOW)
    assert lookups.worker_state(at=NOW + timedelta(seconds=6)).is_silent


def test_one_of_several_that_lives_is_enough():
    fulfilment.beat("one", at=NOW - SILENT - LATER)
    fulfilment.beat("another", at=NOW)
    assert lookups.worker_state(at=NOW) == WorkerState(NOW, is_silent=False)


def test_what_a_living_one_fails_at_is_told_until_it_goes_well():
    fulfilment.beat("well", at=NOW)
    fulfilment.beat("one", at=NOW, failing="sending mail (X)", failing_since=NOW - SILENT)
    state = WorkerState(NOW, False, failing="sending mail (X)", failing_since=NOW - SILENT)
    assert lookups.worker_state(at=NOW) == state
    fulfilment.beat("one", at=NOW + LATER)
    assert lookups.worker_state(at=NOW + LATER) == WorkerState(NOW + LATER, is_silent=False)


def test_what_a_dead_one_failed_at_is_past():
    fulfilment.beat("dead", at=NOW, failing="sending mail (X)", failing_since=NOW)
    fulfilment.beat("one", at=NOW + SILENT + LATER)
    assert lookups.worker_state(at=NOW + SILENT + LATER).failing == ""


def test_a_row_is_kept_per_process_and_a_day_beyond_its_end(django_assert_num_queries):
    fulfilment.beat("old", at=NOW)
    fulfilment.beat("one", at=NOW + timedelta(days=1))
    assert Heartbeat.objects.count() == 2
    with django_assert_num_queries(1):
        fulfilment.beat("one", at=NOW + timedelta(days=2))
    tidy(Heartbeat, at=NOW + timedelta(days=2))
    assert Heartbeat.objects.get().worker == "one"
    tidy(Heartbeat, at=NOW + timedelta(days=99))
    assert Heartbeat.objects.get().worker == "one"


def test_much_that_fails_is_cut():
    fulfilment.beat("one", at=NOW, failing="x" * 600, failing_since=NOW)
    assert len(Heartbeat.objects.get().failing) == 500
