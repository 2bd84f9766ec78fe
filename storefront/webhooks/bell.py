"""Coalesced calls: of threads that want something done from now on, one does it for all."""

import threading
from collections.abc import Callable


class OneForAll:
    """Call a function for whoever asks, once for all who ask while the call before it lasts.

    Whoever asks may rely on a call that begins after that, their own or another thread's.
    """

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._waiting, self._turn = threading.Lock(), threading.Lock()

    def __call__(self) -> None:
        if not self._waiting.acquire(blocking=False):
            # Somebody waits for their turn: their call has yet to begin.
            return
        with self._turn:
            self._waiting.release()
            self._function()
