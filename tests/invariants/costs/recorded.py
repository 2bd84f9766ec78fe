"""What each request cost when that was last recorded, by Python's version and the database."""

import sys
import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("costs.toml")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
HEAD = "# Written by `python -m tests.invariants.costs.record`.\n"
# Another patch of a library calls a little more, or less.
SLACK_PERCENT = 3


def read() -> dict[str, Any]:
    """Return all that is recorded: by version, database and request."""
    return tomllib.loads(FILE.read_text()) if FILE.exists() else {}


def bounds_of(database: str, name: str) -> dict[str, int] | None:
    """Return what a request may cost here; None where nothing is recorded."""
    recorded = read().get(VERSION, {}).get(database, {}).get(name)
    if recorded is None:
        return None
    return recorded | {"calls": recorded["calls"] * (100 + SLACK_PERCENT) // 100}


def record(database: str, name: str, cost: dict[str, int]) -> None:
    """Write down what a request costs here, in the place of what was recorded before."""
    found = read()
    found.setdefault(VERSION, {}).setdefault(database, {})[name] = cost
    tables = [
        f'\n["{version}".{each}.{request}]\n'
        + "".join(f"{what} = {count}\n" for what, count in sorted(costs.items()))
        for version, databases in sorted(found.items())
        for each, requests in sorted(databases.items())
        for request, costs in sorted(requests.items())
    ]
    FILE.write_text(HEAD + "".join(tables))
