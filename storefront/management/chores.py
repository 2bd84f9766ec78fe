"""Periodic maintenance of what is stored: each chore with its words, on its own."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from downloads import fulfilment
from storefront import inbox
from storefront.backfills import attaching, background
from storefront.management.tidying import Budget, Job, Tidied, jobs
from storefront.reconciliation import daily, hourly

Chore = Callable[[datetime], object]


def _tidy(job: Job, at: datetime) -> Tidied:
    return job.do(at=at, budget=Budget(), progress=lambda count: None)


# A bell may have been lost with its worker, and a download with its process.
CHORES: dict[str, Chore] = {
    "looking for messages that wait": lambda at: inbox.ring(),
    "giving back what was not fetched": lambda at: fulfilment.weigh_deliveries(at=at),
    "going on with files for past orders": lambda at: background.resume_cut_off(at=at),
    "going on with tables of files to attach": lambda at: attaching.resume_cut_off(at=at),
    "beginning the daily reconciliations": lambda at: daily.begin_next(at=at),
    "beginning the hourly reconciliations": lambda at: hourly.begin_due(at=at),
    "telling staff of messages set aside": lambda at: fulfilment.warn_of_set_aside(at=at),
    "telling staff of downloads used up": lambda at: fulfilment.tell_of_used_up(at=at),
    "telling staff the figures of the week": lambda at: fulfilment.tell_figures(at=at),
}
# Delete what is past its retention: `manage.py tidy` does the same.
RARE_CHORES: dict[str, Chore] = {f"tidying up {job.words}": partial(_tidy, job) for job in jobs()}
