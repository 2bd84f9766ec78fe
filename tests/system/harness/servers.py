"""Servers beside the service: nginx as it ships, and Redis."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from tests.missing import do_without
from tests.system.harness.clients import wait_for
from tests.system.harness.processes import ROOT, end, free_port, until
from tests.system.harness.service import Service

MAIN = """
pid {folder}/nginx.pid;
error_log {folder}/main.log;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    {extra}
    include {folder}/downloads.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """The nginx that ships, before a service.

    `user` is whom its workers run as, if we are root; `extra` stands before what ships.
    """

    def __init__(
        self, folder: Path, *, service: int, uploads: Path, user: str | None = None, extra: str = ""
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
        extra += "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, extra=extra))
        self.user = user or getpass.getuser()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and wait until the service answers through it."""
        places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
        program = shutil.which("nginx", path=places) or do_without("nginx")
        command = [program, "-e", str(self.folder / "start.log"), "-p", str(self.folder)]
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


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Yield the address of a Redis server of one's own, without a file."""
    program, port = shutil.which("redis-server") or do_without("redis-server"), free_port()

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
        command += ["--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until(listens, "Redis does not answer")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            end(process)
