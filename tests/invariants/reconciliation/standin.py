"""A platform's API on 127.0.0.1: it answers like the published one, and has its bad days.

What a shop has is its truth; how it is asked stands in `shopify.py` and `woocommerce.py`.
"""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Where one is that no socket leads to: see `in_process.py`.
WITHOUT_SOCKET = "https://stand-in.example"


@dataclass
class Reply:
    document: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Standin:
    """A server of one shop; use it in a `with` block.

    `bucket` requests may come at once, and `leak` a second; it `says` how large the bucket is. Of
    all requests each `fails_every`th is answered 502, and at each `breaks_every`th the line breaks
    in the middle of the body; 0: never. No page has more than `largest_page` rows, whatever is
    asked for.
    """

    content_type = "application/json; charset=utf-8"

    def __init__(
        self,
        *,
        bucket: int = 40,
        leak: float = 2.0,
        says: int = 0,
        fails_every: int = 0,
        breaks_every: int = 0,
        largest_page: int = 10**6,
    ) -> None:
        self.bucket, self.leak, self.says = bucket, leak, says or bucket
        self.fails_every, self.breaks_every = fails_every, breaks_every
        self.largest_page = largest_page
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.statuses: list[int] = []
        self.level, self.leaked_at = 0.0, time.monotonic()
        self.turn = threading.Lock()
        self.server: ThreadingHTTPServer | None = None

    def __enter__(self) -> "Standin":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        if self.server is None:
            return WITHOUT_SOCKET
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path: str, query: dict[str, str]) -> Reply:
        """Return what the shop says to somebody who is let in."""
        raise LookupError(path)

    def change(self, method: str, path: str, query: dict[str, str], body: bytes) -> Reply:
        """Return what the shop says to somebody who sends something."""
        raise LookupError(path)

    def is_open(self, path: str) -> bool:
        """Say whether a place asks for no access."""
        return False

    def refusal(self, headers: Any) -> Reply | None:
        """Return what a stranger is told; None lets them in."""
        raise LookupError

    def headers(self) -> dict[str, str]:
        """Return what stands on every answer."""
        return {}

    def too_many(self) -> Reply:
        """Return what is said to whoever asks too often."""
        return Reply({"errors": "Too many requests"}, 429)

    def reply(
        self, target: str, headers: Any, *, method: str = "GET", body: bytes = b""
    ) -> tuple[Reply, bool]:
        """Return the answer to one request, and whether the line breaks in its middle."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self.turn:
            self.asked.append((parts.path, query))
            count = len(self.asked)
            reply = self._reply(parts.path, query, headers, count, method, body)
            self.statuses.append(reply.status)
            reply.headers = self.headers() | reply.headers
        breaks = reply.status == 200 and _is_turn(count, self.breaks_every)
        return reply, breaks

    def _reply(
        self, path: str, query: dict[str, str], headers: Any, count: int, method: str, body: bytes
    ) -> Reply:
        if not self.is_open(path) and (refusal := self.refusal(headers)):
            return refusal
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.leaked_at) * self.leak)
        self.leaked_at = now
        if self.level + 1 > self.bucket:
            wait = (self.level + 1 - self.bucket) / self.leak
            reply = self.too_many()
            reply.headers["Retry-After"] = f"{max(wait, 0.1):.1f}"
            return reply
        self.level += 1
        if _is_turn(count, self.fails_every):
            return Reply("<html>Bad gateway</html>", 502)
        if method != "GET":
            return self.change(method, path, query, body)
        return self.answer(path, query)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets, and the second would wait for the first to be
            # acknowledged, which the other side puts off: 40 ms of each answer.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply, breaks = standin.reply(
                    self.path, self.headers, method=self.command, body=sent
                )
                body = json.dumps(reply.document).encode()
                self.send_response(reply.status)
                self.send_header("Content-Type", standin.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if breaks else body)
                self.close_connection = self.close_connection or breaks

            def __getattr__(self, name: str) -> Any:
                # It is asked for `do_POST` and the like; all are read alike.
                if name.startswith("do_"):
                    return self.do_GET
                raise AttributeError(name)

            def handle(self) -> None:
                # Who has heard enough hangs up.
                with contextlib.suppress(ConnectionError):
                    super().handle()

            def log_message(self, *given: object) -> None:
                pass

        return Handler


def _is_turn(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
