"""Whether the parts we stand on are fit to serve."""

import threading
import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error as DatabaseFault
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

# A place of its own: how many buyers there are says nothing of the storage. One alone, so that a
# storage that hangs holds no more than one of those who ask how it is.
_probe = threading.Lock()


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
    if not _probe.acquire(timeout=settings.STORAGE_PATIENCE_SECONDS):
        return False
    try:
        default_storage.delete(
            default_storage.save(f"ready/{uuid.uuid4().hex}", ContentFile(b"ready"))
        )
    except OSError:
        return False
    finally:
        _probe.release()
    return True
