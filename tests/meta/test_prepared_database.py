"""Copies of a migrated database: made once, made anew when it must be, and never written to."""

import sqlite3
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests import prepared_database

ROOT = Path(django_settings.BASE_DIR)


@pytest.fixture
def migrated(settings, tmp_path, monkeypatch):
    """A list of what was migrated, here into a table of one row, and all of it apart."""
    settings.DATA_DIR = tmp_path
    names = []

    def migrate(connection, name):
        names.append(name)
        with sqlite3.connect(name) as database:
            database.execute("CREATE TABLE kept AS SELECT 'by a migration' AS word")
        database.close()

    monkeypatch.setattr(prepared_database, "_migrate", migrate)
    return names


@pytest.fixture
def begin(tmp_path):
    """Return a function that begins a test database as a process does; it returns its words."""

    def one(number=1):
        name = str(tmp_path / f"test_{number}.sqlite3")
        own = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": {"NAME": name}}
        connection = DatabaseWrapper(own, "apart")
        prepared_database.start_from_prepared(connection)
        connection.creation._create_test_db(0, autoclobber=True)
        database = sqlite3.connect(name)
        words = [word for (word,) in database.execute("SELECT word FROM kept")]
        database.execute("DELETE FROM kept")
        database.commit()
        database.close()
        return words

    return one


def test_migrations_are_applied_once_for_all_processes(migrated, begin):
    assert [begin(1), begin(2), begin(3)] == [["by a migration"]] * 3
    assert len(migrated) == 1


def test_what_a_run_left_in_its_database_is_gone_in_the_next(migrated, begin, tmp_path):
    begin()
    for ending in ("-wal", "-shm"):
        (tmp_path / f"test_1.sqlite3{ending}").write_bytes(b"of a run that was killed")
    assert begin() == ["by a migration"]


def test_a_changed_migration_has_it_made_anew(migrated, begin, monkeypatch, tmp_path):
    migration = tmp_path / "0001_initial.py"
    monkeypatch.setattr(prepared_database, "_sources", lambda: {migration})
    for content in ("1", "1", "2"):
        migration.write_text(content)
        assert begin() == ["by a migration"]
    assert len(migrated) == 2
    assert len(list((tmp_path / "prepared").iterdir())) == 1


def test_an_unfinished_one_is_not_used(migrated, begin, monkeypatch, tmp_path):
    migrate = prepared_database._migrate

    def broken(connection, name):
        Path(name).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared_database, "_migrate", broken)
    with pytest.raises(KeyboardInterrupt):
        begin()
    monkeypatch.setattr(prepared_database, "_migrate", migrate)
    assert begin() == ["by a migration"]


def test_migrations_are_known_with_what_they_are_made_of():
    found = prepared_database._sources()
    ours = {str(path.relative_to(ROOT)) for path in found if path.is_relative_to(ROOT)}
    migrations = {
        str(path.relative_to(ROOT))
        for room in ("downloads", "storefront")
        for path in (ROOT / room / "migrations").glob("0*.py")
    }
    assert ours > migrations
    assert ours >= {"downloads/links.py", "downloads/bidi.py", "downloads/models/catalog.py"}
    assert "storefront/http/body_limits.py" not in ours
    assert any(path.parts[-4:-1] == ("contrib", "auth", "migrations") for path in found)
