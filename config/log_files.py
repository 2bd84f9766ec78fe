"""Size-bounded log rotation that several processes can do on one file."""

import fcntl
import logging
import os
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any


class SharedRotatingFileHandler(WatchedFileHandler):
    """Rotate a log file at `max_bytes`; keep so many earlier ones (`name.1.log`, `name.2.log`).

    Each process looks before each line whether the file is still there, as its base class does for
    logrotate. Who finds it full moves it away under a lock on that very file, so that of several
    who find so one moves it. No line is lost: one that is being written meanwhile goes with the
    file that was moved. A lock for each line, as libraries take, would have all processes wait for
    each other. `max_bytes` 0: whoever runs the machine moves it.
    """

    def __init__(self, filename: str, *, max_bytes: int, kept_files: int, **options: Any) -> None:
        super().__init__(filename, **options)
        self.max_bytes, self.kept_files = max_bytes, kept_files

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        # None where the file cannot be opened: its line was told of so already.
        if not self.max_bytes or self.stream is None:
            return
        try:
            descriptor = self.stream.fileno()
            if os.fstat(descriptor).st_size >= self.max_bytes:
                self._rotate(descriptor)
        # As of a line that cannot be written: a log keeps nobody from working.
        except (OSError, ValueError):
            self.handleError(record)

    def _rotate(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Another one is at it, and is not waited for: this process follows with its next line.
            return
        try:
            if not self._is_moved(descriptor):
                for number in range(self.kept_files, 0, -1):
                    with suppress(FileNotFoundError):
                        self._earlier(number - 1).replace(self._earlier(number))
        finally:
            # Also where it could not be moved: this process goes on in the same file.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        self.reopenIfNeeded()

    def _is_moved(self, descriptor: int) -> bool:
        try:
            there = os.stat(self.baseFilename)
        except FileNotFoundError:
            return True
        return not os.path.samestat(there, os.fstat(descriptor))

    def _earlier(self, number: int) -> Path:
        # Not as logrotate names its own.
        path = Path(self.baseFilename)
        return path.with_name(f"{path.stem}.{number}{path.suffix}") if number else path
