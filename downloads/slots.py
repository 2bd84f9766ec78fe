"""How many requests may hold the storage at once, so that a slow one never holds them all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from django.conf import settings

from downloads.errors import StorageDown


class Slots:
    """So many places for work on the storage, in this process.

    Who finds them all taken waits for one until `STORAGE_PATIENCE_SECONDS` after they last
    changed hands. When nothing has moved for so long, the storage or the lines to the buyers
    stand still, and everybody else is refused at once instead of waiting beside them.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = 0
        self._moved_at = time.monotonic()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place for a while.

        Raises:
            StorageDown: all are taken, and none has become free for a while.
        """
        with self._changed:
            patience = self._moved_at + settings.STORAGE_PATIENCE_SECONDS - time.monotonic()
            if not self._changed.wait_for(self._has_room, timeout=max(0, patience)):
                raise StorageDown
            self._move(+1)
        try:
            yield
        finally:
            with self._changed:
                self._move(-1)
                self._changed.notify()

    def _move(self, places: int) -> None:
        self._taken += places
        self._moved_at = time.monotonic()

    def _has_room(self) -> bool:
        return self._taken < settings.STORAGE_SLOTS


storage_slots = Slots()
