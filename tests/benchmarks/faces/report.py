"""The tables of a run, in Markdown: ratios within the run first, for they outlive the machine."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.faces.beside import Applied
from tests.benchmarks.faces.rounds import Compared, Run

# How much a core may have to do when a run begins.
BUSY = 0.25


@dataclass
class Found:
    """All that a run has found."""

    rounds: int
    seconds: float
    load_before: float
    compared: list[Compared] = field(default_factory=list)
    # By database, then by whose, then by kind of request.
    counted: dict[str, dict[str, dict[str, dict[str, Any]]]] = field(default_factory=dict)
    through_nginx: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    applied: dict[str, Applied] = field(default_factory=dict)

    def of_faces(self) -> list[Compared]:
        """Return the comparisons of faces A and B alone, in the order they were made."""
        return [each for each in self.compared if each.name.startswith("face ")]

    def beside(self) -> list[Compared]:
        """Return the others."""
        return [each for each in self.compared if not each.name.startswith("face ")]


def machine_load(found: Found) -> str:
    """Return how busy the machine was when the run began: beside others rates say little."""
    if found.load_before <= BUSY * (os.cpu_count() or 1):
        return "Nothing else ran on the machine."
    return (
        f"**The machine was busy with something else** (a load of {found.load_before:.1f}): of "
        "these figures CPU and counts alone say much."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; what follows its first two columns is set to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    lines = [head, ["---", "---", *["--:"] * (len(head) - 2)], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def spread(ratios: Sequence[float]) -> str:
    """Return the middle of some ratios, and between which they lie."""
    middle = f"{statistics.median(ratios):.3g}"
    if len(ratios) == 1:
        return middle
    return f"{middle} ({min(ratios):.3g} to {max(ratios):.3g})"


def shape(compared: Compared) -> str:
    """Return how much was in the database."""
    return f"{compared.stand.orders:,} × {compared.stand.lines}"


def _cells(compared: Compared, server: str) -> list[str]:
    def middle(of: Any, form: str = ".2f") -> str:
        return format(compared.median(server, of), form)

    return [
        middle(lambda run: run.driven.rate, ",.0f"),
        f"{middle(_p50, '.1f')} / {middle(_p99, '.0f')}",
        f"{middle(lambda run: run.server_ms)} / {middle(lambda run: run.database_ms)}",
    ]


def _p50(run: Run) -> float:
    return run.driven.p50_ms


def _p99(run: Run) -> float:
    return run.driven.p99_ms


def _ratio(compared: Compared, server: str, other: str) -> str:
    is_there = server != other and {server, other} <= compared.runs.keys()
    return spread(compared.ratios(server, other)) if is_there else "-"


def _cpu_ratio(compared: Compared, server: str) -> str:
    is_there = server != "floor" and "floor" in compared.runs
    return spread(compared.cpu_ratios(server, "floor")) if is_there else "-"


def _rows(compared: Iterable[Compared], others: Sequence[str]) -> Iterable[list[str]]:
    for each in compared:
        for server in each.runs:
            yield [
                f"{each.stand.database}, {shape(each)}, {each.connections} connections",
                f"{each.name}, {server}" if server != "ours" else f"**{each.name}, ours**",
                *(_ratio(each, server, other) for other in others),
                _cpu_ratio(each, server),
                *_cells(each, server),
            ]


def _counted_rows(found: Found) -> Iterable[list[object]]:
    for database, servers in found.counted.items():
        for server, requests in servers.items():
            for name, cost in requests.items():
                trips = "in process" if cost["trips"] is None else cost["trips"]
                cached = cost["cache_trips"]
                yield [
                    database,
                    f"{name}, {server}",
                    cost["statements"],
                    trips,
                    cached,
                    cost["calls"],
                ]


def _size_rows(found: Found) -> Iterable[list[str]]:
    for name, database in sorted({(each.name, each.stand.database) for each in found.of_faces()}):
        at = {
            (each.stand.orders, each.stand.lines): each.cpu_ms("ours")
            for each in found.of_faces()
            if (each.name, each.stand.database, each.connections) == (name, database, 16)
        }
        of_two = sorted(orders for orders, lines in at if lines == 2)
        by_lines = sorted((lines, cost) for (orders, lines), cost in at.items() if lines != 2)
        if len(of_two) > 1:
            growth = at[of_two[-1], 2] / at[of_two[0], 2]
            what = f"cost from {of_two[0]:,} to {of_two[-1]:,} orders"
            yield [database, name, what, f"{(growth - 1) * 100:+.0f} %"]
        if len(by_lines) > 1:
            (few, less), (many, more) = by_lines[0], by_lines[-1]
            each = (more - less) / (many - few) * 1000
            yield [database, name, f"each line from {few} to {many}", f"{each:.0f} µs"]


def written(found: Found) -> str:
    """Return the whole report."""
    given = (
        "floor's CPU ÷ its CPU",
        "requests/s",
        "p50 / p99 ms",
        "CPU ms a request: server / database",
    )
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()},"
    parts = [
        f"Medians of {found.rounds} rounds of {found.seconds:g} s in one run, servers in turn, "
        f"{machine} shared by load, servers and database. In brackets the least and the most of "
        f"the ratios of a round. {machine_load(found)}\n",
        table(
            ("orders × lines", "what", "÷ floor", "÷ naive", *given),
            _rows(found.of_faces(), ("floor", "naive")),
        ),
        table(("orders × lines", "what", "÷ floor", *given), _rows(found.beside(), ("floor",))),
        table(
            (
                *("database", "one request", "statements", "round trips", "of the cache"),
                "calls of functions",
            ),
            _counted_rows(found),
        ),
        table(("database", "what", "size", "change"), _size_rows(found)),
        table(
            ("database", "what", "found"),
            [
                *(
                    [name, what, spread(each)]
                    for name, ratios in found.through_nginx.items()
                    for what, each in ratios.items()
                ),
                *(
                    [
                        name,
                        "orders a second, one worker; CPU ms of each: worker / database",
                        f"{each.rate:.0f}; {each.worker_ms:.1f} / {each.database_ms:.1f}",
                    ]
                    for name, each in found.applied.items()
                ),
            ],
        ),
    ]
    return "\n".join(filter(None, parts))
