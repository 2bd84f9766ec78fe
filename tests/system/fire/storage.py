"""A storage in trouble: while a file of a trouble's name lies beside the uploads, it has that."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

# Opening, or reading on from some byte, waits; or it fails.
STOPS_OPENING, STOPS_READING = "stops-opening", "stops-reading"
FAILS_OPENING, FAILS_READING = "fails-opening", "fails-reading"
WAITING = "waiting"


@contextlib.contextmanager
def trouble(folder: Path, name: str, *, good_bytes: int = 0) -> Iterator[None]:
    """Have the storage of a service with this DATA_DIR in trouble, until the block ends."""
    lies = folder / name
    lies.write_text(str(good_bytes))
    try:
        yield
    finally:
        lies.unlink()


def waiting_in(folder: Path) -> int:
    """Count who waits for the storage now."""
    return len(list(folder.glob(f"{WAITING}-*")))


class TroubledStorage(FileSystemStorage):
    def _open(self, name: str, mode: str = "rb") -> File:
        folder = Path(self.location).parent
        _meet(folder, STOPS_OPENING, FAILS_OPENING, at_byte=0)
        return TroubledFile(super()._open(name, mode), folder)


class TroubledFile(File):
    def __init__(self, opened: File, folder: Path) -> None:
        super().__init__(opened.file, opened.name)
        self._folder = folder

    def read(self, length: int = -1) -> Any:
        _meet(self._folder, STOPS_READING, FAILS_READING, at_byte=self.file.tell())
        return self.file.read(length)


def _meet(folder: Path, stops: str, fails: str, *, at_byte: int) -> None:
    if _has(folder / stops, at_byte):
        mark = folder / f"{WAITING}-{uuid.uuid4().hex}"
        mark.touch()
        while _has(folder / stops, at_byte):
            time.sleep(0.02)
        mark.unlink()
    if _has(folder / fails, at_byte):
        raise OSError("the storage is in trouble")


def _has(lies: Path, at_byte: int) -> bool:
    try:
        return at_byte >= int(lies.read_text() or 0)
    except FileNotFoundError:
        return False
