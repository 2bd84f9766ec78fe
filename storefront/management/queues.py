"""Task queue workers that go round by round and report recurring tasks that fail."""

import logging
from typing import Any

from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from storefront import inbox
from storefront.management.loops import Loops

# Tasks that are queued over and over: one that fails does so every time.
RECURRING = {inbox.apply_messages.module_path: "applying the messages of shops"}

logger = logging.getLogger("django_tasks")


class QueueWorker(db_worker.Worker):
    """Works off what waits, then comes back: whoever calls it decides when to look again."""

    def __init__(self, *, loops: Loops, **given: Any) -> None:
        super().__init__(batch=True, **given)
        self.loops = loops
        logger.addFilter(reported_by_loops)

    def run(self) -> None:
        super().run()
        # It is for the first round: the others are apart by then.
        self.startup_delay = False

    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        deed = RECURRING.get(db_task_result.task_path)
        if deed is None:
            return
        if db_task_result.exception_class_path:
            kind = db_task_result.exception_class_path.rpartition(".")[2]
            self.loops.note(deed, kind=kind, same=kind, text=db_task_result.traceback)
        else:
            self.loops.note_success(deed)

    @property
    def is_done(self) -> bool:
        """Say whether it was asked to stop, or has had as many tasks as it was to have."""
        had_all = self.max_tasks is not None and self._run_tasks >= self.max_tasks
        return had_all or not self.running


def reported_by_loops(record: logging.LogRecord) -> bool:
    """Keep from the log, as a filter, what `QueueWorker` tells once."""
    is_failure = record.levelno >= logging.ERROR
    return not (is_failure and set(map(str, record.args or ())) & RECURRING.keys())
