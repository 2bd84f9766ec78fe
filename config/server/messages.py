"""gunicorn's own reading and writing of HTTP/1, without what it does anew for every request."""

from typing import Any

from gunicorn import util
from gunicorn.http.body import LengthReader
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response

# Headers that were found to be well-formed and go out as they are; far fewer than so many differ.
MOST_KNOWN = 1_000
_known: set[tuple[str, str]] = set()


class KeptConfig:
    """gunicorn's configuration, each setting looked up once: a worker's does not change."""

    def __init__(self, config: Any) -> None:
        self._config = config

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._config, name)
        setattr(self, name, value)
        return value


class LineRequest(Request):
    """A request that asks once for all of its line whether a proxy of ours sends it."""

    def _peer_is_trusted_proxy(self) -> bool:
        if self.unreader.is_trusted is None:
            self.unreader.is_trusted = super()._peer_is_trusted_proxy()
        return self.unreader.is_trusted


class LineParser(RequestParser):
    """Parser of a line's requests. Of a body that was read there is nothing to discard."""

    mesg_class = LineRequest

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.unreader.is_trusted = None

    def finish_body(self, *args: Any, **kwargs: Any) -> bool:
        """Discard what is left unread of the body; return whether the line can be used again."""
        reader = self.mesg.body.reader if self.mesg else None
        if isinstance(reader, LengthReader) and not reader.length:
            return True
        return super().finish_body(*args, **kwargs)


class WholeResponse(Response):
    """A response whose head leaves together with what its body begins with."""

    def process_headers(self, headers: Any) -> None:
        """Check headers, unless the very same were found well before."""
        for header in headers:
            if header in _known:
                self.headers.append(header)
                continue
            length, count = self.response_length, len(self.headers)
            super().process_headers([header])
            is_plain = self.headers[count:] == [header] and self.response_length == length
            if is_plain and header[0].lower() != "content-length":
                if len(_known) >= MOST_KNOWN:
                    _known.clear()
                _known.add(header)

    def write(self, arg: bytes) -> None:
        """Write a part of the body, with the head before the first one."""
        length = self.response_length
        if self.headers_sent or self._omits_body or length is None or len(arg) > length:
            super().write(arg)
            return
        names = [f"{name}: {value}\r\n" for name, value in self.headers]
        head = "".join((*self.default_headers(), *names, "\r\n"))
        self.sent = len(arg)
        util.write(self.sock, head.encode("latin-1") + arg)
        self.headers_sent: bool = True
