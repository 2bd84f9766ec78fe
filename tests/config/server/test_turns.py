"""Whose turn it is: few threads while requests are quick, others where they are not."""

import os
import select
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.server import turns
from config.server.turns import IDLE_SECONDS, Answered, BodyTurns, Calls, Turns, few_of

PATIENCE_SECONDS = 5


class Work:
    """Requests that go on until they are let; it is told when each begins and who works on it."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.order, self.threads = [], set()
        self._ends = {}

    def answer(self, name):
        self.order.append(name)
        self.threads.add(threading.get_ident())
        self.begun.release()
        assert self._end(name).wait(PATIENCE_SECONDS)

    def finish(self, *names):
        for name in names:
            self._end(name).set()

    def waits_for(self, count):
        for _ in range(count):
            assert self.begun.acquire(timeout=PATIENCE_SECONDS)
        return list(self.order)

    def _end(self, name):
        return self._ends.setdefault(name, threading.Event())


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def taking(work):
    """Turns of two threads of eight."""
    with ThreadPoolExecutor(8) as pool:
        taking = Turns(2, work.answer)
        taking.start(pool)
        yield taking
        work.finish(*range(10))
        taking.stop(8)


def test_few_work_at_once_and_in_order(work, taking):
    for name in range(4):
        taking.take(name)
    assert sorted(work.waits_for(2)) == [0, 1]
    work.finish(1)
    assert work.waits_for(1)[2:] == [2]
    work.finish(0)
    assert work.waits_for(1)[3:] == [3]
    assert len(work.threads) == 2


def test_another_takes_the_place_of_a_slow_one(work, taking, monkeypatch):
    for name in range(6):
        taking.take(name)
    work.waits_for(2)
    taking.look()
    assert not work.begun.acquire(timeout=0.001)  # they are not slow yet
    monkeypatch.setattr(turns, "QUICK_SECONDS", 0)
    taking.look()
    assert work.waits_for(2)[2:] in ([2, 3], [3, 2])
    # Who was slow ends with its request: no more work at once than before.
    monkeypatch.setattr(turns, "QUICK_SECONDS", PATIENCE_SECONDS)
    work.finish(0, 1)
    assert not work.begun.acquire(timeout=0.001)
    work.finish(2, 3)
    assert sorted(work.waits_for(2)[4:]) == [4, 5]
    assert len(work.threads) == 4


def test_slow_ones_keep_their_places_where_nobody_waits(work, taking, monkeypatch):
    monkeypatch.setattr(turns, "QUICK_SECONDS", 0)
    taking.take(0)
    taking.take(1)
    work.waits_for(2)
    taking.look()
    work.finish(0, 1)
    taking.take(2)
    work.waits_for(1)
    assert len(work.threads) == 2


def test_it_is_looked_again_when_the_first_is_slow(work, taking):
    assert taking.patience() == IDLE_SECONDS
    for name in range(3):
        taking.take(name)
    work.waits_for(2)
    assert 0 <= taking.patience() <= turns.QUICK_SECONDS


@pytest.mark.parametrize(("threads", "few"), [(1, 1), (3, 3), (8, 4), (32, 8), (64, 16)])
def test_the_few_are_a_part_of_all(threads, few):
    assert few_of(threads) == few


def test_a_large_body_waits_for_the_like_of_it(work):
    bodies = BodyTurns(1, work.answer)
    bodies.take("first")
    bodies.take("second")
    bodies.take("third")
    assert (work.waits_for(1), list(bodies.waiting)) == (["first"], ["second", "third"])
    work.finish("first", "second", "third")
    bodies.end()
    assert (work.waits_for(1), list(bodies.waiting)) == (["first", "second"], ["third"])
    bodies.stop()


@pytest.fixture
def calls():
    calls = Calls()
    calls.init()
    yield calls
    calls.close()


def is_woken(calls):
    return bool(select.select([calls.fileno()], [], [], 0)[0])


def test_the_event_loop_is_woken_once_and_calls_all(calls):
    called = []
    for number in range(200):
        calls.defer(called.append, number)
    assert is_woken(calls)
    calls.run_callbacks(None)
    assert (called, is_woken(calls)) == (list(range(200)), False)


def test_who_calls_meanwhile_wakes_it_again(calls):
    called = []
    calls.defer(calls.defer, called.append, "later")
    calls.run_callbacks(None)
    assert (called, is_woken(calls)) == ([], True)
    calls.run_callbacks(None)
    assert called == ["later"]


def test_who_calls_after_the_end_is_not_heard(calls):
    os.close(calls._write_fd)
    calls.defer(print)
    calls._write_fd = os.dup(calls.fileno())


def test_what_was_raised_is_raised_where_it_is_asked_for():
    assert Answered(keeps_line=True).result() is True
    failed = Answered(error=OSError("gone"))
    assert isinstance(failed.exception(), OSError)
    with pytest.raises(OSError, match="gone"):
        failed.result()
