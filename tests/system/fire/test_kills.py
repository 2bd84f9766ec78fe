"""A worker killed with SIGKILL, as a power cut or the kernel would, at each stage of a click."""

import contextlib
import hashlib
import http.client
import socket
import sqlite3

import psycopg
import pytest

from tests.system.fire.storage import STOPS_READING, trouble
from tests.system.harness.clients import get
from tests.system.harness.processes import times, until
from tests.system.harness.service import serving

# What is not committed is lost in each engine's own way.
pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

SMALL = 200_000
# More than the buffers of two sockets hold: a stream whose reader stops stands still.
LARGE = 12 * 1024 * 1024
READ_BYTES = 1_000_000
# What a spend writes, in turn.
WRITTEN = ("downloads_grant", "downloads_delivery", "downloads_downloadevent")
KILLS = times(1, drill=30)
ACTIVE = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def service():
    trouble = {"DJANGO_SETTINGS_MODULE": "tests.system.fire.settings"}
    with serving(workers=2, threads=4, **trouble) as running:
        yield running


@pytest.fixture(scope="module")
def small(service):
    return service.ask("add_file", name="small.bin", size_bytes=SMALL)


@pytest.fixture(scope="module")
def large(service):
    return service.ask("add_file", name="large.bin", size_bytes=LARGE)


@pytest.fixture(scope="module")
def clicked(small, large):
    """How many clicks each grant has had."""
    return {small["grant"]: 0, large["grant"]: 0}


@pytest.fixture
def path_to(service, clicked):
    """Return a function that gives a fresh click on a file."""

    def fresh(file):
        clicked[file["grant"]] += 1
        [path] = service.paths(file["grant"], 1)
        return path

    return fresh


@contextlib.contextmanager
def held_back(service, file, table):
    """Hold what a spend must write: a table, or SQLite's one place for a writer.

    Yields a question: whether a spend has come so far that it waits for us.
    """
    address = service.environment.get("DATABASE_URL")
    if address is None:
        held = sqlite3.connect(service.folder / "db.sqlite3", isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        # The file is opened before anything is spent.
        waits = is_read(service, file["key"])
    else:
        held = psycopg.connect(address)
        held.execute(f"LOCK TABLE {table} IN SHARE MODE")
        waiters = "SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted"

        def waits():
            return held.execute(waiters, [table]).fetchone() is not None

    try:
        yield waits
    finally:
        held.rollback()
        if address is not None:
            # A server ends the statement that it was given, also of a process that is gone.
            until(lambda: held.execute(ACTIVE).fetchone() is None, "a statement goes on")
        held.close()


def click(service, path):
    """Send a click, and read nothing of its answer."""
    line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    line.connect()
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    line.request("GET", path)
    return line


def is_read(service, key):
    return lambda: len(service.readers_of(key)) == 1


def is_spent(service, file, downloads):
    return lambda: service.ask("counts", grant=file["grant"])["deliveries"] == downloads


def used(service, file):
    counts = service.ask("counts", grant=file["grant"])
    assert counts["used"] == counts["deliveries"] == counts["events"].get("charged", 0)
    return counts["used"]


@pytest.mark.parametrize("number", range(KILLS))
@pytest.mark.parametrize("table", WRITTEN)
def test_in_the_midst_of_a_spend_all_or_nothing_of_it_stands(
    service, small, path_to, table, number
):
    path, before = path_to(small), used(service, small)
    with (
        held_back(service, small, table) as waits,
        contextlib.closing(click(service, path)),
    ):
        until(waits, "the click does not come")
        service.kill_reader_of(small["key"])
    # One statement of PostgreSQL's is the whole spend: then the click has its Delivery, and rides.
    is_whole = "DATABASE_URL" in service.environment
    assert used(service, small) in {before, before + is_whole}
    answer = get(service.port, path)
    assert (answer.status, answer.sha256) == (200, small["sha256"])
    assert used(service, small) == before + 1


@pytest.mark.parametrize("number", range(KILLS))
def test_after_the_commit_the_same_click_is_free(service, small, path_to, number):
    path, before = path_to(small), used(service, small)
    with trouble(service.folder, STOPS_READING), contextlib.closing(click(service, path)):
        until(is_spent(service, small, before + 1), "nothing is spent")
        service.kill_reader_of(small["key"])
    answer = get(service.port, path)
    assert (answer.status, answer.sha256) == (200, small["sha256"])
    assert used(service, small) == before + 1


@pytest.mark.parametrize("number", range(KILLS))
def test_in_mid_stream_the_same_click_brings_the_rest(service, large, path_to, number):
    path, before = path_to(large), used(service, large)
    with contextlib.closing(click(service, path)) as line:
        response = line.getresponse()
        body = response.read(READ_BYTES)
        service.kill_reader_of(large["key"])
        with contextlib.suppress(OSError):
            while block := response.read1():
                body += block
        response.close()
    assert READ_BYTES <= len(body) < LARGE
    rest = get(service.port, path, Range=f"bytes={len(body)}-")
    assert (rest.status, len(body) + len(rest.body)) == (206, LARGE)
    assert hashlib.sha256(body + rest.body).hexdigest() == large["sha256"]
    assert used(service, large) == before + 1


def test_all_is_counted_in_the_end(service, small, large, clicked):
    assert {file["grant"]: used(service, file) for file in (small, large)} == clicked
    assert service.ask("audit") == []
