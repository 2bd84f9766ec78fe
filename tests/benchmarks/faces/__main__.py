"""How fast the faces are, beside a floor on the same data: `make bench`, `make bench-quick`.

    python -m tests.benchmarks.faces [--quick] [--rounds 5] [--seconds 2] [--shape ORDERSxLINES …]
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
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.benchmarks.faces import beside, loads, plot, report
from tests.benchmarks.faces.phases import Phases, end_on_sigterm
from tests.benchmarks.faces.plan import (
    APPLY,
    BESIDE,
    COUNTS,
    FACES,
    NGINX,
    QUICK,
    SEED,
    SHAPES,
    Given,
    Shape,
    planned,
    title_of,
    words_of,
)
from tests.benchmarks.faces.production import NAIVE, Stand, standing
from tests.benchmarks.faces.rounds import Compared, answer_of, compare
from tests.system.harness.processes import Inside

CONNECTIONS, MANY = 16, 64
# Of a grant with its indexes, and of its share of line and order: measured, and rounded up.
BYTES_PER_GRANT = 1_000
SPARE_BYTES = 2 * 1024**3
ALL = ("floor", "ours", "naive")


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


def measure(url: str | None, given: Given, found: report.Found, phases: Phases) -> None:
    """Measure all that is asked for on one database, part by part."""
    name = title_of(url)
    for shape in given.shapes:
        with ExitStack() as stack:
            stand: Stand | None = None
            with phases.phase(words_of(name, shape, SEED)):
                made = standing(url, orders=shape[0], lines=shape[1])
                stand = stack.enter_context(made)
                sys.stderr.write(f"  seeded in {stand.seeded_seconds} s\n")
            if stand is not None:
                measure_stand(stand, given, found, phases)
        if shape == given.middle and given.only != "faces" and not given.is_quick:
            with phases.phase(f"{name}: {APPLY}"):
                found.applied[name] = beside.apply_orders(url)
            with phases.phase(f"{name}: {NGINX}"):
                much = {"rounds": given.rounds, "seconds": given.seconds}
                found.through_nginx[name] = beside.through_nginx(url, **much)


def measure_stand(stand: Stand, given: Given, found: report.Found, phases: Phases) -> None:
    """Measure all that is asked for on some orders."""
    shape = stand.orders, stand.lines
    is_middle = shape == given.middle
    if given.only != "beside":
        with phases.phase(words_of(stand.database, shape, FACES)):
            with_many = is_middle and not given.is_quick
            found.compared += compare_faces(stand, given, with_many=with_many)
    if not is_middle:
        return
    with phases.phase(words_of(stand.database, shape, COUNTS)):
        found.counted[stand.database] = count(stand, is_quick=given.is_quick)
    if given.only != "faces":
        with phases.phase(words_of(stand.database, shape, BESIDE)):
            much = {"rounds": 1 if given.is_quick else given.rounds, "seconds": given.seconds}
            found.compared += beside.compare_beside(stand, is_quick=given.is_quick, **much)


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
        seconds=options.seconds or (1 if options.quick else 2),
        shapes=options.shape or ([QUICK] if options.quick else SHAPES),
        is_quick=options.quick,
        only=options.only,
    )
    require_disk(given.shapes)
    end_on_sigterm()
    found = report.Found(given.rounds, given.seconds, load_before=os.getloadavg()[0])
    urls = databases(options.database)
    phases = Phases(planned(urls, given), lambda: write(options.write, phases, found))
    try:
        for url in urls:
            measure(url, given, found, phases)
    finally:
        # What is found by then is told, also where the rest fails or is stopped.
        sys.stdout.write(write(options.write, phases, found))
    if phases.failed:
        sys.exit(1)


def write(folder: Path | None, phases: Phases, found: report.Found) -> str:
    """Write the tables and the plot into a folder, if there is one; return the tables."""
    text = report.written(found)
    text += "".join(f"\n**Failed:** {each}\n" for each in phases.failed)
    text += f"\nIt took {phases.minutes:.1f} minutes"
    left = phases.minutes_left
    text += f", with about {left:.0f} to go.\n" if left else ".\n"
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "performance.md").write_text(text)
        (folder / "performance.svg").write_text(plot.plotted(found))
    return text


if __name__ == "__main__":
    main()
