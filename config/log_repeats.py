"""Rate limiting of log lines that anybody can cause: the first of a kind, then how many more."""

import atexit
import logging
import threading
from dataclasses import dataclass

MINUTE = 60
# Whoever sends requests fills these, as fast as they like.
BY_REQUESTS = ("django.request", "django.security", "storefront", "gunicorn.error")
# Of ours, but by no request.
BY_COMMANDS = "storefront.management"

Kind = tuple[str, int, str, int]


@dataclass
class Count:
    """How many lines of a kind came in a minute, and what the first one said."""

    minute: int
    lines: int
    example: str


class CountsRepeats(logging.Filter):
    """Pass the first `per_minute` lines of a kind in a minute; of the others tell the number.

    Only of what requests cause, and never a fault: that has a traceback, and always passes. A kind
    is a logger, a level, a text without its values and a status, so that there are few. `0` passes
    all. One instance serves all handlers of a process: a line is counted once.
    """

    def __init__(self, per_minute: int) -> None:
        super().__init__()
        self.per_minute = per_minute
        self._counts: dict[Kind, Count] = {}
        self._lock = threading.Lock()
        atexit.register(self.report_all)

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "passes"):
            vars(record)["passes"] = self._passes(record)
        return bool(vars(record)["passes"])

    def report_all(self) -> None:
        """Log what was counted so far: the process ends."""
        for kind in list(self._counts):
            self._report(kind, before=None)

    def _passes(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            # What a request said wrong; where it was found out is the same for each.
            record.exc_info = record.exc_text = None
        if not self.per_minute or record.exc_info or not _is_by_requests(record.name):
            return True
        kind, minute = _kind(record), int(record.created // MINUTE)
        self._report(kind, before=minute)
        with self._lock:
            # Whole: of what was cut in the middle, nobody could tell that it was a secret.
            count = self._counts.setdefault(kind, Count(minute, 0, record.getMessage()))
            count.lines += 1
            if count.lines == self.per_minute + 1:
                self._report_later(kind, seconds=MINUTE - record.created % MINUTE)
            return count.lines <= self.per_minute

    def _report_later(self, kind: Kind, *, seconds: float) -> None:
        # No further line may come to tell it with.
        timer = threading.Timer(seconds, self._report, args=[kind], kwargs={"before": None})
        timer.daemon = True
        timer.start()

    def _report(self, kind: Kind, *, before: int | None) -> None:
        """Forget a kind's count, if its minute was earlier, and log how many were held back."""
        with self._lock:
            count = self._counts.get(kind)
            if count is None or count.minute == before:
                return
            del self._counts[kind]
        more = count.lines - self.per_minute
        if more > 0:
            name, level, *_ = kind
            logging.getLogger(name).log(
                level,
                "%s more like this within a minute: %s",
                f"{more:,}",
                count.example,
                extra={"passes": True},
            )


def _is_by_requests(name: str) -> bool:
    return name.startswith(BY_REQUESTS) and not name.startswith(BY_COMMANDS)


def _kind(record: logging.LogRecord) -> Kind:
    # A text without values has them in itself.
    text = str(record.msg) if record.args else ""
    return record.name, record.levelno, text, getattr(record, "status_code", 0)
