"""Entries of the audit trail as an order's timeline tells them: who did what to which download."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.bidi import isolate_html
from downloads.fulfilment.desk.addresses import FORWARDED
from downloads.fulfilment.desk.downloads import TAKEN_BACK
from downloads.fulfilment.grants import EXTENDED, RAISED, RESET
from downloads.fulfilment.people.corrections import CORRECTED
from downloads.models import AuditEntry, StaffNote
from storefront.admin.audit.acts import act_words, actor_words
from storefront.formats import day_text

# A note is written down in the transaction of its entry.
AT_ONCE = timedelta(seconds=5)
KINDS = {CORRECTED: StaffNote.Kind.CORRECTED, FORWARDED: StaffNote.Kind.FORWARDED}
# What was done to a download, for people. `count` and `until` are what the entry says.
WORDS = {
    RESET: gettext_lazy("{who} reset the count of “{title}” from {count} to 0"),
    RAISED: gettext_lazy("{who} allowed {count} more of “{title}”"),
    EXTENDED: gettext_lazy("{who} extended “{title}” to {until}"),
    "Revoked": gettext_lazy("{who} withdrew “{title}”"),
    "Restored": gettext_lazy("{who} restored “{title}”"),
    "Attached to the order": gettext_lazy("{who} gave this order “{title}”"),
    TAKEN_BACK[RESET]: gettext_lazy("{who} took the reset of “{title}” back"),
    TAKEN_BACK[RAISED]: gettext_lazy("{who} took added downloads of “{title}” back"),
    TAKEN_BACK[EXTENDED]: gettext_lazy("{who} took added days of “{title}” back"),
}


def act_text(entry: AuditEntry, titles: dict[int, str]) -> SafeString:
    """Write an entry about an order, or about a download with its title."""
    who = isolate_html(actor_words(entry.actor))
    title = titles.get(int(entry.subject_id)) if entry.subject_type.endswith(".grant") else None
    words = WORDS.get(entry.what)
    if title is None:
        return format_html("{}: {}", who, isolate_html(act_words(entry.what)))
    if words is None:
        return format_html(
            _("{}: {}, “{}”"), who, isolate_html(act_words(entry.what)), isolate_html(title)
        )
    named: dict[str, Any] = {"count": _count(entry), "until": _until(entry)}
    return format_html(str(words), who=who, title=isolate_html(title), **named)


def undo_text(entry: AuditEntry) -> str:
    """Write what pressing "Undo" takes back."""
    match entry.what:
        case what if what == RESET:
            return _("Undo the reset")
        case what if what == RAISED:
            return _("Undo: {count} more").format(count=_count(entry))
        case _other:
            return _("Undo the extension")


def is_told_by_note(entry: AuditEntry, notes: Iterable[StaffNote]) -> bool:
    """Say whether a note tells of the same act, with the addresses that the trail does not name."""
    kind = KINDS.get(entry.what)
    return kind is not None and any(
        (note.kind, note.author) == (kind, entry.actor) and abs(note.at - entry.at) < AT_ONCE
        for note in notes
    )


def _count(entry: AuditEntry) -> int:
    if entry.what == RAISED:
        return int(entry.after.get("added", 0)) - int(entry.before.get("added", 0))
    return int(entry.before.get("used", 0)) if entry.what == RESET else 0


def _until(entry: AuditEntry) -> str:
    end = entry.after.get("expires_at") if entry.what == EXTENDED else None
    at = parse_datetime(end) if isinstance(end, str) else None
    return day_text(at) if at is not None else ""
