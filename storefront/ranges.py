"""One byte range of a file (RFC 9110, section 14).

Ours because the kept parsers at hand read `bytes=-0` as the whole file and refuse a suffix longer
than the file. Several ranges at once are answered as none: one full answer, no amplification.
"""

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"\A *bytes *= *([0-9]{0,18}) *- *([0-9]{0,18}) *\Z", re.ASCII)


class Unsatisfiable(Exception):
    """No byte of the file lies in the range that was asked for."""


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `stop` (not included) of a file."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


def read_range(header: str | None, size_bytes: int) -> Span | None:
    """Return the asked-for part of a file, or None for the whole of it.

    Raises:
        Unsatisfiable: a well-formed single range that holds no byte of the file.
    """
    match = _SINGLE.match(header or "")
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size_bytes - int(last)), size_bytes
    else:
        start, stop = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    if start >= stop:
        raise Unsatisfiable
    return Span(start, stop)
