"""Readiness: whether database, migrations and storage are fit to serve."""

import threading
import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error as DatabaseFault
from django.db.backends.base.base import BaseDatabaseWrapper

from downloads.upgrades import has_pending_migrations

# A place of its own: how many buyers there are says nothing of the storage. One alone, so that a
# storage that hangs holds one thread, and none of those that answer.
_probe = threading.Lock()


def failing_parts(connection: BaseDatabaseWrapper) -> list[str]:
    """Return which of `database`, `migrations` and `storage` cannot be used now."""
    failing = []
    try:
        if has_pending_migrations(connection):
            failing.append("migrations")
    except DatabaseFault:
        failing.append("database")
    if not _storage_answers():
        failing.append("storage")
    return failing


def _storage_answers() -> bool:
    patience = settings.STORAGE_PATIENCE_SECONDS
    if not _probe.acquire(timeout=patience):
        return False
    works: list[bool] = []

    def probe() -> None:
        try:
            works.append(_storage_works())
        finally:
            _probe.release()

    thread = threading.Thread(target=probe, name="storage-probe", daemon=True)
    thread.start()
    thread.join(max(patience, 1))
    return works == [True]


def _storage_works() -> bool:
    try:
        name = default_storage.save(f"ready/{uuid.uuid4().hex}", ContentFile(b"ready"))
        try:
            with default_storage.open(name) as stored:
                return bool(stored.read() == b"ready")
        finally:
            default_storage.delete(name)
    except OSError:
        return False
