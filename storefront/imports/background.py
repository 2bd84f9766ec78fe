"""Imports of the admin as background tasks: checked or done a share at a time, with progress.

Its name stands in the rows of queued tasks: the release before, and the one after, look there.
"""

import logging
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.file_names import safe_file_name
from downloads.fulfilment.files import write_file
from downloads.models import Shop
from storefront.imports.base import Found, NotRecognised, Opened
from storefront.imports.formats import open_orders
from storefront.imports.refused import header_line, lines_of
from storefront.imports.run import FAULT, Importer, Tally, run
from storefront.inbox import let_others_write
from storefront.models import OrderImport

logger = logging.getLogger(__name__)

State = OrderImport.State
# Beside reconciliation: what shops send waits for neither.
QUEUE = "platforms"
# One task's share, so that several shops have their turn; how often it says how far it has come.
SHARE_SECONDS = 20
SAVED_SECONDS = 1
AT_ONCE = 20
GONE = gettext_lazy("The file is not there any more. Upload it again.")
OUTAGE = gettext_lazy("The database could not be reached. Let it go on.")
BUSY = gettext_lazy("Only what was checked can be imported, and only what has stopped goes on.")


def begin_import(
    shop: Shop,
    upload: File,
    *,
    person: Any,
    mails_buyers: bool,
    is_for_good: bool,
    at: datetime,
) -> OrderImport:
    """Store an uploaded file and have it checked, or imported at once (`is_for_good`)."""
    row = OrderImport(
        shop=shop,
        person=person,
        file_name=safe_file_name(upload.name or ""),
        size_bytes=upload.size,
        mails_buyers=mails_buyers,
        is_for_good=is_for_good,
        state=State.IMPORTING if is_for_good else State.CHECKING,
        moved_at=at,
    )
    upload.seek(0)
    storage = row.file.storage
    name = row.file.field.generate_filename(row, row.file_name)
    row.file.name = write_file(storage, name, upload)
    try:
        row.save()
    except BaseException:
        storage.delete(row.file.name)
        raise
    import_in_background.enqueue(row.pk)
    return row


@transaction.atomic
def proceed(row: OrderImport, *, at: datetime) -> OrderImport:
    """Import what was checked; or let a run go on that has stopped or was cut off.

    Raises:
        BadInput: it is under way, or done.
    """
    row = OrderImport.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.state == State.CHECKED:
        _forget_refused(row)
        OrderImport.objects.filter(pk=row.pk).update(
            **dict.fromkeys((*OrderImport.COUNTED, "noted"), 0),
            refused_file="",
            first_refused="",
            state=State.IMPORTING,
            is_for_good=True,
            moved_at=at,
            ended_at=None,
        )
        enter_audit("Had it imported", row=row)
    elif row.state == State.FAILED or row.is_cut_off(at):
        state = State.IMPORTING if row.is_for_good else State.CHECKING
        fresh = {"state": state, "fault": "", "moved_at": at, "ended_at": None}
        OrderImport.objects.filter(pk=row.pk).update(**fresh)
        enter_audit("Let it go on", row=row)
    else:
        raise BadInput(BUSY)
    transaction.on_commit(partial(import_in_background.enqueue, row.pk))
    row.refresh_from_db()
    return row


def forget_imports(*, at: datetime, at_most: int) -> int:
    """Delete imports that are past their time, with their files; return how many."""
    return delete_imports(OrderImport.objects.past_retention(at)[: min(at_most, AT_ONCE)])


def delete_imports(rows: Iterable[OrderImport]) -> int:
    """Delete imports with their files; the orders stay. Return how many."""
    done = 0
    for row in rows:
        with transaction.atomic():
            done += OrderImport.objects.filter(pk=row.pk).delete()[0]
            for stored in (row.file, row.refused_file):
                if stored:
                    # A file goes only once no row can name it any more.
                    transaction.on_commit(partial(stored.storage.delete, str(stored.name)))
    return done


