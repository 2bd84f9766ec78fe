"""How much memory a worker needs while it hands over files larger than it should ever hold."""

import contextlib
import hashlib
import http.client
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.system.harness.clients import get
from tests.system.harness.processes import times

pytestmark = pytest.mark.slow

MIB = 1024**2
SIZE = times(400, drill=2048) * MIB
ROOM_KIB = 32 * 1024
READERS = 4


def memory_kib(service, line):
    """Return a line of what the kernel says of the one worker's memory: VmRSS, or its peak."""
    [worker] = service.worker_ids()
    told = Path(f"/proc/{worker}/status").read_text()
    return int(told.split(f"{line}:")[1].split()[0])


def forget_the_peak(service):
    [worker] = service.worker_ids()
    Path(f"/proc/{worker}/clear_refs").write_text("5")


def read_away(port, path):
    """Read an answer's bytes and keep none; return its status and their checksum."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    digest = hashlib.sha256()
    with contextlib.closing(line):
        line.request("GET", path)
        response = line.getresponse()
        while block := response.read(1024 * 1024):
            digest.update(block)
    return response.status, digest.hexdigest()


@pytest.fixture
def idle(ways):
    """What each worker holds once it is warm, with nothing to do."""
    small = ways.service.ask("add_file", name="small.bin", size_bytes=1_000_000)
    held = {}
    for way, service in (("application", ways.service), ("nginx", ways.behind_nginx)):
        for path in ways.service.paths(small["grant"], READERS):
            assert get(ways.port(way), path).sha256 == small["sha256"]
        held[way] = memory_kib(service, "VmRSS")
        forget_the_peak(service)
    return held


@pytest.mark.parametrize(
    ("way", "readers", "size_bytes"),
    [
        ("application", 1, SIZE),
        ("application", READERS, SIZE // READERS),
        ("nginx", 1, SIZE),
        ("nginx", READERS, SIZE // READERS),
    ],
)
def test_a_worker_stays_small(ways, idle, way, readers, size_bytes):
    service = ways.service if way == "application" else ways.behind_nginx
    file = ways.service.ask("add_file", name="large.iso", size_bytes=size_bytes, sparse=True)
    paths = ways.service.paths(file["grant"], readers)
    with ThreadPoolExecutor(readers) as pool:
        answers = list(pool.map(lambda path: read_away(ways.port(way), path), paths))
    assert answers == [(200, file["sha256"])] * readers
    assert memory_kib(service, "VmHWM") - idle[way] <= ROOM_KIB
    counts = ways.service.counts(file["grant"])
    assert (counts["used"], counts["sent_bytes"]) == (readers, readers * size_bytes)
