"""A proxy that counts what goes over a line: statements to PostgreSQL, round trips to any server.

It sees what a driver really sends, whoever writes the statement and however it is batched.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

BLOCK_BYTES = 64 * 1024
# A length comes first where PostgreSQL's protocol has no type yet: versions, and what is no login.
WITHOUT_LOGIN = (80877103, 80877104)
# "Query" and "Execute" of PostgreSQL's protocol.
STATEMENTS = b"QE"


@dataclass(frozen=True)
class Counts:
    """How often a client asked and then waited, and how many statements it sent."""

    trips: int = 0
    statements: int = 0

    def since(self, before: "Counts") -> "Counts":
        """Return what was counted since."""
        return Counts(self.trips - before.trips, self.statements - before.statements)


class CountingProxy:
    """Passes lines on to a server, and counts."""

    def __init__(self, host: str, port: int, *, is_postgresql: bool) -> None:
        self.server, self.is_postgresql = (host, port), is_postgresql
        self.counts = Counts()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listening]
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Close all lines."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                server = socket.create_connection(self.server)
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [client, server]
                line = _Line(self, client, server)
                threading.Thread(target=line.send, daemon=True).start()
                threading.Thread(target=line.answer, daemon=True).start()


class _Line:
    """One client's connection."""

    def __init__(self, proxy: CountingProxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.has_answered = True
        self._parsed, self._has_login = b"", False

    def send(self) -> None:
        """Pass on what the client sends."""
        with contextlib.suppress(OSError):
            while block := self.client.recv(BLOCK_BYTES):
                counts = self.proxy.counts
                statements = self._statements(block) if self.proxy.is_postgresql else 0
                self.proxy.counts = replace(
                    counts,
                    trips=counts.trips + self.has_answered,
                    statements=counts.statements + statements,
                )
                self.has_answered = False
                self.server.sendall(block)
            self.server.shutdown(socket.SHUT_WR)

    def answer(self) -> None:
        """Pass on what the server answers."""
        with contextlib.suppress(OSError):
            while block := self.server.recv(BLOCK_BYTES):
                self.has_answered = True
                self.client.sendall(block)
            self.client.shutdown(socket.SHUT_WR)

    def _statements(self, block: bytes) -> int:
        self._parsed += block
        found = 0
        while True:
            typed = 1 if self._has_login else 0
            length = int.from_bytes(self._parsed[typed : typed + 4], "big") + typed
            if len(self._parsed) < max(length, typed + 4):
                return found
            message, self._parsed = self._parsed[:length], self._parsed[length:]
            if not self._has_login:
                self._has_login = int.from_bytes(message[4:8], "big") not in WITHOUT_LOGIN
            elif message[:1] in {bytes([each]) for each in STATEMENTS}:
                found += 1


@contextlib.contextmanager
def counting(host: str, port: int, *, is_postgresql: bool) -> Iterator[CountingProxy]:
    """Yield a proxy before a server, gone afterwards."""
    proxy = CountingProxy(host, port, is_postgresql=is_postgresql)
    try:
        yield proxy
    finally:
        proxy.stop()
