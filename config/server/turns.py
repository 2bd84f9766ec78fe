"""A worker's requests in turn: few threads at work at once, and nobody waits behind a slow one."""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

from gunicorn.workers.gthread import PollableMethodQueue

# How long a request is one of the few.
QUICK_SECONDS = 0.02
IDLE_SECONDS = 1.0
# The few: a part of all threads. The others are for what takes longer.
SHARE, LEAST = 4, 4


def few_of(threads: int) -> int:
    """Return how many of so many threads answer what is quick."""
    return min(max(threads // SHARE, LEAST), threads)


class Turns:
    """Answer requests in the order they came, by few threads as long as they are quick.

    Threads that share one interpreter gain nothing by more of them: each waits for it, is woken and
    put to sleep, several times for every request. So few go on from one request to the next. Whose
    request takes longer than `QUICK_SECONDS` waits for something else (a database, a buyer who
    reads slowly): another thread takes its place, and it ends with its request.
    """

    def __init__(self, few: int, answer: Callable[[Any], None]) -> None:
        self._few = few
        self._answer = answer
        self._requests: SimpleQueue[Any] = SimpleQueue()
        # Of each thread at work that has its place: when it began its request. Whoever takes it out
        # decides about the place.
        self._begun: dict[object, float] = {}

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Have the first threads wait for requests."""
        self._pool = pool
        for _ in range(self._few):
            pool.submit(self._go_on)

    def stop(self, threads: int) -> None:
        """Let the threads end once nothing waits."""
        for _ in range(threads):
            self._requests.put(None)

    def take(self, request: Any) -> None:
        """Have a request answered, now or in its turn."""
        self._requests.put(request)

    def look(self) -> None:
        """Give away the places of what takes too long, where others wait."""
        if self._requests.empty():
            return
        since = time.monotonic() - QUICK_SECONDS
        for thread, begun in list(self._begun.items()):
            if begun <= since and self._begun.pop(thread, None) is not None:
                self._pool.submit(self._go_on)

    def patience(self) -> float:
        """Return within how many seconds to look again."""
        if self._requests.empty():
            return IDLE_SECONDS
        now = time.monotonic()
        begun = min(list(self._begun.values()), default=now)
        return max(begun + QUICK_SECONDS - now, 0.0)

    def _go_on(self) -> None:
        thread = object()
        while (request := self._requests.get()) is not None:
            self._begun[thread] = time.monotonic()
            self._answer(request)
            if self._begun.pop(thread, None) is None:
                return


class BodyTurns:
    """Requests with a large body: read by threads of their own, so that they wait for the like.

    Called in the event loop alone.
    """

    def __init__(self, threads: int, answer: Callable[[Any], None]) -> None:
        self._free = threads
        self._answer = answer
        self._pool = ThreadPoolExecutor(threads)
        self.waiting: deque[Any] = deque()

    def take(self, request: Any) -> None:
        """Have a request answered, now or in its turn."""
        if self._free:
            self._free -= 1
            self._pool.submit(self._answer, request)
        else:
            self.waiting.append(request)

    def end(self) -> None:
        """Note that one of them is done."""
        self._free += 1
        if self.waiting:
            self.take(self.waiting.popleft())

    def stop(self) -> None:
        """Begin no more."""
        self._pool.shutdown(wait=False)


class Answered:
    """What became of a request, as gunicorn's event loop asks a future for it."""

    def __init__(self, *, keeps_line: Any = False, error: BaseException | None = None) -> None:
        self._keeps_line = keeps_line
        self._error = error

    def cancelled(self) -> bool:
        """Return whether nobody worked on it."""
        return False

    def exception(self) -> BaseException | None:
        """Return what was raised."""
        return self._error

    def result(self) -> Any:
        """Return whether the line can be used again."""
        if self._error is not None:
            raise self._error
        return self._keeps_line


class Calls(PollableMethodQueue):
    """Calls of the event loop by threads. It is woken for the first of them alone."""

    def __init__(self) -> None:
        super().__init__()
        self._is_woken = False

    def defer(self, callback: Callable[..., Any], *args: Any) -> None:
        """Have the event loop call."""
        self._queue.put(partial(callback, *args))
        if not self._is_woken:
            self._is_woken = True
            self._wake()

    def run_callbacks(self, *_: Any) -> None:
        """Call what was asked for until now."""
        os.read(self._read_fd, 1)
        # Before they are counted: who comes later wakes it again.
        self._is_woken = False
        for _call in range(self._queue.qsize()):
            self._queue.get_nowait()()

    def _wake(self) -> None:
        # A download may outlive the event loop.
        with contextlib.suppress(OSError):
            os.write(self._write_fd, b"\0")
