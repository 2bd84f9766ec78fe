"""How fast the faces are, beside a floor on the same data: `make bench`, `make bench-quick`.

    python -m tests.benchmarks.faces [--quick] [--rounds 5] [--seconds 3] [--shape ORDERSxLINES …]
        [--database PostgreSQL|SQLite] [--only faces|beside] [--write FOLDER]

On SQLite, and on PostgreSQL where one answers at `POSTGRES_URL`. Rates depend on the machine and
on what runs beside it, so each is compared with the floor's of the same round. It needs wrk and
Redis, and nginx for the files.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.benchmarks.faces import beside, loads, plot, report
from tests.benchmarks.faces.production import NAIVE, Stand, standing
from tests.benchmarks.faces.rounds import Compared, answer_of, compare
from tests.system.harness.processes import Inside

Shape = tuple[int, int]
SHAPES: list[Shape] = [
    *((10_000, lines) for lines in (1, 2, 10, 100)),
    (100_000, 2),
    (1_000_000, 2),
]
# Where the rest is measured too, and with more connections.
MIDDLE = (100_000, 2)
QUICK = (10_000, 2)
CONNECTIONS, MANY = 16, 64
# Of a grant with its indexes, and of its share of line and order: measured, and rounded up.
BYTES_PER_GRANT = 1_000
SPARE_BYTES = 2 * 1024**3
ALL = ("floor", "ours", "naive")


@dataclass(frozen=True)
class Given:
    """What the command says."""

    rounds: int
    seconds: float
    shapes: list[Shape]
    is_quick: bool
    only: str | None


def require_disk(shapes: list[Shape]) -> None:
    """Refuse to begin what this disk cannot hold.

    Raises:
        SystemExit: it says how much is wanted.
    """
    grants = max(orders * (2 * lines + 1) for orders, lines in shapes)
    wanted = grants * BYTES_PER_GRANT + SPARE_BYTES
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < wanted:
        raise SystemExit(
            f"{wanted / 1e9:.1f} GB are wanted in {tempfile.gettempdir()}, and as much where "
            f"PostgreSQL keeps its data; {free / 1e9:.1f} GB are free."
        )


def databases(only: str | None) -> list[str | None]:
    """Return the addresses of those to measure: of PostgreSQL's, and None for SQLite."""
    url = os.environ.get("POSTGRES_URL")
    found: list[str | None] = []
    if url and only != "SQLite":
        try:
            psycopg.connect(url, connect_timeout=5).close()
            found.append(url)
        except psycopg.OperationalError as error:
            sys.stderr.write(
                f"Without PostgreSQL, which does not answer at POSTGRES_URL: {error}\n"
            )
    return found if only == "PostgreSQL" else [*found, None]


def compare_faces(stand: Stand, given: Given, *, with_many: bool) -> Iterator[Compared]:
    """Drive the three servers with faces A and B."""
    found = {
        "face A": loads.face_a(stand.orders),
        "face B": loads.face_b(stand.orders, lines=stand.lines, bearers=stand.bearers),
    }
    much = {"rounds": given.rounds, "seconds": given.seconds}
    for name, load in found.items():
        require_same_answers(stand, name, load)
        yield compare(name, stand, lambda _, load=load: load, servers=ALL, **much)  # type: ignore[misc]
        if with_many:
            yield compare(
                name,
                stand,
                lambda _, load=load: load,  # type: ignore[misc]
                connections=MANY,
                **much,
            )


def require_same_answers(stand: Stand, name: str, load: list[loads.Asked]) -> None:
    """Refuse to compare servers that do not do the same.

    Raises:
        ValueError: one answers otherwise than ours, but for what is signed anew each time.
    """
    bodies = {
        server: loads.unsigned(answer_of(stand, server, load[len(load) // 2]).body)
        for server in ALL
    }
    for server, body in bodies.items():
        if body != bodies["ours"]:
            raise ValueError(f"{server} answers {name} otherwise: {body!r} for {bodies['ours']!r}")


def count(stand: Stand, *, is_quick: bool) -> dict[str, dict]:
    """Return what one request costs inside a process, ours and the naive views'."""
    counted = {}
    for server, settings in (("ours", {}), *([] if is_quick else [("naive", NAIVE)])):
        inside = Inside(stand.environment | settings, "tests.benchmarks.faces.counted")
        try:
            counted[server] = inside.ask(
                "count",
                orders=stand.orders,
                lines=stand.lines,
                bearers=stand.bearers,
                is_ours=server == "ours",
            )
        finally:
            inside.stop()
    return counted


def measure(url: str | None, given: Given, found: report.Found) -> None:
    """Measure all that is asked for on one database."""
    middle = MIDDLE if MIDDLE in given.shapes else given.shapes[0]
    for orders, lines in given.shapes:
        is_middle = (orders, lines) == middle
        with standing(url, orders=orders, lines=lines) as stand:
            sys.stderr.write(
                f"{stand.database}: {orders:,} × {lines} in {stand.seeded_seconds} s\n"
            )
            if given.only != "beside":
                with_many = is_middle and not given.is_quick
                found.compared += compare_faces(stand, given, with_many=with_many)
            if is_middle:
                found.counted[stand.database] = count(stand, is_quick=given.is_quick)
            if is_middle and given.only != "faces":
                much = {"rounds": 1 if given.is_quick else given.rounds, "seconds": given.seconds}
                found.compared += beside.compare_beside(stand, is_quick=given.is_quick, **much)
            name = stand.database
    if given.only != "faces" and not given.is_quick:
        found.applied[name] = beside.apply_orders(url)
        much = {"rounds": given.rounds, "seconds": given.seconds}
        found.through_nginx[name] = beside.through_nginx(url, **much)


def read_shape(text: str) -> Shape:
    """Return how many orders of how many lines a text like `100000x2` says."""
    orders, lines = text.split("x")
    return int(orders), int(lines)


def main() -> None:
    """Measure, print the tables, and write them and the plot where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--shape", type=read_shape, action="append")
    parser.add_argument("--database", choices=("PostgreSQL", "SQLite"))
    parser.add_argument("--only", choices=("faces", "beside"))
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    given = Given(
        rounds=options.rounds or (2 if options.quick else 5),
        seconds=options.seconds or (1 if options.quick else 3),
        shapes=options.shape or ([QUICK] if options.quick else SHAPES),
        is_quick=options.quick,
        only=options.only,
    )
    require_disk(given.shapes)
    found = report.Found(given.rounds, given.seconds, load_before=os.getloadavg()[0])
    began = time.monotonic()
    try:
        for url in databases(options.database):
            measure(url, given, found)
    finally:
        # What is found by then is told, also where the rest fails or is stopped.
        text = report.written(found)
        sys.stdout.write(f"{text}\nIt took {(time.monotonic() - began) / 60:.1f} minutes.\n")
        if options.write:
            write(options.write, text, found)


def write(folder: Path, text: str, found: report.Found) -> None:
    """Write the tables and the plot into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "performance.md").write_text(text)
    (folder / "performance.svg").write_text(plot.plotted(found))


if __name__ == "__main__":
    main()
