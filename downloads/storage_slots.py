"""Semaphore for concurrent storage access, with a share for each click and visitor (bulkhead)."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import NamedTuple

from django.conf import settings

from downloads.errors import StorageDown, TooManyAtOnce

# Who waits for a share holds a thread: so few may, that the others keep theirs. Where the share
# moves, as with the many segments of an honest download, half as many as there are places.
WAITING_AT_MOST = 4


class Taker(NamedTuple):
    """Who takes a slot: a click, and the visitor who made it (empty for nobody we know)."""

    click: str
    visitor: str


class Slots:
    """Semaphore that bounds concurrent storage access in this process (bulkhead).

    Who finds them all taken waits for one until `STORAGE_PATIENCE_SECONDS` after they last
    changed hands. When nothing has moved for so long, the storage or the lines to the buyers
    stand still, and everybody else is refused at once instead of waiting beside them.

    While over half of them are taken, one click and one visitor have no more than their share
    (`STREAMS_PER_CLICK`, `STREAMS_PER_VISITOR`), and a quarter is always left to others. Who is
    beyond it waits `STREAM_WAIT_SECONDS` for one of their own to end.

    A `BoundedSemaphore` would count the places alone: who has how many, and whether any of them
    moves, is judged in the same moment as a place is taken, so under one lock.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = 0
        self._by: Counter[tuple[str, str]] = Counter()
        # When a place of a share was last given back.
        self._given_back_at: dict[tuple[str, str], float] = {}
        self._waiting = 0
        self._moved_at = time.monotonic()

    @contextmanager
    def taken(self, taker: Taker | None = None) -> Iterator[None]:
        """Hold a place for a while. Without a taker, only the number of places counts.

        Raises:
            StorageDown: all are taken, and none has become free for a while.
            TooManyAtOnce: this taker has its share, and none of it has become free.
        """
        shares = _shares_of(taker)
        with self._changed:
            self._wait(shares)
            self._move(+1, shares)
        try:
            yield
        finally:
            with self._changed:
                self._move(-1, shares)
                self._changed.notify_all()

    def _wait(self, shares: dict[tuple[str, str], int]) -> None:
        if not self._has_share(shares):
            self._wait_for_share(shares)
        while not self._has_room():
            patience = self._moved_at + settings.STORAGE_PATIENCE_SECONDS - time.monotonic()
            if not self._changed.wait_for(self._has_room, timeout=max(0, patience)):
                raise StorageDown
        if not self._has_share(shares):
            # Somebody of the same share was let in meanwhile.
            raise TooManyAtOnce

    def _wait_for_share(self, shares: dict[tuple[str, str], int]) -> None:
        most = settings.STORAGE_SLOTS // 2 if self._moves(shares) else WAITING_AT_MOST
        if self._waiting >= most:
            raise TooManyAtOnce
        self._waiting += 1
        try:
            is_free = self._changed.wait_for(
                lambda: self._has_share(shares), timeout=settings.STREAM_WAIT_SECONDS
            )
        finally:
            self._waiting -= 1
        if not is_free:
            raise TooManyAtOnce

    def _move(self, places: int, shares: dict[tuple[str, str], int]) -> None:
        self._taken += places
        self._moved_at = time.monotonic()
        for who in shares:
            self._by[who] += places
            if places < 0:
                self._given_back_at[who] = self._moved_at
            if not self._by[who]:
                del self._by[who]
                self._given_back_at.pop(who, None)

    def _moves(self, shares: dict[tuple[str, str], int]) -> bool:
        since = time.monotonic() - settings.STORAGE_PATIENCE_SECONDS
        return any(self._given_back_at.get(who, 0) > since for who in shares)

    def _has_room(self) -> bool:
        return self._taken < settings.STORAGE_SLOTS

    def _has_share(self, shares: dict[tuple[str, str], int]) -> bool:
        places = settings.STORAGE_SLOTS
        if self._taken <= places // 2:
            return True
        most = places - places // 4
        # Where there are so few places that a share is all of them, their number is bound enough.
        return most == places or all(
            self._by[who] < min(bound, most) for who, bound in shares.items()
        )


def _shares_of(taker: Taker | None) -> dict[tuple[str, str], int]:
    """Return what a taker's places are counted under, each with its bound."""
    if taker is None:
        return {}
    shares = {("click", taker.click): settings.STREAMS_PER_CLICK}
    if taker.visitor:
        shares["visitor", taker.visitor] = settings.STREAMS_PER_VISITOR
    return shares


storage_slots = Slots()
