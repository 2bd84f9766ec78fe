"""Bring the test database's tables to an earlier version, and back."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from downloads.search.indexes import drop_triggers, keep_indexes
from tests.prepared_database import start_from_nothing

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
    _migrate(executor(), [(app, name)])
    return executor().loader.project_state([(app, name)]).apps


def begin_at(app: str, name: str) -> Any:
    """Make the test database anew at a migration; return the models of that time.

    From nothing: the way back through all migrations takes several times as long.
    """
    start_from_nothing(connection)
    return migrate_to(app, name)


def migrate_to_newest() -> None:
    made = executor()
    _migrate(made, made.loader.graph.leaf_nodes())


def _migrate(made: MigrationExecutor, targets: list[tuple[str, str]]) -> None:
    """Migrate as the command does, which sends its signals before and after."""
    drop_triggers(plan=made.migration_plan(targets))
    made.migrate(targets)
    keep_indexes()
