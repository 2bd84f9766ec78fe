"""nginx, as it ships, lets no visitor have more at once than a share, and tells who has it."""

import socket
from contextlib import ExitStack, contextmanager

import pytest

from tests.system.harness.clients import get
from tests.system.harness.processes import until
from tests.system.harness.servers import before
from tests.system.harness.service import FACE_A, PAGE

pytestmark = pytest.mark.slow

LARGE = 50_000_000
FILES, REQUESTS = 32, 100
GREEDY, NEIGHBOUR, OTHER = "2001:db8:7:1::66", "2001:db8:7:1:ff::1", "2001:db8:7:2::66"
WORDS = (
    "Too many requests are running from your connection at once. Nothing was counted; wait until "
    "one of them is complete, then try again."
)
# As an installation behind another proxy names it: here it says whose a request is.
REAL_IP = "set_real_ip_from 127.0.0.1; real_ip_header X-Visitor;\n"


@pytest.fixture(scope="module")
def front(ways):
    with before(ways.behind_nginx, "visitors", extra=REAL_IP) as nginx:
        yield nginx


@contextmanager
def holding(port, target, number, *, visitor, body=""):
    """Hold so many requests of a visitor's open: of an answer nothing is read."""
    with ExitStack() as held:
        for _ in range(number):
            line = held.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", port))
            line.sendall(
                f"{'POST' if body else 'GET'} {target} HTTP/1.1\r\nHost: localhost\r\n{body}"
                f"X-Visitor: {visitor}\r\n\r\n".encode()
            )
        yield


def is_refused(port, target, **asked):
    answer = get(port, target, **asked)
    return answer.status == 503 and WORDS in answer.body.decode()


def test_a_visitor_fetches_so_many_files_at_once(ways, front):
    bait = ways.service.ask("add_file", name="bait.bin", size_bytes=LARGE, sparse=True)
    book = ways.service.ask("add_file", name="book.bin", size_bytes=1000)
    paths = ways.service.paths(bait["grant"], 2)
    mine, others, late, *_ = ways.service.paths(book["grant"], 3)
    # Two clicks of sixteen segments each are all served.
    with ExitStack() as held:
        for path in paths:
            held.enter_context(holding(front.port, path, FILES // 2, visitor=GREEDY))
        until(lambda: is_refused(front.port, mine, X_Visitor=GREEDY), "they take nothing")
        before = ways.service.ask("counts", grant=book["grant"])["used"]
        answer = get(front.port, mine, X_Visitor=GREEDY)
        assert answer.status == 503
        assert answer.headers["content-type"] == "application/json"
        told = f'{{"message": "{WORDS}", "error": "service_unavailable"}}'
        assert answer.body.decode() == told
        assert answer.headers["retry-after"] == "30"
        assert answer.headers["cache-control"] == "no-store, private"
        assert answer.headers["access-control-allow-origin"] == "*"
        page = get(front.port, mine, X_Visitor=GREEDY, Accept="text/html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert WORDS in page.body.decode()
        # A /64 is one subscriber; another one is served, and so is what is no file.
        assert is_refused(front.port, mine, X_Visitor=NEIGHBOUR)
        assert get(front.port, FACE_A, X_Visitor=GREEDY).status == 200
        assert ways.service.ask("counts", grant=book["grant"])["used"] == before
        served = get(front.port, others, X_Visitor=OTHER)
        assert (served.status, served.sha256) == (200, book["sha256"])
        assert get(front.port, late, X_Visitor="203.0.113.66").status == 200
    until(lambda: not is_refused(front.port, mine, X_Visitor=GREEDY), "their places stay taken")
    assert mine.split("/")[-2] not in front.log()


@pytest.fixture
def many(front):
    """One visitor's requests that have begun and do not end."""
    body = "Content-Length: 2000\r\n"
    held = holding(front.port, "/links", REQUESTS, visitor="203.0.113.66", body=body)
    with held:
        until(lambda: is_refused(front.port, PAGE, X_Visitor="203.0.113.66"), "they take nothing")
        yield


def test_a_visitor_has_so_many_requests_at_once(front, many):
    asked = {"X_Visitor": "203.0.113.66"}
    page = get(front.port, PAGE, **asked)
    assert (page.status, page.headers["retry-after"]) == (503, "30")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "access-control-allow-origin" not in page.headers
    graph = get(front.port, "/api/graphql", method="POST", body=b"{}", **asked)
    assert graph.headers["content-type"] == "application/json"
    assert graph.body.decode() == f'{{"errors": [{{"message": "{WORDS}"}}]}}'
    assert is_refused(front.port, FACE_A, **asked)
    assert get(front.port, FACE_A, X_Visitor="203.0.113.67").status == 200


def test_what_the_service_itself_answers_busy_passes_as_it_is(ways, front):
    file = ways.service.ask("add_file", name="book.bin", size_bytes=1000)
    [path] = ways.service.paths(file["grant"], 1)
    (ways.service.uploads / file["key"]).unlink()
    answer = get(front.port, path)
    assert answer.status == 503
    assert b"This file cannot be read just now." in answer.body
