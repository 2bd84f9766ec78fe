"""A slow storage never holds all requests, and no buyer all places."""

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.errors import StorageDown, TooManyAtOnce
from downloads.fulfilment import ClickRequest
from downloads.models.ledger import Visitor
from downloads.storage_slots import WAITING_AT_MOST, Slots, Taker
from tests.factories import NOW, make_file_grant


@pytest.fixture
def slots(settings) -> Slots:
    settings.STORAGE_SLOTS = 2
    settings.STORAGE_PATIENCE_SECONDS = 60
    return Slots()


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the time by which a standstill is told."""
    start, passed = time.monotonic(), []
    monkeypatch.setattr("downloads.storage_slots.time.monotonic", lambda: start + sum(passed))
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    monkeypatch.setattr(fulfilment.files, "storage_slots", slots)
    stored = fulfilment.open_file(make_file_grant().asset)
    assert slots._taken == 1
    stored.close()
    stored.close()
    assert slots._taken == 0


# --- A share for each taker ---------------------------------------------------------------------


@pytest.fixture
def crowd(settings):
    """A pool of production's size, and a function that takes places in it for good."""
    settings.STORAGE_SLOTS = 24
    settings.STREAM_WAIT_SECONDS = 0
    slots, held = Slots(), ExitStack()

    def take(count, click="click", visitor="visitor"):
        """Take places one by one; return how many were had."""
        for had in range(count):
            name = click if isinstance(click, str) else click(had)
            try:
                held.enter_context(slots.taken(Taker(name, visitor)))
            except TooManyAtOnce:
                return had
        return count

    take.slots, take.held = slots, held
    with held:
        yield take


def test_one_click_leaves_places_to_others(crowd):
    assert crowd(30) == 16
    assert crowd(8, click="another", visitor="another") == 8


def test_one_visitor_with_many_clicks_leaves_a_quarter_to_others(crowd):
    assert crowd(30, click=str) == 18
    assert crowd(6, click="another", visitor="another") == 6


def test_shares_bind_only_while_over_half_are_taken(crowd, settings):
    settings.STREAMS_PER_CLICK = settings.STREAMS_PER_VISITOR = 1
    assert crowd(30) == 13
    # Somebody else is not bound by what this one has.
    assert crowd(1, click="another", visitor="another") == 1
    assert crowd(1, click="another", visitor="another") == 0


def test_staff_are_bound_by_the_number_of_places_alone(crowd):
    assert crowd(18, click=str) == 18
    for _ in range(6):
        crowd.held.enter_context(crowd.slots.taken())
    assert crowd.slots._taken == 24


def test_a_share_is_free_again_when_a_stream_ends(crowd):
    assert crowd(30) == 16
    crowd.held.close()
    assert (crowd.slots._taken, dict(crowd.slots._by)) == (0, {})
    assert crowd(30) == 16


@pytest.mark.slow
def test_who_is_beyond_their_share_waits_for_one_of_their_own(crowd, settings):
    settings.STREAM_WAIT_SECONDS = 10
    crowd(15)
    mine, order = Taker("click", "visitor"), []

    def wait_for_a_share():
        with crowd.slots.taken(mine):
            order.append("taken")

    with crowd.slots.taken(mine):
        waiting = threading.Thread(target=wait_for_a_share)
        waiting.start()
        waiting.join(timeout=0.2)
        assert waiting.is_alive()
        order.append("freed")
    waiting.join(timeout=5)
    assert order == ["freed", "taken"]


def test_few_wait_for_a_share_and_further_ones_are_refused_at_once(crowd, settings):
    settings.STREAM_WAIT_SECONDS = 60
    crowd(16)
    threads = [threading.Thread(target=crowd, args=(1,)) for _ in range(WAITING_AT_MOST)]
    for thread in threads:
        thread.start()
    while crowd.slots._waiting < WAITING_AT_MOST:
        time.sleep(0.001)
    began = time.perf_counter()
    assert crowd(1) == 0
    assert time.perf_counter() - began < 5
    # Others need not wait for them.
    assert crowd(4, click="another", visitor="another") == 4
    crowd.held.close()
    for thread in threads:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in threads)


def test_a_share_that_moves_lets_more_of_its_own_wait(crowd, settings):
    settings.STREAM_WAIT_SECONDS = 60
    crowd(15)
    with crowd.slots.taken(Taker("click", "visitor")):
        pass
    crowd(1)
    threads = [threading.Thread(target=crowd, args=(1,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while crowd.slots._waiting < 12 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert (crowd.slots._waiting, crowd(1)) == (12, 0)
    crowd.held.close()
    for thread in threads:
        thread.join(timeout=5)


@pytest.mark.django_db
def test_a_click_beyond_its_share_costs_nothing(settings, monkeypatch):
    settings.STORAGE_SLOTS, settings.STREAM_WAIT_SECONDS = 4, 0
    monkeypatch.setattr(fulfilment.files, "storage_slots", Slots())
    grant = make_file_grant(bought=2)
    ada = Visitor("ada")
    asked = ClickRequest("a" * 22, NOW + timedelta(hours=1), NOW, visitor=ada)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(fulfilment.open_delivery(grant, asked))
        with pytest.raises(TooManyAtOnce):
            fulfilment.open_delivery(grant, replace(asked, nonce="b" * 22))
        # The Delivery of those under way stays.
        grant.refresh_from_db()
        assert (grant.used, grant.deliveries.count(), grant.deliveries.get().nonce) == (
            1,
            1,
            "a" * 22,
        )
    fulfilment.open_delivery(grant, replace(asked, nonce="b" * 22)).close()
    grant.refresh_from_db()
    assert grant.used == 2
