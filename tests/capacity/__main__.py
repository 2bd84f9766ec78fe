"""How the admin holds on a million orders, and a file given to all of them: `make capacity`.

    python -m tests.capacity [--orders 1000000] [--part lists|past-orders] [--keep NAME]
                             [--seconds 600] [--write FILE]

On PostgreSQL at `POSTGRES_URL`: a database of its own, gone afterwards; or the one that `--keep`
names, which is filled where it is new, and stays. In it past orders are given their file in parts:
each run goes on for `--seconds` where the last one ended. Prints what took longest; ends with 1
where a page took a second or more or was answered by an error, and where another's writes took more
than twice as long beside the past orders.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.system.harness.databases import database, kept_database
from tests.system.harness.processes import Inside

MOST_SECONDS, MOST_TIMES = 1.0, 2.0
ALONE_SECONDS = 20
SHOWN = 40
LISTS, PAST_ORDERS = "lists", "past-orders"
# Of an order with all that hangs on it, and the indexes: measured,
# and rounded up; as much again while indexes are made.
BYTES_PER_ORDER = 8_000
SPARE_BYTES = 2 * 1024**3


def require_disk(orders: int) -> None:
    """Refuse to begin what this disk cannot hold.

    Raises:
        SystemExit: it says how much is wanted.
    """
    wanted = orders * BYTES_PER_ORDER + SPARE_BYTES
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < wanted:
        raise SystemExit(
            f"{wanted / 1e9:.1f} GB are wanted where PostgreSQL keeps its data, and "
            f"{free / 1e9:.1f} GB are free on the disk of {tempfile.gettempdir()}. Free some, or "
            "name fewer with --orders."
        )


def ask(environment: dict[str, str], module: str, question: str, **given: Any) -> Any:
    """Ask a question inside an environment, in a process of its own."""
    inside = Inside(environment, f"tests.capacity.{module}")
    try:
        return inside.ask(question, **given)
    finally:
        inside.stop()


def written(rows: list[dict[str, Any]]) -> str:
    """Return the slowest as a table in Markdown."""
    slowest = sorted(rows, key=lambda row: -row["seconds"])[:SHOWN]
    lines = [
        f"| {row['what']} | {row['who']} | {row['seconds']:.3f} | {row['queries']} |"
        for row in slowest
    ]
    return "\n".join(["| What | Who | Seconds | Queries |", "|---|---|---|---|", *lines])


def measure_lists(environment: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """Time the lists, and print the slowest; return the figures and whether all are in bounds."""
    rows = ask(environment, "lists", "measure")
    wrong = [row for row in rows if row["seconds"] >= MOST_SECONDS or row["status"] >= 400]
    sys.stdout.write(
        f"{len(rows)} questions; the slowest:\n\n{written(rows)}\n\n"
        f"{len(wrong)} took a second or more, or failed.\n"
    )
    return {"rows": rows}, not wrong


def measure_past_orders(
    environment: dict[str, str], *, seconds: float
) -> tuple[dict[str, Any], bool]:
    """Give past orders a file for so long; print how fast, and how others fared beside it."""
    begun = ask(environment, "past_orders", "begin")
    alone = ask(environment, "past_orders", "probe", seconds=ALONE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        probing = pool.submit(ask, environment, "past_orders", "probe", seconds=seconds)
        given = ask(environment, "past_orders", "give", seconds=seconds)
        beside = probing.result()
    times = beside["mean"] / alone["mean"]
    sys.stdout.write(
        f"Past orders: {given['done']:,} of {given['total']:,} purchases, {given['per_second']} a "
        f"second for {given['seconds']} s; begun in {begun['seconds']} s. Another's UPDATE, in "
        f"milliseconds: alone {alone}, beside it {beside}: {times:.2f} times.\n"
        + ("Run it again with the same --keep to go on.\n" if given["running"] else "")
    )
    figures = {"begun": begun, "alone": alone, "beside": beside, "given": given}
    return {"past_orders": figures}, times <= MOST_TIMES


def measure(environment: dict[str, str], options: argparse.Namespace, seeded: Any) -> int:
    """Measure what is asked for; return the exit status."""
    environment = environment | {"EMAIL_URL": "dummymail://", "LOG_LEVEL": "ERROR"}
    seeded = seeded or ask(environment, "seed", "fill", orders=options.orders)
    sys.stdout.write(
        f"{options.orders:,} orders, {3 * options.orders:,} downloads, "
        f"{seeded['bytes'] / 1e9:.1f} GB, made in {seeded['seconds']} s; "
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}.\n"
    )
    figures, are_well = {"seeded": seeded}, True
    if options.part in (None, LISTS):
        found, is_well = measure_lists(environment)
        figures, are_well = figures | found, are_well and is_well
    if options.part in (None, PAST_ORDERS):
        found, is_well = measure_past_orders(environment, seconds=options.seconds)
        figures, are_well = figures | found, are_well and is_well
    if options.write:
        options.write.write_text(json.dumps(figures, indent=1))
    return 0 if are_well else 1


def main() -> int:
    """Seed, measure, print; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--part", choices=(LISTS, PAST_ORDERS), help="one of both alone")
    parser.add_argument("--keep", metavar="NAME", help="the database to make, or to go on with")
    parser.add_argument(
        "--seconds", type=float, default=600, help="how long past orders are given their file"
    )
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    url = os.environ.get("POSTGRES_URL")
    if not url:
        raise SystemExit("Name a PostgreSQL at POSTGRES_URL.")
    if options.keep is None:
        require_disk(options.orders)
        with database(url) as environment:
            return measure(environment, options, None)
    with kept_database(url, options.keep) as environment:
        seeded = ask(environment, "seed", "filled")
        if seeded is None:
            require_disk(options.orders)
        else:
            options.orders = seeded["orders"]
        return measure(environment, options, seeded)


if __name__ == "__main__":
    sys.exit(main())
