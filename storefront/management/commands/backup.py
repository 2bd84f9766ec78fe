"""`manage.py backup FILE`: copy the embedded database while the service goes on."""

import os
import shlex
import sqlite3
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

PAGES_A_STEP = 256
PATIENCE_SECONDS = 20


class Command(BaseCommand):
    help = (
        "Copy the SQLite database into FILE as it is at one moment; the service may go on. Copy "
        "DATA_DIR/uploads afterwards. Of PostgreSQL it says what to run instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--force", action="store_true", help="replace FILE if it is there")

    def handle(self, *, file: Path, force: bool, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError(_other_command(connection.settings_dict, file))
        live = Path(connection.settings_dict["NAME"])
        _require_place(file, live, is_replaced=force)
        try:
            with _beside(file) as part:
                _copy(live, part)
                if file.exists() and not force:
                    raise CommandError(_there_already(file))
                part.replace(file)
                _settle(file.parent)
        except (sqlite3.Error, OSError) as error:
            raise CommandError(f"No backup was made: {_reason(error)}.") from None
        self.stdout.write(
            f"The database is in {file}. Copy the uploads now: the order matters, and the docs "
            "(operations) say why."
        )


def _require_place(file: Path, live: Path, *, is_replaced: bool) -> None:
    if not live.is_file():
        raise CommandError(f"There is no database at {live}. Run manage.py migrate first.")
    if not file.parent.is_dir():
        raise CommandError(f"There is no folder {file.parent}. Make it, or name another file.")
    if file.is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")
    parts = [live, *(live.with_name(live.name + end) for end in ("-wal", "-shm", "-journal"))]
    if file.resolve() in [part.resolve() for part in parts] or (
        file.exists() and file.samefile(live)
    ):
        raise CommandError(f"{file} is the live database itself. Name another file.")
    if file.exists() and not is_replaced:
        raise CommandError(_there_already(file))


def _there_already(file: Path) -> str:
    return f"{file} is there already. Name another file, or add --force to replace it."


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Give an empty file in the same folder that nobody else may read; it is gone afterwards."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    os.close(number)
    part = Path(name)
    try:
        yield part
    finally:
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)


def _copy(live: Path, part: Path) -> None:
    source_of = f"{live.resolve().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(source_of, uri=True, timeout=PATIENCE_SECONDS)) as source,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
        tqdm(desc="pages", unit="", disable=not sys.stderr.isatty()) as bar,
    ):
        # One moment's state from the first page to the last, whoever writes meanwhile; without it
        # each write would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def show(status: int, remaining: int, total: int) -> None:
            bar.total = total
            bar.update(total - remaining - bar.n)

        source.backup(copy, pages=PAGES_A_STEP, progress=show)
        # A file in itself, which can be read where nobody may write beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        _check(copy)


def _check(copy: sqlite3.Connection) -> None:
    [[found]] = copy.execute("PRAGMA integrity_check(1)").fetchall()
    if found != "ok":
        raise CommandError(
            "No backup was made: the copy is not sound, and so the database itself is likely not. "
            "Keep your earlier backups, and look at the disk."
        )


def _settle(folder: Path) -> None:
    """Have the disk keep the new name, also through a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'the disk'}: {error.strerror}"
    return f"SQLite says {error}"


def _other_command(database: dict[str, Any], file: Path) -> str:
    places = {"--host": "HOST", "--port": "PORT", "--username": "USER", "--dbname": "NAME"}
    named = [f"{option}={database[key]}" for option, key in places.items() if database.get(key)]
    command = shlex.join(["pg_dump", "--format=custom", f"--file={file}", *named])
    return (
        "This database is PostgreSQL, which is backed up by its own program. Run\n\n"
        f"  {command}\n\n"
        "It asks for the password, or takes it from ~/.pgpass. Copy DATA_DIR/uploads afterwards."
    )
