"""Honest clients beside all attackers at once: `python -m tests.soak --minutes 10`.

A fifth of the time is undisturbed; then every attack begins. Prints one JSON object; ends with 1
where an honest request failed other than by a 503 that says when to come again (under 1 %), where
p99 of a kind came to four times the undisturbed one, or where memory or the disk grew. On
`DATABASE_URL`, or SQLite.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.soak.honest import EMAIL, PASSWORD, RATES, SECRET, Honest
from tests.system.harness.processes import ROOT, end, working
from tests.system.harness.service import Service, serving

# A p99 of a few milliseconds doubles by itself: below this nobody notices.
UNNOTICED_SECONDS = 0.1
MEMORY_BYTES = 48 * 1024 * 1024
DISK_BYTES_A_MINUTE = 8 * 1024 * 1024
WARM_UP_SECONDS = 5


def soak(*, minutes: float) -> dict:
    """Run it, and return its figures and what is wrong with them."""
    settings = {"TRUSTED_PROXIES": "1", "EMAIL_URL": "dummymail://"}
    with serving(threads=32, **settings) as service, working(service.environment):
        bait = service.ask("add_file", name="bait.bin", size_bytes=200_000_000, sparse=True)
        book = service.ask("add_file", name="book.bin", size_bytes=200_000)
        service.ask("open_shops", secret=SECRET, email=EMAIL, password=PASSWORD)
        clicks = service.paths(book["grant"], int(RATES["download"] * minutes * 60) + 100)
        with Honest(service, port=service.port, book=book, clicks=clicks) as honest:
            time.sleep(WARM_UP_SECONDS)
            began = time.monotonic()
            time.sleep(minutes * 60 / 5)
            attacked = time.monotonic()
            with attacking(service, click=service.paths(bait["grant"], 1)[0]) as attacks:
                time.sleep(minutes * 60 / 10)
                memory, disk = memory_of(service), disk_of(service)
                time.sleep(max(minutes * 60 * 7 / 10 - WARM_UP_SECONDS, 1))
                grown = {"memory": memory_of(service) - memory, "disk": disk_of(service) - disk}
            over = time.monotonic()
        kinds = {kind: figures_of(honest, kind, began, attacked, over) for kind in RATES}
        audit = service.ask("audit")
    told = {"kinds": kinds, "attacks": attacks, "grown_bytes": grown, "audit": audit}
    return judged(told, minutes=minutes)


def figures_of(honest: Honest, kind: str, began: float, attacked: float, over: float) -> dict:
    """Return a kind's outcomes under attack, and its p99 before and then."""
    return {
        "undisturbed": dict(honest.outcomes(kind, since=began, until=attacked)),
        "attacked": dict(honest.outcomes(kind, since=attacked, until=over)),
        "p99_undisturbed": round(honest.p99(kind, since=began, until=attacked), 4),
        "p99_attacked": round(honest.p99(kind, since=attacked, until=over), 4),
    }


def judged(figures: dict, *, minutes: float) -> dict:
    """Add what is wrong with the figures, in words."""
    wrong = [f"the counters: {line}" for line in figures["audit"]]
    for kind, told in figures["kinds"].items():
        asked = sum(told["attacked"].values())
        later = told["attacked"].get("503 with Retry-After", 0)
        failed = asked - told["attacked"].get("200", 0) - later
        if failed or later >= asked / 100:
            wrong.append(f"{kind}: of {asked}, {failed} failed, {later} were to come again")
        if told["p99_attacked"] > max(4 * told["p99_undisturbed"], UNNOTICED_SECONDS):
            wrong.append(f"{kind}: p99 {told['p99_undisturbed']} → {told['p99_attacked']}")
    if figures["grown_bytes"]["memory"] > MEMORY_BYTES:
        wrong.append("memory grew")
    if figures["grown_bytes"]["disk"] > DISK_BYTES_A_MINUTE * minutes:
        wrong.append("the disk grew")
    return figures | {"wrong": wrong}


@contextlib.contextmanager
def attacking(service: Service, *, click: str) -> Iterator[dict[str, int]]:
    """Run all attacks; what is yielded tells afterwards how often which was done."""
    told = {"port": service.port, "key": service.opens["key"], "click": click}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "tests.soak.attacks"]
    attackers: Any = subprocess.Popen(command, cwd=ROOT, **pipes)
    attackers.stdin.write(json.dumps(told))
    attackers.stdin.close()
    done: dict[str, int] = {}
    try:
        yield done
    finally:
        attackers.terminate()
        done.update(json.load(attackers.stdout))
        end(attackers)


def memory_of(service: Service) -> int:
    """Return the resident bytes of the service's processes."""
    held = (Path(f"/proc/{number}/statm").read_text().split() for number in service.worker_ids())
    return sum(int(each[1]) for each in held) * os.sysconf("SC_PAGE_SIZE")


def disk_of(service: Service) -> int:
    """Return the bytes on the disk under the service's folder: data, logs, whatever is stored."""
    sizes = 0
    for path in service.folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            sizes += path.stat().st_blocks * 512
    return sizes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    figures = soak(minutes=parser.parse_args().minutes)
    print(json.dumps(figures, indent=1))  # noqa: T201
    sys.exit(bool(figures["wrong"]))
