"""CPU time of a server and of its database, as the kernel has counted it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

TICKS = os.sysconf("SC_CLK_TCK")


def of_tree(process: int) -> float:
    """Return the seconds of a process, of those it has started and of those gone since."""
    return sum(_seconds(each, with_gone=True) for each in _tree(process))


def of_database(environment: dict[str, str]) -> dict[int, float]:
    """Return the seconds of each of PostgreSQL's processes that serve this database here.

    None where it is SQLite, which works inside the server, or elsewhere.
    """
    name = urlsplit(environment.get("DATABASE_URL", "")).path[1:]
    found: dict[int, float] = {}
    if not name:
        return found
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            title = (place / "cmdline").read_bytes()
            if title.startswith(b"postgres:") and f" {name} ".encode() in title:
                found[int(place.name)] = _seconds(int(place.name))
    return found


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the seconds that processes have used since; of one gone meanwhile nothing is known."""
    return sum(seconds - before.get(process, 0.0) for process, seconds in after.items())


def _tree(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
        for child in children.split():
            yield from _tree(int(child))


def _seconds(process: int, *, with_gone: bool = False) -> float:
    with contextlib.suppress(OSError):
        # What stands before the bracket may hold spaces.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11 : 15 if with_gone else 13])) / TICKS
    return 0.0
