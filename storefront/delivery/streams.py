"""File streams in blocks, and the count of bytes as they are sent."""

import logging
import time
from collections.abc import Callable, Iterator

from django.db import Error as DatabaseFault
from django.db import connection
from django.utils import timezone

from downloads import fulfilment
from downloads.errors import StorageDown, Unavailable
from downloads.fulfilment import Opened, StoredFile
from storefront.delivery.ranges import Span

logger = logging.getLogger(__name__)
BLOCK_BYTES = 64 * 1024
# The first blocks are small: of what is cut off at once, it is known to 16 KiB what was sent.
FIRST_BLOCK_BYTES = 16 * 1024
# A stream tells its Delivery so often how far it is: a budget bites in its midst, and a process
# that is killed forgets no more than this.
NOTED_EVERY_BYTES = 16 * 1024 * 1024
NOTED_EVERY_SECONDS = 30


class FileStream:
    """A span of a file in blocks. `close` closes the file, also of a stream that never began."""

    def __init__(self, stored: StoredFile, span: Span) -> None:
        self._stored = stored
        self._at = span.start
        self._span = span

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._at == self._span.start:
            self._stored.read_from(self._at)
        remaining = self._span.stop - self._at
        if not remaining:
            raise StopIteration
        is_early = self._at - self._span.start < BLOCK_BYTES
        block = self._stored.read(min(FIRST_BLOCK_BYTES if is_early else BLOCK_BYTES, remaining))
        self._at += len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self._stored.close()


class CountedStream(FileStream):
    """A response's bytes, counted as they are sent.

    A block counts once the next one is asked for: the server has handed it on by then. What ends
    early is broken off by an error, so that the buyer's program sees that bytes are missing and
    does not wait for them.
    """

    def __init__(self, opened: Opened, span: Span) -> None:
        if opened.stored is None:
            raise ValueError("A link has no bytes to stream.")
        super().__init__(opened.stored, span)
        self._opened = opened
        self._on_its_way = 0
        self._not_noted = 0
        self._since_noted = 0
        self._noted_at = time.monotonic()
        self._has_failed = False
        self._is_closed = False

    def __next__(self) -> bytes:
        self._not_noted += self._on_its_way
        self._since_noted += self._on_its_way
        self._on_its_way = 0
        if self._is_time_to_note() and not self._note():
            raise Unavailable(Unavailable.CLICK_OVER)
        try:
            block = super().__next__()
        except StorageDown:
            self._has_failed = True
            raise
        self._on_its_way = len(block)
        return block

    def close(self) -> None:
        """Close the file and count what this response has sent. Again does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            super().close()
        finally:
            self._settle()

    def _is_time_to_note(self) -> bool:
        is_long_ago = time.monotonic() - self._noted_at >= NOTED_EVERY_SECONDS
        return self._since_noted >= NOTED_EVERY_BYTES or bool(is_long_ago and self._not_noted)

    def _note(self) -> bool:
        sent_bytes, at = self._not_noted, timezone.now()
        self._noted_at, self._since_noted = time.monotonic(), 0
        has_more = _retry(lambda: fulfilment.note_sent(self._opened, sent_bytes=sent_bytes, at=at))
        if has_more is None:
            # Told again the next time, which is not at once: the stream would wait at each block.
            return True
        self._not_noted = 0
        return has_more

    def _settle(self) -> None:
        opened, sent_bytes, at = self._opened, self._not_noted, timezone.now()
        is_cut = bool(self._on_its_way) or self._at < self._span.stop
        if self._has_failed:
            _retry(lambda: fulfilment.fail_stream(opened, sent_bytes=sent_bytes, at=at))
        else:
            _retry(
                lambda: fulfilment.end_stream(opened, sent_bytes=sent_bytes, is_cut=is_cut, at=at)
            )


def _retry(verb: Callable[[], bool | None]) -> bool | None:
    # A stream outlives the connection it began with, and a database that is gone breaks no
    # download. What is still not counted when the stream ends stays uncounted.
    try:
        return verb()
    except DatabaseFault:
        connection.close()
    try:
        return verb()
    except DatabaseFault as error:
        reason = " ".join(str(error).split())
        logger.warning("What was sent of a download could not be counted: %s", reason)
        connection.close()
        return None
