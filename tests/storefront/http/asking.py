"""Asking the application as a WSGI server does, with a body that counts what is read of it."""

import io
from collections.abc import Iterator
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from storefront.http.bodies import ClosesUnread

METHODS = ("GET", "POST", "PUT", "BREW")


class CountedInput(io.BytesIO):
    """A line that endlessly sends, or that sends this content; `taken` is what was read."""

    def __init__(self, content: bytes | None = None) -> None:
        super().__init__(content or b"")
        self.is_endless = content is None
        self.taken = 0

    def read(self, size: int | None = -1) -> bytes:
        got = b"x" * (size or 0) if self.is_endless else super().read(size)
        self.taken += len(got)
        return got

    def readline(self, size: int | None = -1) -> bytes:
        got = self.read(size) if self.is_endless else super().readline(size)
        if not self.is_endless:
            self.taken += len(got)
        return got


class Reply:
    """A server's answer, as gunicorn's is: it can be told to close."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_closing = False

    def force_close(self) -> None:
        self.is_closing = True

    def start_response(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status.split()[0])
        self.headers = dict(headers)


def ask(
    path: str,
    *,
    method: str = "POST",
    body: CountedInput,
    handler: WSGIHandler | None = None,
    **more: Any,
) -> Reply:
    """Ask once; headers as a WSGI server names them. Who asks often makes one handler for all."""
    reply = Reply()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
    }
    # The test's own transaction would go with them.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        answer = ClosesUnread(handler or WSGIHandler())(environ | more, reply.start_response)
        for _ in answer:
            pass
        getattr(answer, "close", lambda: None)()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    return reply


def every_path() -> list[str]:
    """Return one path for each route there is, and one that leads nowhere."""
    return sorted({*_paths(get_resolver()), "/nowhere", "/admin/nowhere/"})


def _paths(resolver: Any, before: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = before + _filled(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        else:
            yield from _paths(entry, path)


def _filled(pattern: Any) -> str:
    if not isinstance(pattern, RoutePattern):
        return "x/"
    text = str(pattern)
    for name, converter in pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        value = {"int": "1", "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12}.get(kind, "abc")
        for written in (f"<{kind}:{name}>", f"<str:{name}>", f"<{name}>"):
            text = text.replace(written, value)
    return text
