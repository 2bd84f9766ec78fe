"""One log file that several processes write, and any of them begins anew when it is full."""

import fcntl
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from config.log_files import SharedRotatingFileHandler

ROOT = Path(__file__).parent.parent.parent
WRITER = """
import logging, sys
from config.log_files import SharedRotatingFileHandler
handler = SharedRotatingFileHandler(sys.argv[1], max_bytes=5_000, kept_files=9, delay=True)
logger = logging.getLogger("writer")
logger.addHandler(handler)
for number in range(500):
    logger.warning("%s line %04d", sys.argv[2], number)
"""


@pytest.fixture
def log(tmp_path):
    return tmp_path / "downloads.log"


@pytest.fixture
def write(log):
    """Return a function that has a handler write so many lines of a hundred bytes."""
    handlers = []

    def lines(count, *, handler=None, **bounds):
        if handler is None:
            handler = SharedRotatingFileHandler(
                str(log), **{"max_bytes": 1000, "kept_files": 3, "delay": True} | bounds
            )
            handlers.append(handler)
        for _ in range(count):
            handler.handle(logging.makeLogRecord({"msg": "x" * 99}))
        return handler

    yield lines
    for handler in handlers:
        handler.close()


def sizes(log):
    return {path.name: path.stat().st_size for path in log.parent.iterdir()}


def test_a_full_file_makes_room_and_the_oldest_goes(log, write):
    write(45)
    kept = {f"downloads.{number}.log": 1000 for number in (1, 2, 3)}
    assert sizes(log) == kept | {"downloads.log": 500}


def test_without_a_bound_it_grows_until_somebody_moves_it(log, write):
    handler = write(50, max_bytes=0)
    assert sizes(log) == {"downloads.log": 5000}
    log.rename(log.with_name("moved"))
    write(1, handler=handler)
    assert sizes(log) == {"moved": 5000, "downloads.log": 100}


def test_a_file_that_another_process_has_begun_is_gone_on_with(log, write):
    one, other = write(9), write(0)
    write(1, handler=other)
    write(1, handler=one)
    assert sizes(log) == {"downloads.1.log": 1000, "downloads.log": 100}


def test_a_log_that_cannot_be_moved_keeps_nobody_from_working(log, write, monkeypatch, capsys):
    monkeypatch.setattr(Path, "replace", refuse)
    write(11)
    assert log.stat().st_size == 1100
    assert "read-only" in capsys.readouterr().err


@pytest.mark.parametrize("can_be_moved", [True, False])
def test_who_finds_it_full_waits_for_nobody(log, write, monkeypatch, can_be_moved):
    """Another one is at it, or could not do it: neither holds whoever comes next."""
    one, other = write(0), write(0)
    if can_be_moved:
        write(1, handler=one)
        fcntl.flock(one.stream.fileno(), fcntl.LOCK_EX)
        write(10, handler=other)
        assert sizes(log) == {"downloads.log": 1100}
    else:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", refuse)
            write(11, handler=one)
        write(1, handler=other)
        assert sizes(log) == {"downloads.1.log": 1200, "downloads.log": 0}


def refuse(self, target):
    raise PermissionError("read-only")


@pytest.mark.slow
def test_of_several_processes_none_loses_a_line(log):
    """Real processes: a lock between threads of one would prove nothing."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(log), name], cwd=ROOT)
        for name in ("one", "two", "three")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    lines = [
        line for path in log.parent.glob("downloads*.log") for line in path.read_text().splitlines()
    ]
    assert sorted(lines) == sorted(
        f"{name} line {number:04d}" for name in ("one", "two", "three") for number in range(500)
    )
    # How large each is depends on who was at it when; that it was moved at all does not.
    assert len(sizes(log)) > 1
