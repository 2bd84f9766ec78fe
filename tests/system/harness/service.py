"""The service as a deployment runs it: gunicorn on a database of its own."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.system.harness.clients import wait_for
from tests.system.harness.databases import database
from tests.system.harness.processes import ROOT, Inside, end, free_port, start, until

# What opens the one order of a service's shop.
TOKEN = "f00d" * 8
FACE_A = f"/api/v2/customer-account-orders?id={TOKEN}"
PAGE = f"/orders/{TOKEN}"


class Service:
    """gunicorn, with processes and threads as asked.

    `root` is the tree whose code it runs, `application` the module of what it serves.
    """

    def __init__(
        self,
        environment: dict[str, str],
        *,
        workers: int = 1,
        threads: int = 32,
        root: Path = ROOT,
        application: str = "config.wsgi",
    ) -> None:
        self.environment = environment
        self.root, self.application = root, application
        self.port = free_port()
        self.workers, self.threads = workers, threads
        self.process: subprocess.Popen | None = None
        self.inside = Inside(environment)
        # A storefront key and a customer's bearer, once it is prepared.
        self.opens: dict[str, str] = {}

    @property
    def folder(self) -> Path:
        """The service's DATA_DIR."""
        return Path(self.environment["DATA_DIR"])

    @property
    def uploads(self) -> Path:
        """Where it keeps its files."""
        return self.folder / "uploads"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = ["-m", "gunicorn", self.application, "--log-level", "critical"]
        if (self.root / "config" / "gunicorn.py").exists():
            command += ["--config", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        command += ["--workers", str(self.workers), "--threads", str(self.threads)]
        self.process = start(*command, environment=self.environment, root=self.root)
        wait_for(self.port)

    def worker_ids(self) -> list[int]:
        """Return the process ids of gunicorn's workers."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in children.read_text().split()]

    def readers_of(self, key: str) -> list[int]:
        """Return the workers that have a stored file open, once for each time."""
        stored = str((self.uploads / key).resolve())
        readers = []
        for number in self.worker_ids():
            # Workers and files come and go while we look.
            with contextlib.suppress(FileNotFoundError):
                for opened in Path(f"/proc/{number}/fd").iterdir():
                    with contextlib.suppress(FileNotFoundError):
                        if os.readlink(opened) == stored:
                            readers.append(number)
        return readers

    def kill_reader_of(self, key: str) -> None:
        """Kill the worker that has a file open, as a power cut would; gunicorn starts another."""
        [reader] = self.readers_of(key)
        os.kill(reader, signal.SIGKILL)
        until(lambda: reader not in self.worker_ids(), "the worker lives")

    def stop(self) -> None:
        """End it, and whoever answered `ask`."""
        if self.process is not None:
            end(self.process)
        self.inside.stop()

    def ask(self, question: str, **given: Any) -> Any:
        """Ask one of `tests.system.harness.questions` of the service's own database."""
        return self.inside.ask(question, **given)

    def paths(self, grant: int, clicks: int) -> list[str]:
        """Return the paths of so many fresh clicks on a grant."""
        return [path_of(address) for address in self.ask("mint", grant=grant, clicks=clicks)]

    def counts(self, grant: int) -> dict:
        """Tell how a grant stands once no answer is under way: a reader is done before we are."""
        until(lambda: not self.ask("counts", grant=grant)["streams"], "answers are under way")
        return self.ask("counts", grant=grant)


@contextlib.contextmanager
def serving(
    url: str | None = None, *, workers: int = 1, threads: int = 32, **settings: str
) -> Iterator[Service]:
    """Yield a service on a database of its own (see `database`), with a shop, gone afterwards."""
    with database(url) as environment:
        service = Service(environment | settings, workers=workers, threads=threads)
        try:
            service.opens = service.ask("prepare")
            service.start()
            yield service
        finally:
            service.stop()


@contextlib.contextmanager
def beside(service: Service, *, threads: int = 32, **settings: str) -> Iterator[Service]:
    """Yield another server on the same database and files, with other settings."""
    other = Service(service.environment | settings, threads=threads)
    other.opens = service.opens
    other.start()
    try:
        yield other
    finally:
        other.stop()


def path_of(address: str) -> str:
    """Return the path of an absolute address."""
    return urlsplit(address).path
