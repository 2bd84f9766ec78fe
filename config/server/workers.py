"""A threaded gunicorn worker in which slow clients hold no thread for long.

Heads, with the small bodies behind them, are gathered in the event loop: a thread begins when
all of it is there. What a thread then reads or sends has a deadline.
"""

import contextlib
import errno
import selectors
import socket
import time
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.server.heads import awaits_body, is_whole
from config.server.lines import BLOCK_BYTES, CROWDED_SECONDS, ExpectedBody, PatientSocket, Waiting
from config.server.messages import KeptConfig, LineParser, WholeResponse
from config.server.open_files import places_for
from config.server.turns import Answered, BodyTurns, Calls, Turns, few_of

# The largest head and body that are gathered before a thread begins.
GATHERED_BYTES = 128 * 1024
NOTIFY_SECONDS = 1
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# How long a client may take to hang up after the answer that ends its line.
LINGER_SECONDS = 2
# More than BODY_MAX_BYTES: hanging up on a sender reaches it as a broken line, not as an answer.
LINGER_BYTES = 4 * 1024 * 1024
NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)

# The threaded worker names none, and takes what stands there.
wsgi.Response = WholeResponse


class PatientWorker(ThreadWorker):
    """gunicorn's threaded worker, with deadlines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cfg: Any = KeptConfig(self.cfg)
        # Beside `threads`: whoever sends a large body waits for the like of them alone.
        self._for_bodies = max(self.cfg.threads // 4, 1)
        self._waiting = Waiting(self._for_bodies)
        self._turns = Turns(few_of(self.cfg.threads), self._answer)
        self.method_queue = Calls()
        self._notified = 0.0
        self.worker_connections: int = self.cfg.worker_connections

    def init_process(self) -> None:
        """Make the threads that read large bodies; then serve."""
        threads = self.cfg.threads + self._for_bodies
        self.worker_connections = places_for(self.worker_connections, threads=threads)
        # Threads: only once the process is this worker's own.
        self._bodies = BodyTurns(self._for_bodies, self._answer)
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        if not self.cfg.is_ssl:
            self._turns.start(self.tpool)
        try:
            super().run()
        finally:
            self._turns.stop(self.cfg.threads)
            self._bodies.stop()

    def notify(self) -> None:
        """Tell the arbiter that this worker lives; not with every event."""
        now = time.monotonic()
        if now >= self._notified + NOTIFY_SECONDS:
            self._notified = now
            super().notify()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what comes, and see to whose turn it is."""
        super().wait_for_and_dispatch_events(min(timeout, self._turns.patience()))
        self._turns.look()

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
                block = conn.sock.receive_now(GATHERED_BYTES - len(conn.gathered))
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
            self._turns.take(conn)
        else:
            conn.reads_body = True
            conn.timeout = time.monotonic() + settings.BODY_SECONDS
            self._bodies.take(conn)

    def _answer(self, conn: TConn) -> None:
        # Called in a thread.
        try:
            answered = Answered(keeps_line=self.handle(conn))
        except BaseException as error:  # noqa: BLE001 (the event loop closes the line)
            answered = Answered(error=error)
        self.method_queue.defer(self.finish_request, conn, answered)

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
        waiting = (*self.pending_conns, *self._bodies.waiting)
        for conn in [each for each in waiting if each.timeout <= now]:
            self._forget(conn)
            self._drop(conn)

    def _make_room(self) -> None:
        # Never the newest: whoever sends a request at once is answered, however many do not.
        waiting = (*self.pending_conns, *self._bodies.waiting)
        if waiting:
            oldest = min(waiting, key=lambda conn: getattr(conn, "since", 0))
            self._forget(oldest)
            self._drop(oldest)

    def _forget(self, conn: TConn) -> None:
        if conn in self._bodies.waiting:
            self._bodies.waiting.remove(conn)
            return
        self.pending_conns.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep a connection alive, or wait in the event loop until its client hangs up."""
        if getattr(conn, "reads_body", False):
            conn.reads_body = False
            self._bodies.end()
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

    def _discard(self, conn: TConn) -> None:
        try:
            while conn.lingers > 0 and (block := conn.sock.receive_now(BLOCK_BYTES)):
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
            if conn.parser is None:
                conn.parser, conn.initialized = LineParser(self.cfg, conn.sock, conn.client), True
            gathered, conn.gathered = conn.gathered, b""
            conn.parser.unreader.unread(gathered)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Send `100 Continue` where a body is read, and not before."""
        if req._expected_100_continue:
            req._expected_100_continue = False
            req.body = ExpectedBody(req.body, lambda: conn.sock.sendall(CONTINUE))
        return super().handle_request(req, conn)
