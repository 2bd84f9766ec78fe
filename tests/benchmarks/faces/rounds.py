"""Drive servers in turn, round by round, so that whatever else the machine does falls on all."""

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.faces import processor
from tests.benchmarks.faces.production import Stand
from tests.benchmarks.faces.wrk import Asked, Driven, drive
from tests.system.harness.clients import Answer, get

WARM_UP_SECONDS = 1
Load = Callable[[str], Sequence[Asked]]


@dataclass(frozen=True)
class Run:
    """One server driven once: what wrk found, and the CPU milliseconds of each request."""

    driven: Driven
    server_ms: float
    database_ms: float

    @property
    def cpu_ms(self) -> float:
        """Of server and database together."""
        return self.server_ms + self.database_ms


@dataclass
class Compared:
    """All rounds of one load: of each server its runs, in the order of the rounds."""

    name: str
    stand: Stand
    connections: int
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, server: str, of: Callable[[Run], float]) -> float:
        """Return the middle of a server's rounds."""
        return statistics.median(of(run) for run in self.runs[server])

    def ratios(self, server: str, other: str) -> list[float]:
        """Return how often a server was as fast as another one of the same round."""
        pairs = zip(self.runs[server], self.runs[other], strict=True)
        return [mine.driven.rate / theirs.driven.rate for mine, theirs in pairs]

    def cpu_ratios(self, server: str, other: str) -> list[float]:
        """Return how often a server's CPU would have done what another one's did in each round."""
        pairs = zip(self.runs[server], self.runs[other], strict=True)
        return [theirs.cpu_ms / mine.cpu_ms for mine, theirs in pairs]

    def cpu_ms(self, server: str) -> float:
        """Return the CPU milliseconds of a request, of server and database."""
        return self.median(server, lambda run: run.cpu_ms)


def compare(
    name: str,
    stand: Stand,
    load: Load,
    *,
    rounds: int,
    seconds: float,
    connections: int = 16,
    servers: Sequence[str] = ("floor", "ours"),
) -> Compared:
    """Drive each server with the load made for it, once a round."""
    compared = Compared(name, stand, connections)
    for server in servers:
        # A load that is used up is made anew for each run.
        run_once(stand, server, load(server), connections=connections, seconds=WARM_UP_SECONDS)
    for number in range(rounds):
        for server in servers:
            run = run_once(stand, server, load(server), connections=connections, seconds=seconds)
            compared.runs.setdefault(server, []).append(run)
        told = ", ".join(f"{each} {compared.runs[each][-1].driven.rate:.0f}/s" for each in servers)
        sys.stderr.write(f"{stand.database} {name}, round {number + 1}: {told}\n")
    return compared


def run_once(
    stand: Stand, server: str, load: Sequence[Asked], *, connections: int, seconds: float
) -> Run:
    """Drive one server with one load."""
    service = stand.servers[server]
    assert service.process is not None
    server_began = processor.of_tree(service.process.pid)
    database_began = processor.of_database(stand.environment)
    driven = drive(service.port, load, connections=connections, seconds=seconds)
    server_used = processor.of_tree(service.process.pid) - server_began
    database_used = processor.spent(database_began, processor.of_database(stand.environment))
    each = 1000 / driven.requests
    return Run(driven, server_used * each, database_used * each)


def answer_of(stand: Stand, server: str, asked: Asked) -> Answer:
    """Ask one server once."""
    port = stand.servers[server].port
    headers = {name.replace("-", "_"): value for name, value in asked.headers.items()}
    body = asked.body.encode() or None
    return get(port, asked.path, method=asked.method, body=body, **headers)
