"""Orphaned files: uploads that no row names, and temporary ones that a killed process left.

Looked for through Django's storage API, in the folders that our file fields store into and nowhere
else: a bucket may be shared with others.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db.models import FileField

# Beyond so many, more orphans than files with a row speak of another database's files.
DOUBTFUL = 10
LOOKED_UP_AT_ONCE = 500
# As Django names them.
TEMPORARY = "tmp*.upload*"


class DoubtfulOrphans(Exception):
    """More files have no row than have one: this may be another database's folder."""

    def __init__(self, orphans: int, named: int) -> None:
        super().__init__(
            f"{orphans} files are named by no row, and {named} by one: perhaps these files belong "
            "to another database. Nothing was deleted. See that DATABASE_URL and DATA_DIR belong "
            "together; then run manage.py tidy --all-orphans."
        )


@dataclass
class Orphans:
    """Files to delete, each as what deletes it; and how many files rows do name."""

    files: list[Callable[[], object]] = field(default_factory=list)
    named: int = 0
    oldest: datetime | None = None

    def add(self, delete: Callable[[], object], *, changed_at: datetime) -> None:
        self.files.append(delete)
        self.oldest = min(self.oldest or changed_at, changed_at)

    def require_certain(self) -> None:
        """Refuse to go on where the files may be another database's.

        Raises:
            DoubtfulOrphans: more are named by no row than by one.
        """
        if len(self.files) > max(DOUBTFUL, self.named):
            raise DoubtfulOrphans(len(self.files), self.named)


def find_stored(*, at: datetime) -> Orphans:
    """Return the stored files that no row names, unchanged for `ORPHAN_FILE_HOURS`.

    The age keeps those of requests under way, whose row is not committed yet. A file that a row
    names is never among them.
    """
    before = at - timedelta(hours=settings.ORPHAN_FILE_HOURS)
    found = Orphans()
    for storage, fields in _file_fields().items():
        folders = {_folder_of(each) for each in fields}
        for names in _in_batches(name for folder in folders for name in _listed(storage, folder)):
            named = _named(names, fields)
            found.named += len(named)
            for name in names:
                changed_at = None if name in named else _changed_at(storage, name)
                if changed_at is not None and changed_at < before:
                    found.add(partial(storage.delete, name), changed_at=changed_at)
    return found


def find_temporary(*, at: datetime) -> Orphans:
    """Return this user's temporary upload files, unchanged for `ORPHAN_FILE_HOURS`."""
    before = at - timedelta(hours=settings.ORPHAN_FILE_HOURS)
    found = Orphans()
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()).glob(TEMPORARY):
        with suppress(FileNotFoundError):
            seen = path.lstat()
            changed_at = datetime.fromtimestamp(seen.st_mtime, UTC)
            if S_ISREG(seen.st_mode) and seen.st_uid == os.getuid() and changed_at < before:
                found.add(partial(path.unlink, missing_ok=True), changed_at=changed_at)
    return found


def _file_fields() -> dict[Storage, list[FileField]]:
    by_storage: dict[Storage, list[FileField]] = {}
    for model in apps.get_models():
        for each in model._meta.concrete_fields:
            if isinstance(each, FileField):
                by_storage.setdefault(each.storage, []).append(each)
    return by_storage


def _folder_of(each: FileField) -> str:
    # Ours name a file by chance, whatever the row or the uploaded name.
    name: Any = each.generate_filename(None, "file")  # type: ignore[arg-type]
    return name.rpartition("/")[0]


def _listed(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _listed(storage, f"{folder}/{name}")


def _in_batches(names: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == LOOKED_UP_AT_ONCE:
            yield batch
            batch = []
    yield batch


def _named(names: list[str], fields: list[FileField]) -> set[str]:
    named: set[str] = set()
    for each in fields:
        rows = each.model._default_manager.filter(**{f"{each.name}__in": names})
        named.update(rows.values_list(each.name, flat=True))
    return named


def _changed_at(storage: Storage, name: str) -> datetime | None:
    try:
        return storage.get_modified_time(name)
    except FileNotFoundError:
        return None
