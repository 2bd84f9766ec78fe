"""The service as a deployment runs it: gunicorn on a database of its own, and nginx before it."""

import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from tests.system.fire.asking import until, wait_for
from tests.system.storms.storm import ROOT, database

MAIN = """
pid {folder}/nginx.pid;
error_log {folder}/main.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    {temporary}
    include {folder}/downloads.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# What opens the one order of a service's shop.
TOKEN = "f00d" * 8
FACE_A = f"/api/v2/customer-account-orders?id={TOKEN}"
PAGE = f"/orders/{TOKEN}"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """gunicorn, with processes and threads as asked; `kill_workers` ends them as a power cut.

    `root` is the tree whose code it runs.
    """

    def __init__(
        self,
        environment: dict[str, str],
        *,
        workers: int = 1,
        threads: int = 32,
        root: Path = ROOT,
    ) -> None:
        self.environment = environment
        self.root = root
        self.port = free_port()
        self.workers, self.threads = workers, threads
        self.process: subprocess.Popen | None = None
        # A storefront key and a customer's bearer, once it is prepared.
        self.opens: dict[str, str] = {}
        self._inside: subprocess.Popen | None = None
        self._turn = threading.Lock()

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
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--log-level", "critical"]
        if (self.root / "config" / "gunicorn.py").exists():
            command += ["--config", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        command += ["--workers", str(self.workers), "--threads", str(self.threads)]
        with (self.folder / "server.log").open("ab") as lines:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=self.environment, stdout=lines, stderr=lines
            )
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
                for held in Path(f"/proc/{number}/fd").iterdir():
                    with contextlib.suppress(FileNotFoundError):
                        if os.readlink(held) == stored:
                            readers.append(number)
        return readers

    def kill_workers(self) -> None:
        """Kill the workers with SIGKILL; gunicorn starts others."""
        for number in self.worker_ids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def stop(self) -> None:
        """End it, and whoever answered `ask`."""
        if self.process is not None:
            end(self.process)
        if self._inside is not None:
            end(self._inside)

    def ask(self, question: str, **given: Any) -> Any:
        """Have `tests.system.fire.inside` do something in the service's own database."""
        with self._turn:
            if self._inside is None:
                self._inside = subprocess.Popen(
                    [sys.executable, "-m", "tests.system.fire.inside"],
                    cwd=self.root,
                    env=self.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            assert self._inside.stdin is not None
            assert self._inside.stdout is not None
            self._inside.stdin.write(json.dumps([question, given]) + "\n")
            self._inside.stdin.flush()
            answer = self._inside.stdout.readline()
            if not answer:
                end(self._inside)
                self._inside = None
        if not answer:
            raise RuntimeError(f"{question} failed; why stands above")
        return json.loads(answer)

    def paths(self, grant: int, clicks: int) -> list[str]:
        """Return the paths of so many fresh clicks on a grant."""
        return [path_of(address) for address in self.ask("mint", grant=grant, clicks=clicks)]

    def counts(self, grant: int) -> dict:
        """Tell how a grant stands once no answer is under way: a reader is done before we are."""
        until(lambda: not self.ask("counts", grant=grant)["streams"], "answers are under way")
        return self.ask("counts", grant=grant)


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


class Nginx:
    """The nginx that ships, before a service; `user` is whom its workers run as, if we are root."""

    def __init__(
        self, folder: Path, *, service: int, uploads: Path, user: str | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        shipped = Template((ROOT / "nginx.conf.template").read_text())
        names = {
            "LISTEN": f"127.0.0.1:{self.port}",
            "SERVICE": f"127.0.0.1:{service}",
            "UPLOADS": str(uploads),
            "LOGS": str(folder),
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "downloads.conf").write_text(shipped.safe_substitute(names))
        temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, temporary=temporary))
        self.user = user or getpass.getuser()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and wait until the service answers through it."""
        command = [str(nginx()), "-e", str(self.folder / "start.log"), "-p", str(self.folder)]
        command += ["-c", str(self.folder / "nginx.conf")]
        command += ["-g", f"daemon off; user {self.user};" if os.geteuid() == 0 else "daemon off;"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            end(self.process)

    def log(self) -> str:
        """Return all that it has logged anywhere, also of how it started."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


@contextlib.contextmanager
def before(service: Service, name: str = "nginx", **given: Any) -> Iterator[Nginx]:
    """Yield the nginx that ships, before a service."""
    given = {"service": service.port, "uploads": service.uploads} | given
    front = Nginx(service.folder / name, **given)
    front.start()
    try:
        yield front
    finally:
        front.stop()


def nginx() -> Path:
    """Return the nginx of this machine."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError("nginx is needed: install your distribution's package")
    return Path(found)


@contextlib.contextmanager
def serving(
    url: str | None, *, workers: int = 1, threads: int = 32, **settings: str
) -> Iterator[Service]:
    """Yield a service on a database of its own, with a shop in it, gone afterwards."""
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
    other.start()
    try:
        yield other
    finally:
        other.stop()


def path_of(address: str) -> str:
    """Return the path of an absolute address."""
    return urlsplit(address).path
