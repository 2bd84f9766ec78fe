"""Databases of a test's own: migrated, on either engine; and a whole PostgreSQL server."""

import atexit
import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
from django.apps import apps
from psycopg import sql

from tests.missing import do_without
from tests.prepared_database import prepared_file, prepared_name
from tests.system.harness.processes import free_port, manage

OWNER = "postgres"
_numbers = itertools.count(1)


@contextlib.contextmanager
def database(url: str | None = None) -> Iterator[dict[str, str]]:
    """Yield an environment with a migrated database of its own, gone afterwards.

    It is on the server at `url`, or else where this run's is; SQLite where none is set.
    """
    _set_up()
    with tempfile.TemporaryDirectory(prefix="system-") as folder:
        environment = os.environ | {"DATA_DIR": folder}
        server = url or environment.pop("DATABASE_URL", None)
        if server is None:
            shutil.copyfile(_migrated_file(), Path(folder) / "db.sqlite3")
            yield environment
            return
        with created(server, template=_migrated_on(server)) as own:
            yield environment | {"DATABASE_URL": own}


@contextlib.contextmanager
def kept_database(server: str, name: str) -> Iterator[dict[str, str]]:
    """Yield an environment with a database of this name on a server, made where there is none.

    It stays, and is brought up to date; what is stored beside it is gone afterwards.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with tempfile.TemporaryDirectory(prefix="system-") as folder:
        address = urlsplit(server)._replace(path=f"/{name}").geturl()
        environment = os.environ | {"DATA_DIR": folder, "DATABASE_URL": address}
        manage(environment, "migrate").check_returncode()
        yield environment


@contextlib.contextmanager
def created(server: str, *, template: str = "template1") -> Iterator[str]:
    """Yield the address of a new database on a PostgreSQL server, gone afterwards."""
    name = f"system_{os.getpid()}_{next(_numbers)}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _set_up() -> None:
    """Read the settings, where no test runner has: a benchmark has databases of its own, too."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()


# Migrating takes seconds: what is migrated once is copied, by whatever process of the tests it was.
_copied = contextlib.ExitStack()
atexit.register(_copied.close)


@functools.cache
def _migrated_file() -> Path:
    if (prepared := prepared_file()).exists():
        return prepared
    folder = Path(_copied.enter_context(tempfile.TemporaryDirectory(prefix="migrated-")))
    environment = os.environ | {"DATA_DIR": str(folder)}
    environment.pop("DATABASE_URL", None)
    manage(environment, "migrate").check_returncode()
    return folder / "db.sqlite3"


@functools.cache
def _migrated_on(server: str) -> str:
    prepared = prepared_name(urlsplit(server).path[1:])
    if _has(server, prepared):
        return prepared
    # A server of a test's own may be gone before.
    _copied.enter_context(contextlib.suppress(psycopg.OperationalError))
    own = _copied.enter_context(created(server))
    manage(os.environ | {"DATABASE_URL": own}, "migrate").check_returncode()
    return urlsplit(own).path[1:]


def _has(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _execute(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


class Cluster:
    """A PostgreSQL server that a test may stop and start as it likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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

    def _run(self, name: str, *options: str) -> None:
        command = [program(name), *options]
        if name == "initdb":
            command.append(f"--username={OWNER}")
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            command = ["runuser", "-u", OWNER, "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's own programs, the newest there is."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or do_without(name)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Yield a server of one's own, running, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, OWNER)
        own = Cluster(Path(name))
        own.start()
        try:
            yield own
        finally:
            # A test that failed may have left it stopped.
            with contextlib.suppress(subprocess.CalledProcessError):
                own.stop("immediate")
