"""A threaded gunicorn worker in which slow clients hold no thread for long.

Heads, with the small bodies behind them, are gathered in the event loop: a thread begins when
all of it is there. What a thread then reads or sends has a deadline.
"""

import contextlib
import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.heads import awaits_body, is_whole
from config.lines import BLOCK_BYTES, CROWDED_SECONDS, AskedFor, PatientSocket, Waiting

# The largest head and body that are gathered before a thread begins.
GATHERED_BYTES = 128 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# How long a client may take to hang up after the answer that ends its line.
LINGER_SECONDS = 2
LINGER_BYTES = 1024 * 1024


class PatientWorker(ThreadWorker):
    """gunicorn's threaded worker, with deadlines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Beside `threads`: whoever sends a large body waits for the like of them alone.
        self._for_bodies = max(self.cfg.threads // 4, 1)
        self._waiting = Waiting(self._for_bodies)

    def init_process(self) -> None:
        """Make the threads that read large bodies; then serve."""
        self._bodies = ThreadPoolExecutor(self._for_bodies)
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            super().run()
        finally:
            self._bodies.shutdown(wait=False)

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to a thread once its request's head is whole."""
        if self.cfg.is_ssl or conn.is_http2:
            super().enqueue_req(conn)
            return
        if not isinstance(conn.sock, PatientSocket):
            conn.sock, conn.gathered = PatientSocket(conn.sock, waiting=self._waiting), b""
        if conn.parser is not None:
            conn.gathered += conn.parser.unreader.take_buffered()
        conn.sock.setblocking(False)
        patience = settings.HEAD_SECONDS if self.alive else CROWDED_SECONDS
        conn.timeout = time.monotonic() + patience
        conn.lingers = 0
        self._gather(conn)

    def _gather(self, conn: TConn) -> None:
        # Called in the event loop alone.
        is_over = False
        while len(conn.gathered) < GATHERED_BYTES and not is_whole(conn.gathered):
            try:
                block = _received(conn, GATHERED_BYTES - len(conn.gathered))
            except BlockingIOError:
                self._await(conn)
                return
            except OSError:
                block = b""
            if not block:
                is_over = True
                break
            conn.gathered += block
        if is_over and not conn.gathered:
            self._drop(conn)
            return
        conn.data_ready = True
        # Who waits for a thread by then has been sending.
        conn.sock.begin()
        pool = self._bodies if awaits_body(conn.gathered) else self.tpool
        answering = pool.submit(self.handle, conn)
        answering.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _await(self, conn: TConn) -> None:
        self.pending_conns.append(conn)
        again = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, again)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take in what has come of a head."""
        if self.cfg.is_ssl:
            super().on_pending_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if conn.lingers:
            self._discard(conn)
        else:
            self._gather(conn)

    def murder_pending(self) -> None:
        """Close the lines that are late, and sooner where hardly another finds room."""
        until = time.monotonic()
        if self.nr_conns >= self.worker_connections * 0.9:
            until += max(settings.HEAD_SECONDS - CROWDED_SECONDS, 0)
        for conn in [each for each in self.pending_conns if each.timeout <= until]:
            self.pending_conns.remove(conn)
            with contextlib.suppress(OSError, KeyError, ValueError):
                self.poller.unregister(conn.sock)
            self._drop(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep a line, or wait in the event loop until its client hangs up."""
        is_over = not fs.cancelled() and fs.exception() is None and fs.result() is False
        if self.cfg.is_ssl or not is_over:
            super().finish_request(conn, fs)
            return
        # gunicorn itself would wait here for this one client, and nobody else be served.
        conn.timeout, conn.lingers = time.monotonic() + LINGER_SECONDS, LINGER_BYTES
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            self._drop(conn)
        else:
            self._discard(conn)

    def _discard(self, conn: TConn) -> None:
        try:
            while conn.lingers > 0 and (block := _received(conn, BLOCK_BYTES)):
                conn.lingers -= len(block)
        except BlockingIOError:
            self._await(conn)
        except OSError:
            self._drop(conn)
        else:
            self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle(self, conn: TConn) -> Any:
        """Answer one request, with what was gathered of it in front."""
        if not self.cfg.is_ssl:
            conn.init()
            conn.sock.setblocking(True)
            gathered, conn.gathered = conn.gathered, b""
            conn.parser.unreader.unread(gathered)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Ask for a body (`100 Continue`) where it is read, and not before."""
        if req._expected_100_continue:
            req._expected_100_continue = False
            req.body = AskedFor(req.body, lambda: conn.sock.sendall(CONTINUE))
        return super().handle_request(req, conn)


def _received(conn: TConn, size: int) -> bytes:
    # In the event loop, where a read waits for nobody.
    sock = conn.sock
    return (sock.sock if isinstance(sock, PatientSocket) else sock).recv(size)
