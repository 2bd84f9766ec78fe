"""Long CSV files of files to attach as background tasks: judged, then written once confirmed.

Its name stands in the rows of queued tasks: the release after looks there.
"""

import time
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any

from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from downloads.fulfilment import rules
from downloads.models import AttachmentTable, Shop
from storefront.admin.attachments.csv_rows import open_rows
from storefront.backfills import runs
from storefront.imports.base import NotRecognised

State = AttachmentTable.State
# The rows of one transaction: of SQLite's, whose one writer buyers wait for, few.
ROWS_AT_ONCE = {"sqlite": 250, "postgresql": 1000}
GONE = "The file is not there any more. Upload it again."
UPLOAD_AGAIN = (
    "Something changed since this was checked. Nothing was attached. Upload the file again."
)


def begin_table(
    shop: Shop, upload: File, *, person: Any, total: int, at: datetime
) -> AttachmentTable:
    """Store a file of about so many rows and have it checked.

    Raises:
        DiskFull: there is no room for it.
    """
    table = rules.keep_table(shop, upload, person=person, total=total, at=at)
    attach_in_background.enqueue(table.pk)
    return table


@transaction.atomic
def confirm(table: AttachmentTable, *, is_all_or_nothing: bool, at: datetime) -> None:
    """Have written what was checked.

    Raises:
        BadInput: it is not as it was shown, or a row is wrong and all were to be right.
    """
    if is_all_or_nothing and table.refused:
        raise BadInput(_("Some rows are wrong, so nothing was attached."))
    checked = AttachmentTable.objects.filter(pk=table.pk, state=State.CHECKED)
    if not checked.update(
        state=State.WRITING,
        is_all_or_nothing=is_all_or_nothing,
        written=0,
        last_row=0,
        moved_at=at,
        ended_at=None,
    ):
        raise BadInput(_("This is under way already."))
    enter_audit("Confirmed a CSV of files", shop=table.shop_id, after=table.counts)
    transaction.on_commit(partial(attach_in_background.enqueue, table.pk))


def resume(table: AttachmentTable, *, at: datetime) -> bool:
    """Let a run go on that was cut off or stopped; say whether that was so."""
    state = State.CHECKING if table.is_all_or_nothing is None else State.WRITING
    return runs.resume(table, state=state, at=at, enqueue=attach_in_background.enqueue)


def resume_cut_off(*, at: datetime) -> int:
    """Let all runs go on that were cut off; return how many."""
    return sum(resume(table, at=at) for table in runs.cut_off(AttachmentTable, at))


@task(queue_name=runs.QUEUE)
def attach_in_background(table_id: int) -> str:
    """Do one share of a run and have the next one done; return how far it is."""
    table = AttachmentTable.objects.select_related("shop").filter(pk=table_id).first()
    if table is None or not table.is_running:
        return "There is nothing to do."
    is_checking = table.state == State.CHECKING
    steps = _judging(table) if is_checking else _writing(table)
    worked = runs.work(table, steps, enqueue=attach_in_background.enqueue)
    if worked.fault:
        _end(table, State.FAILED, fault=worked.fault)
    elif worked.is_over:
        _end(table, State.CHECKED if is_checking else State.DONE)
        # The rows say all that is needed.
        rules.forget_file(table)
    return f"{table.read} read, {table.written} written"


def _judging(table: AttachmentTable) -> runs.Steps:
    try:
        with table.file.storage.open(str(table.file.name), "rb") as content:
            yield from _judging_of(table, content)
    except NotRecognised as error:
        raise runs.Stopped(str(error)) from error
    except OSError as error:
        raise runs.Stopped(GONE) from error


def _judging_of(table: AttachmentTable, content: IO[bytes]) -> runs.Steps:
    opened = open_rows(content)
    AttachmentTable.objects.filter(pk=table.pk).update(notes=opened.notes)
    rows = islice(opened.rows, table.read, None)
    while some := list(islice(rows, ROWS_AT_ONCE[connection.vendor])):
        seconds = rules.judge_more(table, some, at=timezone.now())
        if seconds is None:
            table.state = State.CHECKED  # another one goes on with it
        yield seconds or 0.0
    AttachmentTable.objects.filter(pk=table.pk).update(total=table.read)


def _writing(table: AttachmentTable) -> runs.Steps:
    if table.is_all_or_nothing:
        if not rules.write_all(table, at=timezone.now()):
            raise runs.Stopped(UPLOAD_AGAIN)
        return
    most = ROWS_AT_ONCE[connection.vendor]
    started = time.monotonic()
    while rules.write_more(table, at_most=most, at=timezone.now()):
        yield time.monotonic() - started
        started = time.monotonic()


def _end(table: AttachmentTable, state: str, *, fault: str = "") -> None:
    if runs.end(table, state, at=timezone.now(), fault=fault) and state != State.CHECKED:
        what = "Attached a CSV of files" if not fault else "Attaching a CSV of files stopped"
        after = table.counts | {"written": table.written}
        enter_audit(what, shop=table.shop_id, after=after)
