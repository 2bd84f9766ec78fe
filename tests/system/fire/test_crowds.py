"""More connections than the server has places for, each opened anew as soon as it is closed.

Slow: only a real server has places, and files, that can run out.
"""

import contextlib
import multiprocessing
import resource
import socket
import time

import pytest

from tests.system.harness.clients import get
from tests.system.harness.service import serving

pytestmark = pytest.mark.slow

PLACES = 50
# Far under what a line that is let wait takes (HEAD_SECONDS, BODY_SECONDS), on a busy machine too.
AT_ONCE_SECONDS = 2
POST = b"POST /webhooks/shopify HTTP/1.1\r\nHost: localhost\r\n"
CROWD = {
    "idle": b"",
    "half heads": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ",
    "half bodies": POST + b"Content-Length: 500\r\n\r\n{",
    "half large bodies": POST + b"Content-Length: 900000\r\n\r\n{",
}


@pytest.fixture(scope="module")
def service():
    places = {"GUNICORN_CMD_ARGS": f"--worker-connections {PLACES}"}
    with serving(threads=8, **places) as service:
        yield service


def keep_coming(port, first):
    """Hold four times as many connections as there are places."""
    held = []
    while True:
        with contextlib.suppress(OSError):
            while len(held) < 4 * PLACES:
                line = socket.create_connection(("127.0.0.1", port), timeout=5)
                line.sendall(first)
                line.setblocking(False)
                held.append(line)
        time.sleep(0.1)
        for line in tuple(held):
            with contextlib.suppress(BlockingIOError):
                with contextlib.suppress(ConnectionError):
                    if line.recv(1000):
                        continue
                line.close()
                held.remove(line)


@contextlib.contextmanager
def crowd(port, first):
    # A process of its own: in ours the clients would wait for each other.
    coming = multiprocessing.get_context("spawn").Process(target=keep_coming, args=(port, first))
    coming.start()
    time.sleep(1)
    try:
        yield
    finally:
        coming.kill()
        coming.join()


def served(port, *, requests):
    """Return how many of some honest requests were answered at once.

    With so few places a client that the machine lets wait between its connection and its request
    may be the oldest that waits, and make room.
    """
    at_once = 0
    for _ in range(requests):
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            assert get(port, "/healthz").status == 200
            at_once += time.monotonic() - began < AT_ONCE_SECONDS
        time.sleep(0.02)
    return at_once


@pytest.mark.parametrize("kind", CROWD)
def test_a_crowd_beyond_all_places_keeps_nobody_waiting(service, kind):
    workers = service.worker_ids()
    with crowd(service.port, CROWD[kind]):
        assert served(service.port, requests=40) >= 38
    assert service.worker_ids() == workers


def test_a_worker_without_further_files_goes_on(service):
    [worker] = service.worker_ids()
    allowed = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (40, allowed[1]))
    try:
        with crowd(service.port, b""):
            assert served(service.port, requests=20) >= 19
    finally:
        resource.prlimit(worker, resource.RLIMIT_NOFILE, allowed)
    assert service.worker_ids() == [worker]
