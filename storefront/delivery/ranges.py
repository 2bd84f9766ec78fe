"""Parse the Range header: one byte range of a file (RFC 9110, section 14).

Ours because the kept parsers at hand read `bytes=-0` as the whole file and refuse a suffix longer
than the file. Several ranges at once are answered as none: one full answer, no amplification.
"""

import re
from dataclasses import dataclass

# As nginx reads it, which sends what we have judged. No two stars side by side: a header of spaces
# would be tried in every way to share them out.
_SINGLE = re.compile(
    r"\Abytes= *(?:([0-9]{1,18}) *- *(?:([0-9]{1,18}) *)?|-([0-9]{1,18}) *)\Z",
    re.ASCII | re.IGNORECASE,
)


class Unsatisfiable(Exception):
    """The requested range holds no byte of the file (416)."""


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `stop` (not included) of a file."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


def read_range(header: str | None, size_bytes: int) -> Span | None:
    """Parse a Range header into a span of a file, or None for the whole of it.

    Raises:
        Unsatisfiable: a well-formed single range that holds no byte of the file.
    """
    match = _SINGLE.match(header or "")
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix:
        start, stop = max(0, size_bytes - int(suffix)), size_bytes
    else:
        start, stop = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    if start >= stop:
        raise Unsatisfiable
    return Span(start, stop)
