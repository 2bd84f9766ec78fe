"""When a request is whole enough for a thread."""

import pytest

from config.server.heads import SMALL_BYTES, awaits_body, is_whole

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("gathered", "whole", "awaits"),
    [
        (b"", False, False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", False, False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True, False),
        (POST + b"Content-Length: 0\r\n\r\n", True, False),
        (POST + b"Content-Length: 5\r\n\r\n", False, True),
        (POST + b"content-length:\t5 \r\n\r\n1234", False, True),
        (POST + b"CONTENT-LENGTH: 5\r\n\r\n12345", True, False),
        (POST + b"Content-Length: 5\r\n\r\n12345GET /", True, False),
        (POST + b"Content-Length: %d\r\n\r\n" % SMALL_BYTES, False, True),
        (POST + b"Content-Length: %d\r\n\r\n1" % (SMALL_BYTES + 1), True, True),
        (POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", True, True),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", True, True),
        (POST + b"Content-Length: five\r\n\r\n", True, False),
    ],
)
def test_a_head_and_a_small_body_are_waited_for(gathered, whole, awaits):
    assert (is_whole(gathered), awaits_body(gathered)) == (whole, awaits)
