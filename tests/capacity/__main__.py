"""How long the admin's lists and searches take on a million orders: `make capacity`.

    python -m tests.capacity [--orders 1000000] [--write FILE]

On PostgreSQL at `POSTGRES_URL`: a database of its own, gone afterwards. Prints what took longest;
ends with 1 where anything took a second or more, or was answered by an error.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.system.harness.databases import database
from tests.system.harness.processes import Inside

MOST_SECONDS = 1.0
SHOWN = 40
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


def main() -> int:
    """Seed, measure, print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    url = os.environ.get("POSTGRES_URL")
    if not url:
        raise SystemExit("Name a PostgreSQL at POSTGRES_URL.")
    require_disk(options.orders)
    with database(url) as environment:
        environment = environment | {"EMAIL_URL": "dummymail://", "LOG_LEVEL": "ERROR"}
        seeded = ask(environment, "seed", "fill", orders=options.orders)
        sys.stderr.write(f"{options.orders:,} orders in {seeded['seconds']} s\n")
        rows = ask(environment, "lists", "measure")
    wrong = [row for row in rows if row["seconds"] >= MOST_SECONDS or row["status"] >= 400]
    sys.stdout.write(
        f"{options.orders:,} orders, {3 * options.orders:,} downloads, "
        f"{seeded['bytes'] / 1e9:.1f} GB; {platform.processor() or platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. {len(rows)} questions; the "
        f"slowest:\n\n{written(rows)}\n\n"
        f"{len(wrong)} took a second or more, or failed.\n"
    )
    if options.write:
        options.write.write_text(json.dumps({"seeded": seeded, "rows": rows}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
