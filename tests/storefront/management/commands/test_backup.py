"""`manage.py backup`: whole while others write, and nothing half-made."""

import os
import sqlite3
import stat
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from storefront.management.commands import backup

POSTGRES = {"HOST": "db.example", "PORT": 5433, "USER": "ada", "NAME": "shop", "PASSWORD": "hush"}
USED = """
SELECT g.id FROM grants g
WHERE g.used != (SELECT count(*) FROM ledger l WHERE l.grant_id = g.id)
"""


@pytest.fixture
def live(tmp_path, monkeypatch):
    """A database in WAL mode with open writers, as a live one is; the command takes it for ours."""
    path = tmp_path / "live" / "db.sqlite3"
    path.parent.mkdir()
    with sqlite3.connect(path) as first:
        first.execute("PRAGMA journal_mode=WAL")
        first.execute("CREATE TABLE grants (id INTEGER PRIMARY KEY, used INTEGER)")
        first.execute("CREATE TABLE ledger (grant_id INTEGER REFERENCES grants, said TEXT)")
        first.executemany("INSERT INTO grants VALUES (?, 0)", [(number,) for number in range(20)])
    first.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    use(monkeypatch, "sqlite", {"NAME": str(path)})
    yield path
    first.close()


def use(monkeypatch, vendor, database):
    described = type("Connection", (), {"vendor": vendor, "settings_dict": database})
    monkeypatch.setattr(backup, "connection", described)


def run(file, **options):
    told = StringIO()
    call_command("backup", str(file), stdout=told, **options)
    return told.getvalue()


def refused(file, **options):
    with pytest.raises(CommandError) as raised:
        run(file, **options)
    return str(raised.value)


def spend(path, turns):
    """Spend downloads as the service does, counter and ledger in one transaction."""
    line = sqlite3.connect(path, timeout=20, isolation_level=None)
    for number in turns:
        line.execute("BEGIN IMMEDIATE")
        line.execute("UPDATE grants SET used = used + 1 WHERE id = ?", [number % 20])
        line.execute("INSERT INTO ledger VALUES (?, ?)", [number % 20, "x" * 500])
        line.execute("COMMIT")
    return line


def read(path, query):
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as line:
        rows = line.execute(query).fetchall()
    line.close()
    return rows


def test_what_a_plain_copy_loses_is_in_the_backup(live, tmp_path):
    writer = spend(live, range(10))
    plain, whole = tmp_path / "plain.sqlite3", tmp_path / "whole.sqlite3"
    plain.write_bytes(live.read_bytes())
    run(whole)
    writer.close()
    counted = "SELECT count(*) FROM ledger"
    assert read(plain, counted) == [(0,)]
    assert read(whole, counted) == [(10,)]


@pytest.mark.slow
def test_it_is_one_moments_state_while_others_write(live, tmp_path, monkeypatch):
    # Many steps, so that there is much time for writes between two of them.
    monkeypatch.setattr(backup, "PAGES_A_STEP", 1)
    spend(live, range(200)).close()
    is_over, written = threading.Event(), []

    def write():
        def turns():
            while not is_over.is_set():
                yield len(written)
                written.append(1)

        spend(live, turns()).close()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    while len(written) < 20:
        pass
    before = len(written)
    file = tmp_path / "backup.sqlite3"
    run(file)
    during = len(written) - before
    is_over.set()
    for writer in writers:
        writer.join()
    [[rows]] = read(file, "SELECT count(*) FROM ledger")
    assert 200 + before <= rows + 2  # a turn is noted after it is committed
    assert rows <= 200 + before + during + 2
    assert read(file, USED) == []
    assert read(file, "PRAGMA integrity_check") == [("ok",)]


def test_it_is_one_file_that_its_owner_alone_reads(live, tmp_path):
    file = tmp_path / "to" / "backup.sqlite3"
    file.parent.mkdir()
    assert str(file) in run(file)
    assert os.listdir(file.parent) == ["backup.sqlite3"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read(file, "PRAGMA journal_mode") == [("delete",)]
    assert read(live, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_that_is_there_is_replaced_by_force_alone(live, tmp_path):
    file = tmp_path / "backup.sqlite3"
    file.write_text("earlier")
    assert refused(file) == (
        f"{file} is there already. Name another file, or add --force to replace it."
    )
    assert file.read_text() == "earlier"
    run(file, force=True)
    assert read(file, "SELECT count(*) FROM grants") == [(20,)]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("way", ["itself", "linked", "hard", "wal", "roundabout"])
def test_the_live_database_is_never_written_over(live, tmp_path, way, force):
    file = {
        "itself": live,
        "wal": live.with_name("db.sqlite3-wal"),
        "roundabout": live.parent / ".." / "live" / "db.sqlite3",
    }.get(way, tmp_path / "other")
    if way == "linked":
        file.symlink_to(live)
    if way == "hard":
        file.hardlink_to(live)
    assert refused(file, force=force) == (f"{file} is the live database itself. Name another file.")
    assert read(live, "SELECT count(*) FROM grants") == [(20,)]


def test_a_place_that_is_none_is_told(live, tmp_path):
    missing = tmp_path / "nowhere" / "b"
    assert refused(missing) == (
        f"There is no folder {missing.parent}. Make it, or name another file."
    )
    assert refused(tmp_path) == f"{tmp_path} is a folder. Name a file in it."
    assert refused(Path("/proc/backup")).startswith("No backup was made: /proc/")


def test_no_database_is_told_and_none_is_made(tmp_path, monkeypatch):
    path = tmp_path / "db.sqlite3"
    use(monkeypatch, "sqlite", {"NAME": str(path)})
    assert refused(tmp_path / "b") == (
        f"There is no database at {path}. Run manage.py migrate first."
    )
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_nothing(live, tmp_path, monkeypatch):
    def copy(live, part):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(backup, "_copy", copy)
    folder = tmp_path / "to"
    folder.mkdir()
    assert refused(folder / "b") == "No backup was made: SQLite says database or disk is full."
    assert os.listdir(folder) == []


@pytest.mark.slow
def test_a_copy_that_is_not_sound_is_no_backup(live, tmp_path):
    spend(live, range(400)).close()
    with sqlite3.connect(live) as line:
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    line.close()
    with live.open("r+b") as bytes_of:
        bytes_of.seek(4096 * 20 + 2)
        bytes_of.write(b"\xff" * 40)
    folder = tmp_path / "to"
    folder.mkdir()
    assert refused(folder / "b").startswith("No backup was made: ")
    assert os.listdir(folder) == []


def test_of_postgresql_it_says_what_to_run(tmp_path, monkeypatch):
    use(monkeypatch, "postgresql", POSTGRES)
    sentence = refused(tmp_path / "a file")
    assert (
        f"pg_dump --format=custom '--file={tmp_path}/a file' --host=db.example --port=5433 "
        "--username=ada --dbname=shop\n"
    ) in sentence
    assert "hush" not in sentence


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded database's")
def test_it_copies_the_database_of_the_settings(tmp_path):
    run(tmp_path / "b")
    assert read(tmp_path / "b", "SELECT count(*) FROM django_migrations") != [(0,)]
