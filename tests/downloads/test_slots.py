"""A slow storage never holds all requests."""

import threading
import time
from contextlib import ExitStack

import pytest

from downloads import fulfilment
from downloads.errors import StorageDown
from downloads.slots import Slots
from tests.factories import make_file_grant


@pytest.fixture
def slots(settings) -> Slots:
    settings.STORAGE_SLOTS = 2
    settings.STORAGE_PATIENCE_SECONDS = 60
    return Slots()


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the time by which a standstill is told."""
    start, passed = time.monotonic(), []
    monkeypatch.setattr("downloads.slots.time.monotonic", lambda: start + sum(passed))
    return passed.append


def test_as_many_as_the_setting_says_are_taken_at_once(slots):
    with slots.taken(), slots.taken():
        assert slots._taken == 2
    assert slots._taken == 0


def test_a_place_is_free_again_after_an_error(slots):
    for _ in range(3):
        with pytest.raises(OSError, match="gone"), slots.taken():
            raise OSError("gone")
    assert slots._taken == 0


def test_who_finds_all_taken_waits_while_they_change_hands(slots):
    order = []

    def wait_for_a_place():
        with slots.taken():
            order.append("taken")

    with ExitStack() as held:
        held.enter_context(slots.taken())
        second = held.enter_context(ExitStack())
        second.enter_context(slots.taken())
        waiting = threading.Thread(target=wait_for_a_place)
        waiting.start()
        waiting.join(timeout=0.2)
        assert (waiting.is_alive(), order) == (True, [])
        order.append("freed")
        second.close()
        waiting.join(timeout=5)
        assert order == ["freed", "taken"]
    assert slots._taken == 0


def test_who_finds_all_standing_still_is_refused_at_once(slots, clock):
    with slots.taken(), slots.taken():
        clock(60)
        began = time.perf_counter()
        with pytest.raises(StorageDown), slots.taken():
            pytest.fail("There was no place.")
        assert time.perf_counter() - began < 1
        assert slots._taken == 2
    with slots.taken():
        assert slots._taken == 1


def test_a_move_lets_the_next_one_wait_again(slots, clock):
    with slots.taken():
        clock(60)
        with slots.taken():
            clock(59.9)
            began = time.perf_counter()
            with pytest.raises(StorageDown), slots.taken():
                pytest.fail("There was no place.")
            assert time.perf_counter() - began > 0.05


def test_those_who_wait_in_vain_are_all_refused(settings):
    settings.STORAGE_SLOTS = 1
    settings.STORAGE_PATIENCE_SECONDS = 0.2
    slots, refused = Slots(), []

    def ask():
        try:
            with slots.taken():
                pass
        except StorageDown:
            refused.append(1)

    with slots.taken():
        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=5)
    assert (len(refused), slots._taken) == (10, 0)


@pytest.mark.django_db
def test_a_file_holds_a_place_until_it_is_closed_and_not_twice(settings, monkeypatch):
    settings.STORAGE_SLOTS = 2
    slots = Slots()
    monkeypatch.setattr(fulfilment.storing, "storage_slots", slots)
    stored = fulfilment.open_file(make_file_grant().asset)
    assert slots._taken == 1
    stored.close()
    stored.close()
    assert slots._taken == 0
