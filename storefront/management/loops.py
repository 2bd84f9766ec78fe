"""Supervise the worker's loops: no error ends one; each is logged once, and told of."""

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from downloads.upgrades import pending_migrations

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError)
OUTAGE = "the database cannot be reached"
BEHIND = "the database waits for its migrations"


class Loops:
    """What the loops of one process do, and which of it fails now.

    A deed is named by what it does, in words that go on from "The worker fails at".
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A deed → since when it fails, with what kind of error.
        self._failing: dict[str, tuple[datetime, str]] = {}
        # Which errors of a deed were logged since it last went well.
        self._logged: dict[str, set[object]] = {}

    @contextmanager
    def surviving(
        self, deed: str, *, errors: type[BaseException] = BaseException
    ) -> Iterator[None]:
        """Do one round of a deed: an error ends the round and nothing else.

        Outside the main thread even SystemExit would end a loop without a word.
        """
        try:
            try:
                yield
            finally:
                close_old_connections()
        # Whatever it is: nobody else would notice.
        except errors as error:
            self.note_fault(deed, error)
        else:
            self.note_success(deed)

    def note_success(self, deed: str) -> None:
        """Note that a deed went well."""
        with self._lock:
            self._logged.pop(deed, None)
            ended = self._failing.pop(deed, None)
        if ended is not None:
            logger.warning("The worker goes on with %s", deed)

    def note_fault(self, deed: str, error: BaseException) -> None:
        """Note that a deed failed; log it unless it failed in the same way before."""
        if pending_migrations.explain(error):
            self.note(deed, kind=BEHIND, same=BEHIND, text=f"{BEHIND}: {error}")
            return
        if isinstance(error, OUTAGES):
            self.note(deed, kind=OUTAGE, same=OUTAGE, text=f"{OUTAGE}: {error}")
            return
        place = [(at.filename, at.lineno) for at in traceback.extract_tb(error.__traceback__)[-1:]]
        text = "".join(traceback.format_exception(error))
        self.note(deed, kind=type(error).__name__, same=(type(error), *place), text=text)

    def note(self, deed: str, *, kind: str, same: object, text: str) -> None:
        """Note that a deed failed; log what is `text` unless the `same` was, since it went well."""
        with self._lock:
            since, _kind = self._failing.get(deed, (timezone.now(), kind))
            self._failing[deed] = (since, kind)
            logged = self._logged.setdefault(deed, set())
            is_news = same not in logged
            logged.add(same)
        if is_news:
            logger.error("The worker fails at %s: %s", deed, text)

    def failing(self) -> tuple[str, datetime | None]:
        """Return what fails now, in words without what an error says, and since when."""
        with self._lock:
            failing = sorted(
                (since, f"{deed} ({kind})") for deed, (since, kind) in self._failing.items()
            )
        return ", ".join(words for _since, words in failing), failing[0][0] if failing else None
