"""Bodies as real servers meet them: two requests on one line, of which the first is refused."""

import socket

import pytest

pytestmark = pytest.mark.slow

NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BODY = b"x" * 40_000
CHUNK = b"9c40\r\n" + BODY + b"\r\n0\r\n\r\n"
REFUSED = {
    "404": "POST /nowhere",
    "405": "POST /healthz",
    "403 for want of a csrf token": "POST /admin/login/",
    "401": "POST /api/graphql",
    "405 of the framework": "PUT /api/v2/customer-account-orders",
    "404 of a webhook": "POST /webhooks/nobody",
    "200": "GET /healthz",
}


def said_on_one_line(port, asked, *, headers, body):
    """Send a request and another behind it; return whether close was said, and the statuses."""
    head = f"{asked} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head + body + NEXT)
        got = b""
        while block := line.recv(65536):
            got += block
    first = got.partition(b"\r\n\r\n")[0].decode().lower()
    statuses = [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]
    return "connection: close" in first, statuses


@pytest.mark.parametrize("way", ["application", "nginx"])
@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("kind", ["declared", "chunked"])
def test_the_next_request_on_a_line_is_answered_or_the_line_said_it_closes(ways, way, asked, kind):
    headers, body = f"Content-Length: {len(BODY)}", BODY
    if kind == "chunked":
        headers, body = "Transfer-Encoding: chunked", CHUNK
    is_closing, statuses = said_on_one_line(ways.port(way), asked, headers=headers, body=body)
    assert len(statuses) == (1 if is_closing else 2)
    if way == "application":
        # Nobody has read the body here.
        assert is_closing
