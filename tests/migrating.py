"""Bring the test database's tables to an earlier version, and back."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

APPS = ("downloads", "storefront")


class StepLoader(MigrationLoader):
    """Knows no squashed migration: of a database that one of them made, all steps are applied."""

    def load_disk(self):
        super().load_disk()
        steps = self.disk_migrations.items()
        self.disk_migrations = {key: step for key, step in steps if not step.replaces}


def executor() -> MigrationExecutor:
    made = MigrationExecutor(connection)
    made.loader = StepLoader(connection)
    return made


def migrate_to(app: str, name: str) -> Any:
    """Bring an app's tables to a migration; return the models of that time."""
    executor().migrate([(app, name)])
    return executor().loader.project_state([(app, name)]).apps


def migrate_to_newest() -> None:
    made = executor()
    made.migrate([key for key in made.loader.graph.leaf_nodes() if key[0] in APPS])
