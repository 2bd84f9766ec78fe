"""Request bodies at the WSGI boundary: a connection is closed where one is left unread."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Readable(Protocol):
    """A server's `wsgi.input`."""

    def read(self, size: int = -1, /) -> bytes: ...

    def readline(self, size: int = -1, /) -> bytes: ...


class TrackedBody:
    """A `wsgi.input` wrapper that tracks whether it was read to its end.

    `length` is what the request declares; None where it comes in chunks, and only its end tells.
    """

    def __init__(self, source: Readable, *, length: int | None) -> None:
        self._source = source
        self._left = length
        self._is_over = False

    @property
    def is_unread(self) -> bool:
        """Say whether anything of the body is left unread."""
        return not self._is_over and self._left != 0

    def read(self, size: int | None = -1) -> bytes:
        """Read as the server's own input does."""
        return self._note(self._source.read(-1 if size is None else size), size=size)

    def readline(self, size: int | None = -1) -> bytes:
        """Read a line as the server's own input does."""
        return self._note(self._source.readline(-1 if size is None else size), size=size)

    def _note(self, content: bytes, *, size: int | None) -> bytes:
        if self._left is not None:
            self._left = max(self._left - len(content), 0)
        if not content and size != 0:
            self._is_over = True
        return content


class ClosesUnread:
    """Close the connection (`Connection: close`) after an answer that left its body unread.

    What is left of a body would be taken for the next request. An application may not send the
    header itself (PEP 3333: it is the server's), so gunicorn's answer is told to close. A server
    that has no such word reads the rest away by itself.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = None if environ.get("HTTP_TRANSFER_ENCODING") else _declared(environ)
        if length == 0:
            return self._application(environ, start_response)
        body = TrackedBody(environ["wsgi.input"], length=length)
        environ["wsgi.input"] = body

        def start(*answer: Any, **more: Any) -> Any:
            force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
            if body.is_unread and force_close is not None:
                force_close()
            return start_response(*answer, **more)

        return self._application(environ, start)


def _declared(environ: Environ) -> int:
    # Servers refuse a length that is no number; Django reads one as none.
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0
