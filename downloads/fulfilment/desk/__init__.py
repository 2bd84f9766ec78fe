"""Acts of staff on one order's page: each knows what its reader saw, and whose bounds hold."""

from downloads.fulfilment.desk.addresses import correct_and_send, send_once
from downloads.fulfilment.desk.downloads import (
    allow_more,
    extend_time,
    is_undoable,
    newest_act,
    reset_count,
    restore_download,
    undo,
    withdraw_download,
)
from downloads.fulfilment.desk.notes import delete_note, write_note

__all__ = [
    "allow_more",
    "correct_and_send",
    "delete_note",
    "extend_time",
    "is_undoable",
    "newest_act",
    "reset_count",
    "restore_download",
    "send_once",
    "undo",
    "withdraw_download",
    "write_note",
]
