"""Of those who ask while a call lasts, one is called for all, after all of them asked."""

import threading

import pytest

from storefront.webhooks.bell import OneForAll
from tests.system.harness.processes import until


def started(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_each_who_asks_alone_is_called_for():
    calls = []
    ask = OneForAll(lambda: calls.append(1))
    for _ in range(3):
        ask()
    assert len(calls) == 3


def test_all_who_ask_meanwhile_are_called_for_once_and_later():
    done, seen = [], []
    begun, go_on = threading.Event(), threading.Event()

    def look():
        seen.append(len(done))
        begun.set()
        go_on.wait(10)

    ask = OneForAll(look)

    def work():
        done.append(1)
        ask()

    first = started(work)
    begun.wait(10)
    others = [started(work) for _ in range(7)]
    # All but the one that waits for its turn are answered by now.
    until(lambda: sum(each.is_alive() for each in others) == 1, "they wait")
    assert seen == [1]
    go_on.set()
    for each in (first, *others):
        each.join(10)
    assert seen == [1, 8]


def test_a_call_that_fails_keeps_none_out():
    def fail():
        raise ZeroDivisionError

    ask = OneForAll(fail)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ask()
