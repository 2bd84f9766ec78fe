"""A threaded gunicorn worker in which slow clients hold no thread for long.

Heads, with the small bodies behind them, are gathered in the event loop: a thread begins when
all of it is there. What a thread then reads or sends has a deadline.
"""

import contextlib
import errno
import resource
import selectors
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.server.heads import awaits_body, is_whole
from config.server.lines import BLOCK_BYTES, CROWDED_SECONDS, ExpectedBody, PatientSocket, Waiting

# The largest head and body that are gathered before a thread begins.
GATHERED_BYTES = 128 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# How long a client may take to hang up after the answer that ends its line.
LINGER_SECONDS = 2
# More than BODY_MAX_BYTES: hanging up on a sender reaches it as a broken line, not as an answer.
LINGER_BYTES = 4 * 1024 * 1024
# Open files beside connections: what each thread may hold (database, file, log), and our own.
FILES_PER_THREAD, FILES_BESIDE = 3, 64
NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)


class PatientWorker(ThreadWorker):
    """gunicorn's threaded worker, with deadlines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Beside `threads`: whoever sends a large body waits for the like of them alone.
        self._for_bodies = max(self.cfg.threads // 4, 1)
        self._waiting = Waiting(self._for_bodies)
        # Requests with a large body that wait for one of these threads.
        self._queued: deque[TConn] = deque()
        self._busy = 0
        self.worker_connections: int = self.cfg.worker_connections

    def init_process(self) -> None:
        """Make the threads that read large bodies; then serve."""
        threads = self.cfg.threads + self._for_bodies
        beside = threads * FILES_PER_THREAD + FILES_BESIDE
        places = open_files(self.worker_connections + beside) - beside
        self.worker_connections = min(self.worker_connections, max(places, threads))
        self._bodies = ThreadPoolExecutor(self._for_bodies)
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            super().run()
        finally:
            self._bodies.shutdown(wait=False)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection. Where all places are taken, who has waited longest makes room."""
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in NO_MORE_FILES:
                raise
            # Else the worker would end here, and every download that it sends.
            self._make_room()

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
        conn.since = time.monotonic()
        conn.timeout = conn.since + patience
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
        if not awaits_body(conn.gathered):
            self._answer(conn, self.tpool)
        elif self._busy < self._for_bodies:
            self._busy += 1
            self._answer(conn, self._bodies)
        else:
            conn.timeout = time.monotonic() + settings.BODY_SECONDS
            self._queued.append(conn)

    def _answer(self, conn: TConn, pool: ThreadPoolExecutor) -> None:
        conn.reads_body = pool is self._bodies
        answering = pool.submit(self.handle, conn)
        answering.add_done_callback(
            lambda answered: self.method_queue.defer(self.finish_request, conn, answered)
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
        if conn not in self.pending_conns:
            # It made room for another one that came at the same moment.
            return
        self._forget(conn)
        if conn.lingers:
            self._discard(conn)
        else:
            self._gather(conn)

    def murder_pending(self) -> None:
        """Close the connections that are past their deadline."""
        now = time.monotonic()
        waiting = (*self.pending_conns, *self._queued)
        for conn in [each for each in waiting if each.timeout <= now]:
            self._forget(conn)
            self._drop(conn)

    def _make_room(self) -> None:
        # Never the newest: whoever sends a request at once is answered, however many do not.
        waiting = (*self.pending_conns, *self._queued)
        if waiting:
            oldest = min(waiting, key=lambda conn: getattr(conn, "since", 0))
            self._forget(oldest)
            self._drop(oldest)

    def _forget(self, conn: TConn) -> None:
        if conn in self._queued:
            self._queued.remove(conn)
            return
        self.pending_conns.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep a connection alive, or wait in the event loop until its client hangs up."""
        if getattr(conn, "reads_body", False):
            conn.reads_body = False
            self._read_next_body()
        is_over = not fs.cancelled() and fs.exception() is None and fs.result() is False
        if self.cfg.is_ssl or not is_over:
            super().finish_request(conn, fs)
            return
        # gunicorn itself would wait here for this one client, and nobody else be served.
        conn.since = time.monotonic()
        conn.timeout, conn.lingers = conn.since + LINGER_SECONDS, LINGER_BYTES
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            self._drop(conn)
        else:
            self._discard(conn)

    def _read_next_body(self) -> None:
        if self._queued:
            self._answer(self._queued.popleft(), self._bodies)
        else:
            self._busy -= 1

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
        """Handle one request, with what was gathered of it in front."""
        if not self.cfg.is_ssl:
            conn.init()
            conn.sock.setblocking(True)
            gathered, conn.gathered = conn.gathered, b""
            conn.parser.unreader.unread(gathered)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Send `100 Continue` where a body is read, and not before."""
        if req._expected_100_continue:
            req._expected_100_continue = False
            req.body = ExpectedBody(req.body, lambda: conn.sock.sendall(CONTINUE))
        return super().handle_request(req, conn)


def _received(conn: TConn, size: int) -> bytes:
    # In the event loop, where a read waits for nobody.
    sock = conn.sock
    return (sock.sock if isinstance(sock, PatientSocket) else sock).recv(size)


def open_files(count: int) -> int:
    """Raise the limit of open files to so many where the system allows it; return the limit."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    if highest != resource.RLIM_INFINITY:
        count = min(count, highest)
    if allowed != resource.RLIM_INFINITY and allowed < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, highest))
        return count
    return count if allowed == resource.RLIM_INFINITY else allowed
