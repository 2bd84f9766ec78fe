"""Requests read and answers written as gunicorn does it, in fewer steps."""

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, NoMoreData

from config.server import messages
from config.server.messages import KeptConfig, LineParser, WholeResponse

GET = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"
PEER = ("192.0.2.7", 5000)


class Line:
    """A connection: what it has yet to say, and each piece that was sent to it."""

    def __init__(self, *says):
        self.says, self.sent = list(says), []

    def recv(self, size):
        return self.says.pop(0) if self.says else b""

    def sendall(self, content):
        self.sent.append(bytes(content))

    def gettimeout(self):
        return None

    def settimeout(self, seconds):
        pass


@pytest.fixture
def config():
    return KeptConfig(Config())


@pytest.fixture
def respond(config):
    """Return a function that answers a request, and returns what was sent."""

    def answer(headers, *parts, request=GET % 1):
        line = Line(request)
        response = WholeResponse(next(LineParser(config, line, PEER)), line, config)
        response.start_response("200 OK", headers)
        for part in parts:
            response.write(part)
        response.close()
        return line.sent

    return answer


def test_head_and_body_leave_together(respond):
    [sent] = respond([("Content-Length", "4"), ("X-Name", "value")], b"body")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: ")
    assert head.endswith(b"\r\nConnection: keep-alive\r\nContent-Length: 4\r\nX-Name: value")
    assert body == b"body"


def test_a_body_in_parts_follows(respond):
    first, second = respond([("Content-Length", "4")], b"bo", b"dy")
    assert (first[-6:], second) == (b"\r\n\r\nbo", b"dy")


def test_what_is_more_than_was_announced_is_left_out(respond):
    assert b"".join(respond([("Content-Length", "2")], b"body")).endswith(b"\r\n\r\nbo")
    assert b"".join(respond([("Content-Length", "2")], b"b", b"ody")).endswith(b"\r\n\r\nbo")


def test_a_length_that_nobody_knows_is_sent_in_chunks(respond):
    sent = b"".join(respond([], b"body"))
    assert b"\r\nTransfer-Encoding: chunked\r\n" in sent
    assert sent.endswith(b"\r\n\r\n4\r\nbody\r\n0\r\n\r\n")


def test_a_head_is_answered_without_body(respond):
    asked = GET.replace(b"GET", b"HEAD") % 1
    assert b"".join(respond([("Content-Length", "4")], b"body", request=asked))[-4:] == b"\r\n\r\n"


def test_each_answer_has_its_own_length(respond):
    for body in (b"1", b"22", b"1"):
        assert b"".join(respond([("Content-Length", str(len(body)))], body)).endswith(body)


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        (("X-Name", "a\r\nX-Other: b"), InvalidResponseHeader),
        (("X Name", "a"), InvalidResponseHeaderName),
        (("X-Name", 1), TypeError),
    ],
)
def test_a_header_that_is_none_is_refused_however_often(respond, header, refused):
    for _ in range(2):
        with pytest.raises(refused):
            respond([("X-Name", "fine"), header])


def test_what_belongs_to_the_line_is_never_passed_on(respond):
    for _ in range(2):
        [sent] = respond([("Content-Length", "0"), ("Keep-Alive", "5"), ("X-A", " b ")], b"")
        assert b"Keep-Alive" not in sent
        assert b"X-A: b\r\n" in sent


def test_well_known_headers_are_bounded(respond, monkeypatch):
    monkeypatch.setattr(messages, "MOST_KNOWN", 5)
    messages._known.clear()
    for number in range(12):
        respond([("Content-Length", "0"), ("X-Number", str(number))], b"")
    assert len(messages._known) <= 5


def test_requests_of_a_line_follow_each_other(config):
    parser = LineParser(config, Line(GET % 1 + POST + POST + GET % 2), PEER)
    assert next(parser).path == "/1"
    assert next(parser).body.read() == b"body"
    # One is left unread.
    assert next(parser).method == "POST"
    assert parser.finish_body()
    assert next(parser).path == "/2"


def test_a_body_that_does_not_come_whole_is_not_passed_over(config):
    parser = LineParser(config, Line(POST[:-2]), PEER)
    next(parser)
    with pytest.raises((NoMoreData, StopIteration)):
        next(parser)


@pytest.mark.parametrize(("address", "scheme"), [("127.0.0.1", "https"), ("192.0.2.7", "http")])
def test_a_proxy_alone_says_how_it_was_reached(config, address, scheme):
    said = GET.replace(b"\r\n\r\n", b"\r\nX-Forwarded-Proto: https\r\n\r\n")
    parser = LineParser(config, Line(said % 1 + said % 2), (address, 5000))
    assert [next(parser).scheme for _ in range(2)] == [scheme, scheme]


def test_a_setting_is_looked_up_once():
    class Counted:
        def __init__(self):
            self.asked = []

        def __getattr__(self, name):
            self.asked.append(name)
            return 32

    counted = Counted()
    kept = KeptConfig(counted)
    assert (kept.threads, kept.threads, counted.asked) == (32, 32, ["threads"])
