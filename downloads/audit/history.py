"""Queries of the audit trail by the row that entries are about."""

from collections.abc import Collection
from typing import Any

from django.db.models import Max, Model

from downloads.models import AuditEntry
from downloads.models.audit import AuditEntryQuerySet


def entries_about(rows: Collection[Model]) -> AuditEntryQuerySet:
    """Return the entries about rows of one model."""
    keys = [str(row.pk) for row in rows]
    label = next((row._meta.label_lower for row in rows), "")
    found: Any = AuditEntry.objects.filter(subject_type=label, subject_id__in=keys)
    return found


def newest_about(rows: Collection[Model]) -> dict[str, AuditEntry]:
    """Return the newest entry about each of these rows of one model, by its key. One query."""
    newest = entries_about(rows).order_by().values("subject_id").annotate(newest=Max("pk"))
    entries = AuditEntry.objects.filter(pk__in=newest.values("newest"))
    return {entry.subject_id: entry for entry in entries}