@task(queue_name=QUEUE)
def import_in_background(import_id: int) -> str:
    """Do one share of an import and have the next one done; return what has come of it so far."""
    row = OrderImport.objects.select_related("shop").filter(pk=import_id).first()
    if row is None or not row.is_under_way:
        return _("There is nothing to do.")
    tally = Tally(row.counts, row.noted)
    try:
        is_over = _do_share(row, tally)
    except NotRecognised as error:
        return _end(row, State.FAILED, fault=str(error))
    except OSError:
        return _end(row, State.FAILED, fault=str(GONE))
    except (OperationalError, InterfaceError):
        return _end(row, State.FAILED, fault=str(OUTAGE))
    # Else it would end without a word to whoever waits for it.
    except Exception as error:
        logger.exception("Import %s failed", row.pk)
        return _end(row, State.FAILED, fault=FAULT.format(type(error).__name__))
    if not is_over:
        import_in_background.enqueue(row.pk)
        return str(tally)
    _end(row, State.DONE if row.is_for_good else State.CHECKED)
    return str(tally)


def _do_share(row: OrderImport, tally: Tally) -> bool:
    """Go on where the counts end, for about `SHARE_SECONDS`; say whether that was all."""
    importer = Importer(row.shop, mails_buyer=row.mails_buyers, is_dry=not row.is_for_good)
    with row.file.storage.open(str(row.file.name), "rb") as content:
        opened = open_orders(content)
        row.format_title, row.total, row.notes = opened.title, opened.total, opened.notes
        saver = _Saver(row, opened, tally)
        saver.save()
        end = time.monotonic() + SHARE_SECONDS
        started = time.monotonic()
        for _found in run(
            importer, opened, clock=timezone.now, tally=tally, refuse=saver.keep_refused
        ):
            let_others_write(time.monotonic() - started)
            started = time.monotonic()
            if not saver.save_now_and_then():
                return False
            if started > end:
                saver.save()
                return False
        saver.save()
    return True


class _Saver:
    """Saves how far a run has come, and the refused rows: both together, so that none is lost."""

    def __init__(self, row: OrderImport, opened: Opened, tally: Tally) -> None:
        self._row, self._opened, self._tally = row, opened, tally
        self._lines: list[str] = []
        self._next = 0.0

    def keep_refused(self, found: Found, problem: str) -> None:
        """Take the rows of an order that was refused."""
        if not self._row.first_refused:
            name = f" ({found.name})" if found.name else ""
            self._row.first_refused = f"{found.place}{name}: {problem}"[:2000]
        self._lines += lines_of(found, problem)

    def save_now_and_then(self) -> bool:
        """Save if that is due; return false where the import was deleted meanwhile."""
        return time.monotonic() < self._next or self.save()

    def save(self) -> bool:
        """Save; return false where the import was deleted meanwhile."""
        self._next = time.monotonic() + SAVED_SECONDS
        row = self._row
        if self._lines:
            self._write()
        values: dict[str, Any] = {name: self._tally.counts[name] for name in row.COUNTED}
        for name in ("format_title", "total", "notes", "first_refused"):
            values[name] = getattr(row, name)
        values |= {"noted": self._tally.noted, "moved_at": timezone.now()}
        values["refused_file"] = row.refused_file.name or ""
        return bool(OrderImport.objects.filter(pk=row.pk).update(**values))

    def _write(self) -> None:
        stored = self._row.refused_file
        text = "".join(self._lines)
        self._lines = []
        if not stored:
            name = stored.field.generate_filename(self._row, "refused")
            text = header_line(self._opened.header) + text
            stored.name = stored.storage.save(name, ContentFile(text.encode()))
            return
        with stored.storage.open(str(stored.name), "ab") as file:
            file.write(text.encode())


def _forget_refused(row: OrderImport) -> None:
    if row.refused_file:
        stored = row.refused_file
        transaction.on_commit(partial(stored.storage.delete, str(stored.name)))


def _end(row: OrderImport, state: str, *, fault: str = "") -> str:
    at = timezone.now()
    ended = OrderImport.objects.filter(pk=row.pk)
    if ended.update(state=state, fault=fault, moved_at=at, ended_at=at) and row.is_for_good:
        row.refresh_from_db()
        enter_audit("Imported orders" if not fault else "Import stopped", row=row, after=row.counts)
    return fault
