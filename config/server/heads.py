"""HTTP/1.1 message framing: where a request's head, and the small body behind it, end."""

import re

END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
SMALL_BYTES = 64 * 1024


def is_whole(gathered: bytes) -> bool:
    """Tell whether a thread may begin: the head is there, and so is a small body of known length.

    A body that waits to be asked for, comes in chunks or is large is read by the thread.
    """
    head, end, body = gathered.partition(END)
    if not end:
        return False
    missing = _missing(head + b"\r\n", body)
    return missing <= 0 or missing + len(body) > SMALL_BYTES or bool(_EXPECTS.search(head))


def awaits_body(gathered: bytes) -> bool:
    """Tell whether more of the body has to be read than has come."""
    head, _, body = gathered.partition(END)
    return bool(_CHUNKED.search(head)) or _missing(head + b"\r\n", body) > 0


def _missing(head: bytes, body: bytes) -> int:
    length = _LENGTH.search(head)
    return int(length[1]) - len(body) if length else 0
