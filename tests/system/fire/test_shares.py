"""One buyer with one click, or with many, never holds all places: everybody else is served."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.system.harness.clients import get, get_at_once
from tests.system.harness.processes import until
from tests.system.harness.service import FACE_A

pytestmark = pytest.mark.slow

LARGE = 200_000_000
GREEDY = 40


def ask_and_not_read(held, port, paths):
    """Ask for each path on a line of its own, by one visitor, and read nothing of it."""
    for path in paths:
        line = held.enter_context(socket.create_connection(("127.0.0.1", port)))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Forwarded-For: 203.0.113.66\r\n\r\n".encode()
        )


@pytest.mark.parametrize("clicks", [1, GREEDY], ids=["one click", "many clicks"])
def test_who_reads_nothing_leaves_places_to_everybody_else(troubled, clicks):
    service = troubled
    bait = service.ask("add_file", name="bait.bin", size_bytes=LARGE, sparse=True)
    book = service.ask("add_file", name="book.bin", size_bytes=100_000)
    paths = (service.paths(bait["grant"], clicks) * GREEDY)[:GREEDY]
    with ExitStack() as held:
        ask_and_not_read(held, service.port, paths)
        until(lambda: len(service.readers_of(bait["key"])) >= 16, "they take nothing")
        # Those beyond their share wait a second, some at a time, and are refused.
        time.sleep(2)
        assert get(service.port, "/readyz").status == 200
        assert get(service.port, FACE_A).status == 200
        others = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(6)]
        answers = get_at_once(service.port, service.paths(book["grant"], 6), headers=others)
        assert [(answer.status, answer.sha256) for answer in answers] == [(200, book["sha256"])] * 6
        # One more of the greedy visitor is told to come back, and pays nothing.
        before = service.ask("counts", grant=bait["grant"])["used"]
        refused = get(service.port, paths[0], X_Forwarded_For="203.0.113.66", Accept="text/html")
        assert (refused.status, refused.headers["retry-after"]) == (503, "30")
        assert b"Too many downloads at once" in refused.body
        assert service.ask("counts", grant=bait["grant"])["used"] == before
