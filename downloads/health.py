"""Whether the parts we stand on are fit to serve."""

import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error as DatabaseFault
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from downloads.errors import StorageDown
from downloads.slots import storage_slots


def failing_parts(connection: BaseDatabaseWrapper) -> list[str]:
    """Return which of `database`, `migrations` and `storage` cannot be used now."""
    failing = []
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            failing.append("migrations")
    except DatabaseFault:
        failing.append("database")
    if not _storage_writes():
        failing.append("storage")
    return failing


def _storage_writes() -> bool:
    try:
        with storage_slots.taken():
            default_storage.delete(
                default_storage.save(f"ready/{uuid.uuid4().hex}", ContentFile(b"ready"))
            )
    except (OSError, StorageDown):
        return False
    return True
