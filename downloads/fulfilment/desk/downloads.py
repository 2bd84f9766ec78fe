"""Staff acts on one download: bounded by role, refused on a stale page, and taken back again.

Each is told what its page showed (`seen`, the number of the newest audit entry about the download,
0 for none). A second press of the same button, or of another person's, finds another number.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.audit.entries import enter_audit
from downloads.audit.history import entries_about
from downloads.errors import BadInput
from downloads.fulfilment import grants
from downloads.fulfilment.ledger import enter_retaken
from downloads.fulfilment.recalculation import lock_order, settle
from downloads.models import AuditEntry, Grant
from downloads.models.grants import MAX_DOWNLOADS

MOST_NAMED = 3
CHANGED = gettext_lazy(
    "Nothing was done: this download was changed since you opened the page ({}). {}"
)
LOOK = gettext_lazy("Look at it as it stands now.")
NOT_USED = gettext_lazy("Nothing was counted that could be given back.")
OVER_BOUND = gettext_lazy(
    "Your role may add {bound} {unit} to a download in all, and {given} were added before. "
    "A manager may add more."
)
NOTHING_TO_UNDO = gettext_lazy("There is nothing here that could be taken back.")
# What the trail calls the taking back of each.
TAKEN_BACK = {
    grants.RESET: "Took the reset back",
    grants.RAISED: "Took added downloads back",
    grants.EXTENDED: "Took added days back",
}


@contextmanager
def unchanged(grant: Grant, *, seen: int) -> Iterator[Grant]:
    """Lock a download's order, and yield the download afresh if its page still shows it so.

    Raises:
        BadInput: somebody changed it since; the message says who, and how.
    """
    with transaction.atomic():
        lock_order(grant.order)
        since = list(entries_about([grant]).filter(pk__gt=seen).order_by("-pk")[:MOST_NAMED])
        if since:
            named = "; ".join(f"{entry.actor}: {entry.what}" for entry in reversed(since))
            raise BadInput(CHANGED.format(named, LOOK))
        yield Grant.objects.with_rights().get(pk=grant.pk)


def reset_count(grant: Grant, *, seen: int, at: datetime) -> None:
    """Give back every download spent so far.

    Raises:
        BadInput: none was spent, or the download was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        if not grant.used:
            raise BadInput(NOT_USED)
        grants.reset(grant, at=at)


def allow_more(grant: Grant, *, by: int, seen: int, at: datetime, most: int | None = None) -> None:
    """Allow `by` downloads more; `most` is what may be added in all, None for any number.

    Raises:
        BadInput: as `raise_limit`, beyond `most`, or the download was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        _require_within(most, given=grant.added, more=by, unit="downloads")
        grants.raise_limit(grant, by=by, at=at)


def extend_time(
    grant: Grant, *, days: int, seen: int, at: datetime, most: int | None = None
) -> None:
    """Let a download end `days` later; `most` is what may be added in all, None for any number.

    Raises:
        BadInput: as `extend`, beyond `most`, or the download was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        _require_within(most, given=grant.extended_days, more=days, unit="days")
        grants.extend(grant, days=days, at=at)


def withdraw_download(grant: Grant, *, seen: int, at: datetime) -> None:
    """Close one download at once. `restore_download` undoes it.

    Raises:
        BadInput: it is closed so already, or was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        if grant.withdrawn_at is not None:
            raise BadInput(_("This download was withdrawn before."))
        grants.revoke(grant, at=at)


def restore_download(grant: Grant, *, seen: int, at: datetime) -> None:
    """Open a withdrawn download again; its count is as it was.

    Raises:
        BadInput: it was not withdrawn, or was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        if grant.withdrawn_at is None:
            raise BadInput(_("This download was not withdrawn."))
        grants.restore(grant, at=at)


def is_undoable(entry: AuditEntry | None) -> bool:
    """Say whether an act, the newest one on a download, can be taken back by what was entered."""
    return entry is not None and entry.what in TAKEN_BACK


def newest_act(grant: Grant, *, seen: int) -> str:
    """Return what the trail calls the act that a page showed as the newest; empty for none."""
    entry = entries_about([grant]).filter(pk=seen).first()
    return entry.what if entry is not None else ""


def undo(grant: Grant, *, seen: int, at: datetime) -> str:
    """Take the newest act on a download back; return what the trail calls that act.

    Raises:
        BadInput: there is none such, or the download was changed since.
    """
    with unchanged(grant, seen=seen) as grant:
        entry = entries_about([grant]).filter(pk=seen).first()
        if entry is None or not is_undoable(entry):
            raise BadInput(NOTHING_TO_UNDO)
        before, after = _TAKE_BACK[entry.what](grant, entry, at)
        enter_audit(TAKEN_BACK[entry.what], row=grant, before=before, after=after)
        return entry.what


Change = tuple[dict[str, Any], dict[str, Any]]


def _take_reset_back(grant: Grant, entry: AuditEntry, at: datetime) -> Change:
    spent = min(int(entry.before["used"]), MAX_DOWNLOADS)
    # As the click does: in one UPDATE, beside clicks of this moment.
    Grant.objects.filter(pk=grant.pk).update(used=F("used") + spent, updated_at=at)
    enter_retaken(grant.pk, downloads=spent, at=at)
    return {"used": grant.used}, {"used": grant.used + spent}


def _take_downloads_back(grant: Grant, entry: AuditEntry, at: datetime) -> Change:
    by = int(entry.after["added"]) - int(entry.before["added"])
    left = max(0, grant.added - by)
    Grant.objects.filter(pk=grant.pk).update(added=left, updated_at=at)
    settle(lock_order(grant.order), at=at)
    return {"added": grant.added}, {"added": left}


def _take_days_back(grant: Grant, entry: AuditEntry, at: datetime) -> Change:
    former = {
        "expires_at": parse_datetime(entry.before["expires_at"]),
        # Entries of older code name no days.
        "extended_days": entry.before.get("extended_days", 0),
    }
    Grant.objects.filter(pk=grant.pk).update(updated_at=at, **former)
    return {"expires_at": grant.expires_at, "extended_days": grant.extended_days}, former


_TAKE_BACK: dict[str, Callable[[Grant, AuditEntry, datetime], Change]] = {
    grants.RESET: _take_reset_back,
    grants.RAISED: _take_downloads_back,
    grants.EXTENDED: _take_days_back,
}


def _require_within(most: int | None, *, given: int, more: int, unit: str) -> None:
    if most is not None and given + more > most:
        raise BadInput(OVER_BOUND.format(bound=most, unit=unit, given=given))
