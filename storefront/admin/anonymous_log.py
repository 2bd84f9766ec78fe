"""Admin log entries without buyers' names, so that erasure is complete."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from storefront.admin.base import ScopedAdmin


class NamelessAdmin(ScopedAdmin):
    """Admin whose LogEntry stores the id instead of the name."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._without_name(super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._without_name(super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        return [self._without_name(entry) for entry in super().log_deletions(request, queryset)]

    def _without_name(self, entry: LogEntry) -> LogEntry:
        entry.object_repr = f"{self.opts.verbose_name_raw} {entry.object_id}"
        entry.save(update_fields=["object_repr"])
        return entry
