import contextlib

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from downloads import upgrades
from downloads.upgrades import PendingMigrations
from tests.migrating import migrate_to, migrate_to_newest
from tests.storefront.conftest import (  # noqa: F401 (fixtures)
    _clock_stands_still,
    browser,
    credentials,
    database_gone,
)
from tests.storefront.pages.test_outages import client, routes, staff  # noqa: F401 (fixtures)

# The next one gave the shop columns, which every door reads; far back the way takes many seconds.
EARLIER = ("downloads", "0050_audit_by_request_index")


REOPEN = PendingMigrations.reopen


@pytest.fixture(autouse=True)
def _asked(_unhindered, monkeypatch):
    """Let a start ask here, and again without a pause."""
    monkeypatch.setattr(PendingMigrations, "reopen", REOPEN)
    monkeypatch.setattr(upgrades, "ASK_AGAIN_SECONDS", 0)


@pytest.fixture
def migrated_back():
    """Return a context in which the database is as the release before left it."""

    @contextlib.contextmanager
    def earlier():
        migrate_to(*EARLIER)
        try:
            yield
        finally:
            migrate_to_newest()

    return earlier


@pytest.fixture
def behind():
    """Return a context in which a column is missing, and the migration that adds it not recorded.

    As `migrated_back`, in no time.
    """

    @contextlib.contextmanager
    def earlier():
        recorder = MigrationRecorder(connection)
        [newest] = MigrationLoader(connection).graph.leaf_nodes("downloads")
        rename_column("valid_until", "not_yet")
        recorder.record_unapplied(*newest)
        try:
            yield
        finally:
            recorder.record_applied(*newest)
            rename_column("not_yet", "valid_until")

    return earlier


def rename_column(old, new):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE downloads_delivery RENAME COLUMN {old} TO {new}")
