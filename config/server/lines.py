"""Socket deadlines against slow clients: for what is received of a body, and for what is sent."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from gunicorn.http.errors import NoMoreData

BLOCK_BYTES = 64 * 1024
# How long a body may take to begin, and a head to come, where there is a crowd of slow ones.
CROWDED_SECONDS = 2


class PatientSocket:
    """A connection that is given up where its client sends or reads too slowly.

    It never blocks by itself: who has to wait says for how long. What it is told of timeouts is
    kept here, and costs no call of the system.
    """

    def __init__(self, sock: socket.socket, *, waiting: "Waiting") -> None:
        sock.setblocking(False)
        self.sock = sock
        self.fileno = sock.fileno
        self._waiting = waiting
        self._timeout: float | None = None
        self._started, self._got = time.monotonic(), 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def gettimeout(self) -> float | None:
        """Return how long the next read may wait at most, beside the deadline of its request."""
        return self._timeout

    def settimeout(self, seconds: float | None) -> None:
        """Set how long the next read may wait at most."""
        self._timeout = seconds

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 (a socket's)
        """Set whether the next read may wait."""
        self._timeout = None if flag else 0.0

    def begin(self) -> None:
        """Start the clock of one request."""
        self._started, self._got = time.monotonic(), 0

    def receive_now(self, size: int) -> bytes:
        """Receive what has come.

        Raises:
            BlockingIOError: nothing.
        """
        return self.sock.recv(size)

    def recv(self, size: int, *flags: int) -> bytes:
        """Receive, or give up where this request's body comes too slowly.

        Raises:
            NoMoreData: it does; to gunicorn, the client has gone.
        """
        timeout = self._timeout
        with self._waiting.one() as is_crowded:
            grace = CROWDED_SECONDS if is_crowded else settings.BODY_SECONDS
            # A large body has as long as a steady line needs; a byte now and then adds nothing.
            grace += self._got / settings.BODY_BYTES_PER_SECOND
            left = max(self._started + grace - time.monotonic(), 0.001)
            try:
                self.sock.settimeout(left if timeout is None else min(left, timeout))
                received = self.sock.recv(size, *flags)
            except TimeoutError:
                raise NoMoreData from None
            finally:
                with contextlib.suppress(OSError):
                    self.sock.setblocking(False)
        self._got += len(received)
        return received

    def sendall(self, content: bytes, *flags: int) -> None:
        """Send, each 64 KiB within `STREAM_SEND_SECONDS`; a buyer who does not read hangs up."""
        try:
            sent = self.sock.send(content, *flags)
        except BlockingIOError:
            sent = 0
        if sent < len(content):
            self._send_slowly(memoryview(content)[sent:], *flags)

    def _send_slowly(self, view: memoryview, *flags: int) -> None:
        try:
            self.sock.settimeout(settings.STREAM_SEND_SECONDS)
            for start in range(0, len(view), BLOCK_BYTES):
                self.sock.sendall(view[start : start + BLOCK_BYTES], *flags)
        except TimeoutError:
            raise BrokenPipeError(32, "The client does not read.") from None
        finally:
            with contextlib.suppress(OSError):
                self.sock.setblocking(False)


class Waiting:
    """How many threads wait for a body at this moment."""

    def __init__(self, threads: int) -> None:
        self._half = max(threads // 2, 1)
        self._count = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def one(self) -> Iterator[bool]:
        """Count one more; yield whether they are more than half."""
        with self._lock:
            self._count += 1
            is_crowded = self._count > self._half
        try:
            yield is_crowded
        finally:
            with self._lock:
                self._count -= 1


class ExpectedBody:
    """A request body that answers `Expect: 100-continue` when it is first read."""

    def __init__(self, body: Any, send_continue: Callable[[], None]) -> None:
        self._body = body
        self._send_continue: Callable[[], None] | None = send_continue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, size: int | None = None) -> bytes:
        """Have it sent, once, and read."""
        self._begin()
        return self._body.read(size)

    def readline(self, size: int | None = None) -> bytes:
        """Have it sent, once, and read a line."""
        self._begin()
        return self._body.readline(size)

    def _begin(self) -> None:
        if self._send_continue is not None:
            self._send_continue()
            self._send_continue = None
