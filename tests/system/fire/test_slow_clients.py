"""Clients that send or read too slowly, against gunicorn alone as README starts it.

Only a real server has threads and lines to be held.
"""

import contextlib
import socket
import threading
import time

import pytest

from tests.system.harness.clients import get
from tests.system.harness.processes import until
from tests.system.harness.service import serving

pytestmark = pytest.mark.slow

THREADS = 8
LINES = 40
SIZE = 20_000_000
HOST = b"Host: localhost\r\n"
POST = b"POST /webhooks/shopify HTTP/1.1\r\n" + HOST
# What a line says at once, and then byte by byte.
SLOW = {
    "nothing": (b"", b""),
    "half a head": (b"GET / HT", b"TP/1.1x"),
    "a head byte by byte": (b"GET / HTTP/1.1\r\nX-Long: ", b"a"),
    "a small body": (POST + b"Content-Length: 500\r\n\r\n", b"a"),
    "a large body": (POST + b"Content-Length: 900000\r\n\r\n", b"a"),
    "a large body not even begun": (POST + b"Content-Length: 900000\r\n\r\n", b""),
    "a body asked for": (POST + b"Content-Length: 500\r\nExpect: 100-continue\r\n\r\n", b"a"),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n", b"a"),
    "nothing after an answer": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    "no farewell": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b""),
}


@pytest.fixture(scope="module")
def service():
    patience = {"HEAD_SECONDS": "1", "BODY_SECONDS": "1", "STREAM_SEND_SECONDS": "1"}
    with serving(threads=THREADS, **patience) as service:
        yield service


@contextlib.contextmanager
def lines(port, *, first, drip, receive_bytes=None):
    """Open many lines that say something and then drip on until they are closed."""
    opened, is_over = [], threading.Event()
    for _ in range(LINES):
        line = socket.socket()
        if receive_bytes:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        line.connect(("127.0.0.1", port))
        line.sendall(first() if callable(first) else first)
        opened.append(line)

    def go_on():
        while not is_over.wait(0.2):
            for line in opened:
                with contextlib.suppress(OSError):
                    line.sendall(drip)

    dripping = threading.Thread(target=go_on)
    dripping.start()
    try:
        yield opened
    finally:
        is_over.set()
        dripping.join()
        for line in opened:
            line.close()


def is_closed(line):
    """Tell whether the server has ended a line, whatever it said before."""
    line.setblocking(False)
    try:
        while line.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def slowest(port, *, times):
    """Ask so many times; each is answered. Return the seconds of the slowest."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        assert get(port, "/healthz").status == 200
        took.append(time.monotonic() - began)
    return max(took)


@pytest.mark.parametrize(("first", "drip"), SLOW.values(), ids=SLOW)
def test_slow_senders_hold_up_nobody_and_are_ended(service, first, drip):
    with lines(service.port, first=first, drip=drip) as opened:
        # Beyond half of the threads, a body has a second.
        assert slowest(service.port, times=10) < 8
        until(lambda: all(is_closed(line) for line in opened), "a line is held", seconds=20)


def test_buyers_who_do_not_read_hold_up_nobody_and_are_ended(service):
    file = service.ask("add_file", name="large.bin", size_bytes=SIZE)
    paths = service.paths(file["grant"], LINES)

    def ask():
        return f"GET {paths.pop()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    with lines(service.port, first=ask, drip=b"", receive_bytes=4096) as opened:
        assert slowest(service.port, times=5) < 15
        until(lambda: not service.ask("counts", grant=file["grant"])["streams"], "streams are held")
        assert len(opened) == LINES
    assert service.ask("audit") == []
