"""One click that asks for its file in pieces: segments at once, a resume, a seek in a video."""

import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.missing import do_without
from tests.system.harness.clients import get
from tests.system.harness.processes import ROOT, until

pytestmark = pytest.mark.slow

WAYS = ["application", "nginx"]
SEGMENTS = 200
# More than any program opens; one click has 16 streams, and as many waiting as half the places.
LINES = 24
SIZE = 8_000_123


def is_one_download(ways, file):
    """Hold a grant to one download that nothing gave back."""
    counts = ways.service.counts(file["grant"])
    assert (counts["used"], counts["deliveries"], counts["given_back"]) == (1, 1, 0)
    return counts["events"] == {"charged": 1, "served": 1}


@pytest.fixture
def file(ways):
    return ways.service.ask("add_file", name="file.bin", size_bytes=SIZE, limit=1)


@pytest.mark.parametrize("way", WAYS)
def test_segments_at_once_are_one_download(ways, file, way):
    [path] = ways.service.paths(file["grant"], 1)
    cuts = [number * SIZE // SEGMENTS for number in range(SEGMENTS + 1)]
    asked = [{"Range": f"bytes={start}-{stop - 1}"} for start, stop in itertools.pairwise(cuts)]
    with ThreadPoolExecutor(LINES) as lines:
        answers = list(lines.map(lambda part: get(ways.port(way), path, **part), asked))
    assert {answer.status for answer in answers} == {206}
    joined = b"".join(answer.body for answer in answers)
    assert hashlib.sha256(joined).hexdigest() == file["sha256"]
    assert is_one_download(ways, file)
    assert ways.service.counts(file["grant"])["sent_bytes"] == SIZE


@pytest.mark.parametrize("way", WAYS)
def test_curl_resumes_after_a_cut(ways, way, tmp_path):
    if shutil.which("curl") is None:
        do_without("curl")
    # Whatever rate it is held to, curl reads up to 10 MB at a time.
    file = ways.service.ask("add_file", name="file.bin", size_bytes=5 * SIZE, limit=1)
    [path] = ways.service.paths(file["grant"], 1)
    saved = tmp_path / "file.bin"
    curl = ["curl", "--silent", "--fail", "--output", str(saved)]
    address = f"http://127.0.0.1:{ways.port(way)}{path}"
    with subprocess.Popen([*curl, "--limit-rate", "1M", address]) as begun:
        until(lambda: saved.exists() and saved.stat().st_size > SIZE // 10, "nothing comes")
        begun.kill()
    assert SIZE // 10 < saved.stat().st_size < 5 * SIZE
    subprocess.run([*curl, "--continue-at", "-", address], check=True)
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == file["sha256"]
    assert is_one_download(ways, file)


def in_browser(verb, given):
    """Have a real Chromium do something; return what it tells."""
    command = [sys.executable, "-m", "tests.system.fire.browser", verb, str(given)]
    printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=120)
    return json.loads(printed.stdout)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A real video of some MB."""
    if shutil.which("chromium") is None:
        do_without("Chromium")
    path = tmp_path_factory.mktemp("video") / "video.webm"
    in_browser("record", path)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_seeking_in_a_video_is_one_download(ways, video, way):
    # A browser slower than the line has all of it before it seeks, and asks for nothing more.
    assert any(seeks(ways, video, way) for _try in range(4))


def seeks(ways, video, way):
    """Watch a video of its own; return whether the seek asked anew for what was not there."""
    file = ways.service.ask("add_file", name="video.webm", source=str(video), limit=1)
    [path] = ways.service.paths(file["grant"], 1)
    watched = in_browser("seek", f"http://127.0.0.1:{ways.port(way)}{path}")
    assert is_one_download(ways, file)
    statuses = {status for status, _ in watched["answers"]}
    if statuses == {206, 410}:
        # On a busy machine it asks for the rest again and again, past three sizes of the file.
        return False
    assert (watched["seen"], statuses) == ([[3, 640], [1, 640]], {206}), watched
    return len({asked for _, asked in watched["answers"]}) >= 2
