"""A PostgreSQL server of a test's own, which it may stop and start as it likes."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.system.fire.service import free_port

OWNER = "postgres"


class Cluster:
    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.port = free_port()
        self._run("initdb", "-D", str(folder / "cluster"), "--auth=trust", "-E", "UTF8")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"postgres://{OWNER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        log = str(self.folder / "log")
        self._control("start", "-l", log, "-o", f"{options} -c max_connections=100")

    def stop(self, mode: str) -> None:
        """Stop it: `fast` ends its connections in order, `immediate` is a crash."""
        self._control("stop", "-m", mode)

    def _control(self, verb: str, *options: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "cluster"), "-w", *options, verb)

    def _run(self, program: str, *options: str) -> None:
        command = [str(self.programs / program), *options]
        if program == "initdb":
            command.append(f"--username={OWNER}")
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            command = ["runuser", "-u", OWNER, "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def programs() -> Path | None:
    """Return the folder of PostgreSQL's own programs, the newest there is, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def cluster(at: Path) -> Iterator[Cluster]:
    """Yield a server of one's own, running, and gone afterwards; `at` holds its programs."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, OWNER)
        own = Cluster(Path(name), at)
        own.start()
        try:
            yield own
        finally:
            # A test that failed may have left it stopped.
            with contextlib.suppress(subprocess.CalledProcessError):
                own.stop("immediate")
