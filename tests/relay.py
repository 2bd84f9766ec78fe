"""A relay before PostgreSQL that counts round trips: turns from asking to answering."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

HEAD_BYTES = 64 * 1024


class Relay:
    """Passes on what a client and the server say; `turns` is how often the client began anew."""

    def __init__(self, host: str, port: int) -> None:
        self.turns = 0
        self._server = (host, port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        client, _ = self._door.accept()
        server = socket.create_connection(self._server)
        is_answered = True
        with client, server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    chunk = ready.recv(HEAD_BYTES)
                    if not chunk:
                        return
                    # Before what it brings is passed on: else the client would be quicker.
                    self.turns += ready is client and is_answered
                    is_answered = ready is server
                    (server if ready is client else client).sendall(chunk)

    def close(self) -> None:
        """End it, once the client has gone."""
        self._thread.join(timeout=5)
        self._door.close()


@contextmanager
def relayed() -> Iterator[Relay]:
    """Lead this thread's connection through a relay, and back afterwards."""
    own = connection.settings_dict
    relay = Relay(own["HOST"] or "127.0.0.1", int(own["PORT"] or 5432))
    connection.close()
    connection.settings_dict = own | {"HOST": "127.0.0.1", "PORT": str(relay.port)}
    try:
        yield relay
    finally:
        connection.close()
        connection.settings_dict = own
        relay.close()
