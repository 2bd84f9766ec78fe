"""Bodies as real servers meet them: two requests on one line, of which the first is refused."""

import contextlib
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


@pytest.mark.parametrize("way", ["application", "nginx"])
@pytest.mark.parametrize("kind", ["Content-Length: 50000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    "path",
    ["/", "/links", "/orders/abc", "/admin/login/", "/admin/downloads/asset/add/", "/api/graphql"],
)
def test_a_stranger_leaves_nothing_on_the_disk(ways, way, kind, path):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    part = b"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n" + b"a" * 1_000_000
    block = b"%x\r\n%s\r\n" % (len(part), part) if "chunked" in kind else part
    with socket.create_connection(("127.0.0.1", ways.port(way)), timeout=20) as line:
        line.sendall(head.encode())
        sent = 0
        with contextlib.suppress(OSError):
            for _ in range(50):
                line.sendall(block)
                sent += len(block)
        with contextlib.suppress(OSError):
            assert b" 4" in line.recv(65536)[:13]
    # nginx takes in and throws away what comes after its refusal; the application does not, and
    # only the buffers of the two ends fill.
    assert way == "nginx" or sent < 20_000_000
    kept = [
        each
        for each in ways.nginx.folder.rglob("*")
        if each.is_file() and each.parent.name in ("client_body", "proxy")
    ]
    assert kept == []
