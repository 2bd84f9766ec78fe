"""A storage that is down, stands still, or fails in the middle of a file."""

import contextlib
import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.fire.storage import (
    FAILS_OPENING,
    FAILS_READING,
    STOPS_OPENING,
    STOPS_READING,
    trouble,
    waiting_in,
)
from tests.system.harness.clients import get, get_at_once, get_in_turn
from tests.system.harness.processes import times, until
from tests.system.harness.service import FACE_A, PAGE

pytestmark = pytest.mark.slow

CLICKS, SLOTS, FURTHER = times(100, drill=1000), 24, 40
LINK = "https://files.example/book.pdf"
LARGE = 3_000_000
NOTHING = {"used": 0, "deliveries": 0, "given_back": 0, "sent_bytes": 0, "streams": 0}


@pytest.fixture
def service(troubled):
    return troubled


@pytest.fixture
def put(service):
    """Return a function that gives the order a file."""

    def put_file(size_bytes=5_000):
        return service.ask("add_file", name="file.bin", size_bytes=size_bytes)

    return put_file


@contextlib.contextmanager
def gone(service, file):
    """Move a file away for a while."""
    stored = service.uploads / file["key"]
    away = stored.rename(stored.with_suffix(".away"))
    try:
        yield
    finally:
        away.rename(stored)


def is_refused(answer):
    """Hold an answer to what a program reads of a storage out of reach."""
    assert answer.status == 503
    assert answer.headers["retry-after"] == "30"
    assert answer.headers["content-type"] == "application/json"
    return b"This file cannot be read just now." in answer.body


def stands(service, file, **moved):
    """Hold a grant's counts, and how often its ledger was charged, to what is due."""
    counts = service.counts(file["grant"])
    charged = counts["events"].get("charged", 0) - counts["events"].get("released", 0)
    expected = NOTHING | moved
    assert {name: counts[name] for name in expected} == expected
    return charged == expected["used"]


def the_rest_is_served(service):
    for path in (FACE_A, PAGE, "/healthz", "/"):
        assert get(service.port, path).status == 200
    return True


# --- Down ----------------------------------------------------------------------------------------


def test_many_clicks_on_a_storage_that_is_down_spend_nothing(service, put):
    lost, other = put(), put()
    link = service.ask("add_link", link=LINK)
    paths = service.paths(lost["grant"], CLICKS)
    with gone(service, lost):
        answers = get_in_turn(service.port, paths)
        assert [is_refused(answer) for answer in answers] == [True] * CLICKS
        assert stands(service, lost)
        assert set(service.ask("counts", grant=lost["grant"])["reasons"]) == {"storage"}
        [served] = get_in_turn(service.port, service.paths(other["grant"], 1))
        assert (served.status, served.sha256) == (200, other["sha256"])
        [led] = get_in_turn(service.port, service.paths(link["grant"], 1))
        assert (led.status, led.headers["location"]) == (302, LINK)
        assert the_rest_is_served(service)
    answers = get_in_turn(service.port, paths)
    assert Counter((a.status, a.sha256) for a in answers) == {(200, lost["sha256"]): CLICKS}
    assert stands(service, lost, used=CLICKS, deliveries=CLICKS, sent_bytes=CLICKS * 5_000)


def test_a_storage_that_refuses_to_open_spends_nothing(service, put):
    file = put()
    [path] = service.paths(file["grant"], 1)
    with trouble(service.folder, FAILS_OPENING):
        assert is_refused(get(service.port, path))
        assert is_refused(get(service.port, path, Range="bytes=5-"))
        assert get(service.port, path, method="HEAD").status == 503
    assert stands(service, file)
    assert get(service.port, path).sha256 == file["sha256"]


# --- Standing still ------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [STOPS_OPENING, STOPS_READING])
def test_a_storage_that_stands_still_holds_its_places_and_no_more(service, put, stop):
    file, refused = put(), put()
    waiting = service.paths(file["grant"], SLOTS)
    further = service.paths(refused["grant"], FURTHER)
    with ThreadPoolExecutor(SLOTS) as pool:
        with trouble(service.folder, stop):
            held = [
                pool.submit(get, service.port, path, X_Forwarded_For=f"203.0.113.{number}")
                for number, path in enumerate(waiting)
            ]
            until(lambda: waiting_in(service.folder) == SLOTS, "not all places are taken")
            answers = get_at_once(service.port, further)
            assert [is_refused(answer) for answer in answers] == [True] * FURTHER
            assert the_rest_is_served(service)
            assert get(service.port, "/readyz").status == 503
            # Readiness waits with one of its own, and with no more however often it is asked.
            assert get(service.port, "/readyz").status == 503
            assert waiting_in(service.folder) == SLOTS + 1
        answers = [waiter.result() for waiter in held]
    assert Counter((a.status, a.sha256) for a in answers) == {(200, file["sha256"]): SLOTS}
    assert stands(service, file, used=SLOTS, deliveries=SLOTS, sent_bytes=SLOTS * 5_000)
    assert stands(service, refused)
    answers = get_in_turn(service.port, further)
    assert {(a.status, a.sha256) for a in answers} == {(200, refused["sha256"])}
    assert stands(service, refused, used=FURTHER, deliveries=FURTHER, sent_bytes=FURTHER * 5_000)
    until(lambda: get(service.port, "/readyz").status == 200, "not ready again")


# --- Failing in the middle -----------------------------------------------------------------------


def test_a_file_that_fails_in_its_middle_is_given_back(service, put):
    file = put(LARGE)
    [path] = service.paths(file["grant"], 1)
    with (
        trouble(service.folder, FAILS_READING, good_bytes=LARGE // 2),
        pytest.raises(http.client.IncompleteRead) as cut,
    ):
        get(service.port, path)
    assert LARGE // 2 <= len(cut.value.partial) < LARGE
    until(lambda: not service.counts(file["grant"])["used"], "nothing is given back")
    assert stands(service, file)
    assert service.counts(file["grant"])["reasons"] == ["storage"]
    answer = get(service.port, path)
    assert (answer.status, answer.sha256) == (200, file["sha256"])
    assert stands(service, file, used=1, deliveries=1, sent_bytes=LARGE)


def test_segments_that_fail_together_leave_nothing_spent(service, put):
    file = put(LARGE)
    [path] = service.paths(file["grant"], 1)

    def segment(number):
        start = number * LARGE // 8
        with contextlib.suppress(http.client.IncompleteRead):
            get(service.port, path, Range=f"bytes={start}-{start + LARGE // 8 - 1}")

    with trouble(service.folder, FAILS_READING), ThreadPoolExecutor(8) as pool:
        list(pool.map(segment, range(8)))
    until(lambda: not service.counts(file["grant"])["used"], "nothing is given back")
    assert stands(service, file)
    assert get(service.port, path).sha256 == file["sha256"]
    assert stands(service, file, used=1, deliveries=1, sent_bytes=LARGE)
