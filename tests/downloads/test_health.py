from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from downloads import health
from downloads.health import failing_parts
from downloads.storage_slots import storage_slots

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "a-file"
    settings.MEDIA_ROOT.write_bytes(b"")


@pytest.fixture
def broken_connection(tmp_path):
    """A connection to a database that is not there."""
    path = tmp_path / "no-such-folder" / "db.sqlite3"
    handler = ConnectionHandler(
        {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}}
    )
    return handler["default"]


def test_all_is_well():
    assert failing_parts(connection) == []


def test_the_probe_leaves_no_file(settings):
    failing_parts(connection)
    root = Path(settings.MEDIA_ROOT)
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_migration_to_come_is_named():
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("downloads")
    MigrationRecorder(connection).record_unapplied(*newest)
    assert failing_parts(connection) == ["migrations"]


def test_a_storage_that_takes_no_file_is_named(broken_storage):
    assert failing_parts(connection) == ["storage"]


def test_a_storage_that_still_holds_an_earlier_probe_is_named(settings):
    settings.STORAGE_PATIENCE_SECONDS = 0
    with health._probe:
        assert failing_parts(connection) == ["storage"]
    assert failing_parts(connection) == []


def test_buyers_who_hold_every_place_take_nobody_out_of_service(settings):
    settings.STORAGE_SLOTS = 1
    settings.STORAGE_PATIENCE_SECONDS = 0
    with storage_slots.taken():
        assert failing_parts(connection) == []


def test_a_database_that_is_gone_is_named(broken_connection):
    assert failing_parts(broken_connection) == ["database"]


def test_every_failing_part_is_named(broken_storage, broken_connection):
    assert failing_parts(broken_connection) == ["database", "storage"]
