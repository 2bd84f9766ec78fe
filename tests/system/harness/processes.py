"""Start a process, wait for it, ask it by lines, end it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 60


def times(short: int, *, drill: int) -> int:
    """Return how often something is done: so often as proves it, or as in `make drills`."""
    return drill if os.environ.get("DRILLS") == "true" else short


def until(is_so: Callable[[], bool], what: str, *, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it is not, still.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(
    *command: str, environment: dict[str, str], root: Path = ROOT, **pipes: Any
) -> subprocess.Popen:
    """Start Python with this command, where a tree lies.

    Without pipes, what it says goes to its DATA_DIR's `log`.
    """
    python = [sys.executable, *command]
    if pipes:
        return subprocess.Popen(python, cwd=root, env=environment, text=True, **pipes)
    with (Path(environment["DATA_DIR"]) / "log").open("ab") as log:
        return subprocess.Popen(python, cwd=root, env=environment, stdout=log, stderr=log)


def end(process: subprocess.Popen) -> None:
    """End a process of ours, politely first."""
    process.terminate()
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def manage(
    environment: dict[str, str], *command: str, root: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a command of `manage.py` to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class Inside:
    """A process in a service's environment that answers the questions of one module by name."""

    def __init__(
        self, environment: dict[str, str], module: str = "tests.system.harness.questions"
    ) -> None:
        self.environment = environment
        self.command, self.root = ("-m", "tests.system.harness.inside", module), ROOT
        self._process: subprocess.Popen | None = None
        self._turn = threading.Lock()

    def ask(self, question: str, **given: Any) -> Any:
        """Call the function of this name, with what is given; return what it returns."""
        with self._turn:
            if self._process is None:
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
                self._process = start(
                    *self.command, environment=self.environment, root=self.root, **pipes
                )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps([question, given]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            self.stop()
            raise RuntimeError(f"{question} failed; why stands above")
        return json.loads(answer)

    def stop(self) -> None:
        """End it; asked again, it begins anew."""
        if self._process is not None:
            end(self._process)
            self._process = None


class Workers:
    """Workers on a service's database, as a deployment runs them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: list[subprocess.Popen] = []

    def start(self) -> None:
        """Start one more."""
        command = ("manage.py", "worker", "--interval", "0.1", "--no-startup-delay")
        self.running.append(start(*command, environment=self.environment))

    def kill(self) -> None:
        """Kill the one that has worked longest, as a power cut would."""
        worker = self.running.pop(0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()


@contextlib.contextmanager
def working(environment: dict[str, str], *, workers: int = 1) -> Iterator[Workers]:
    """Yield so many workers, gone afterwards."""
    ours = Workers(environment)
    try:
        for _ in range(workers):
            ours.start()
        yield ours
    finally:
        for worker in ours.running:
            end(worker)
