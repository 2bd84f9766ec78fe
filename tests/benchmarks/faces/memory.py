"""Whether a worker's memory stays flat: `python -m tests.benchmarks.faces.memory`.

    python -m tests.benchmarks.faces.memory [--requests 1000000] [--minutes 15]
        [--database PostgreSQL|SQLite]

One gunicorn process, as in production but for their number, so that each request is of the same
one: look-ups of face A, among them face B's queries and visits of the page. Its resident memory is
told after 10,000 requests, 100,000, and so on to the last; it ends at the latest after so many
minutes, and says what was reached by then.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path

from tests.benchmarks.faces import loads
from tests.benchmarks.faces.phases import end_on_sigterm
from tests.benchmarks.faces.production import Stand, standing
from tests.benchmarks.faces.wrk import Asked, drive

ORDERS, LINES = 10_000, 2
CONNECTIONS = 16
# Of ten requests one is face B's; of fifty one a visit of the page.
EACH_B, EACH_PAGE = 10, 50
CHUNK_SECONDS = 10
WARM = 10_000
_RESIDENT = re.compile(r"VmRSS:\s+([0-9]+) kB")
Row = tuple[int, int]


def mixed(stand: Stand) -> list[Asked]:
    """Return what is asked, in turn."""
    asked = []
    graphql = loads.face_b(stand.orders, lines=stand.lines, bearers=stand.bearers)
    pages = loads.page(stand.orders)
    for number, look_up in enumerate(loads.face_a(stand.orders) * 5):
        asked.append(look_up)
        if number % EACH_B == 0:
            asked.append(graphql[number % len(graphql)])
        if number % EACH_PAGE == 0:
            asked.append(pages[number % len(pages)])
    return asked


def steps(requests: int) -> list[int]:
    """Return after how many requests memory is told: 10,000, then ten times for each 100,000."""
    tenth = max(requests // 10, WARM)
    return sorted({WARM, *range(tenth, requests + 1, tenth), requests})


def resident_kib(process: int) -> int:
    """Return the resident memory of a process."""
    match = _RESIDENT.search(Path(f"/proc/{process}/status").read_text())
    assert match is not None
    return int(match[1])


def watch(stand: Stand, *, requests: int, deadline: float) -> list[Row]:
    """Drive the one worker; return its KiB after each of the steps that are reached."""
    service, load = stand.servers["ours"], mixed(stand)
    [worker] = service.worker_ids()
    done, rows, pending = 0, [], steps(requests)
    rate = 500.0
    while pending and time.monotonic() < deadline:
        seconds = max(1, min(CHUNK_SECONDS, round((pending[0] - done) / rate)))
        driven = drive(service.port, load, connections=CONNECTIONS, seconds=seconds)
        done, rate = done + driven.requests, driven.rate
        if service.worker_ids() != [worker]:
            raise RuntimeError("The worker was replaced.")
        if done >= pending[0]:
            rows.append((done, resident_kib(worker)))
            pending = [each for each in pending if each > done]
            left = (requests - done) / rate / 60
            sys.stderr.write(
                f"{done:,} requests: {rows[-1][1]:,} KiB, {rate:.0f}/s, {left:.1f} min left\n"
            )
    return rows


def written(name: str, rows: list[Row], asked: int) -> str:
    """Return the table, and what memory grew by from the second half on."""
    lines = [f"| {done:,} | {kib / 1024:.1f} |" for done, kib in rows]
    text = "\n".join([f"| requests, {name} | MiB of the worker |", "|--:|--:|", *lines]) + "\n"
    if rows and rows[-1][0] < asked:
        text += f"\nThe time was over after {rows[-1][0]:,} of {asked:,} requests.\n"
    warm = [row for row in rows if row[0] * 2 >= rows[-1][0]]
    if len(warm) > 1:
        (first, less), (last, more) = warm[0], warm[-1]
        grown = (more - less) / (last - first) * 1000
        text += f"\nFrom {first:,} to {last:,} requests: {grown:+.1f} KiB each thousand.\n"
    return text


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--database", choices=("PostgreSQL", "SQLite"), default="PostgreSQL")
    options = parser.parse_args()
    end_on_sigterm()
    deadline = time.monotonic() + options.minutes * 60
    url = os.environ.get("POSTGRES_URL") if options.database == "PostgreSQL" else None
    given = {"orders": ORDERS, "lines": LINES, "workers": 1, "only_ours": True}
    with standing(url, **given) as stand:
        rows = watch(stand, requests=options.requests, deadline=deadline)
        sys.stdout.write(written(stand.database, rows, options.requests))


if __name__ == "__main__":
    main()
