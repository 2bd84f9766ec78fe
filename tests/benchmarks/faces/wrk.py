"""Drive a server with wrk: so many connections that walk over a list of requests."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
LONGEST_SECONDS = 60
_runs = itertools.count(int(time.time()))


@dataclass(frozen=True)
class Asked:
    """One request of a load, and the status of its answer."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 200

    @property
    def in_lua(self) -> str:
        """The request as a table of Lua's."""
        headers = ", ".join(
            f"[ {_text(name)} ] = {_text(self.headers[name])}" for name in self.headers
        )
        body = f", body = {_text(self.body)}" if self.body else ""
        return (
            f"{{ method = {_text(self.method)}, path = {_text(self.path)}, "
            f"headers = {{ {headers} }}{body} }}"
        )


@dataclass(frozen=True)
class Driven:
    """What wrk found."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def drive(port: int, requests: Sequence[Asked], *, connections: int, seconds: float) -> Driven:
    """Ask for so many seconds.

    Raises:
        ValueError: not every answer was a good one.
    """
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as listed:
        listed.write(f"return {{ {', '.join(each.in_lua for each in requests)} }}")
        listed.flush()
        command = [program, "-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s"]
        command += ["--timeout", "30s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}"]
        command += ["--", listed.name, f"{os.getpid()}-{next(_runs)}-"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    driven = Driven(**json.loads(done.stdout.splitlines()[-1]))
    if not driven.requests and seconds < LONGEST_SECONDS:
        # So slow that nothing came in time: a busy machine, or what takes long by itself.
        return drive(port, requests, connections=connections, seconds=2 * seconds)
    if driven.failed or not driven.requests:
        raise ValueError(f"{driven} of {command}")
    return driven


def _text(text: str) -> str:
    return f"[==[{text}]==]"
