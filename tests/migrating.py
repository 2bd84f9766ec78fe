"""Bring the test database's tables to an earlier version, and back."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate_to(app: str, name: str) -> Any:
    """Bring an app's tables to a migration; return the models of that time."""
    MigrationExecutor(connection).migrate([(app, name)])
    return MigrationExecutor(connection).loader.project_state([(app, name)]).apps


def migrate_to_newest() -> None:
    executor = MigrationExecutor(connection)
    ours = ("downloads", "storefront")
    executor.migrate([key for key in executor.loader.graph.leaf_nodes() if key[0] in ours])
