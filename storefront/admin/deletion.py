"""Delete what nothing uses; of what is in use, say by how much, and what to do instead."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from downloads.lookups.uses import Use, uses_of


class InUse(list[str]):
    """What keeps rows from being deleted, in words; `remedy` is the action that helps instead."""

    remedy = ""
    remedy_words = ""
    keys: list[Any]


class DeletesUnused(admin.ModelAdmin):
    """Rows that are deleted only while nothing uses them. `remedy` names an action of the list."""

    remedy = ""
    remedy_words: Any = ""

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        keys = [row.pk for row in objs]
        uses = uses_of(self.model, keys)
        if not uses:
            return super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        in_use = InUse(map(words_of, uses))
        in_use.keys = keys
        if self.remedy and self.remedy in self.get_actions(request):
            in_use.remedy, in_use.remedy_words = self.remedy, str(self.remedy_words)
        return [], {}, set(), in_use


def words_of(use: Use) -> str:
    """Write a use: "3 orders", "more than 10,000 downloads"."""
    opts = use.kind._meta
    count = number_format(use.count, use_l10n=True, force_grouping=True)
    if use.is_cut:
        words = {"count": count, "kind": opts.verbose_name_plural}
        return _("more than %(count)s %(kind)s") % words
    kind = opts.verbose_name if use.count == 1 else opts.verbose_name_plural
    return f"{count} {kind}"
