"""Bounded, resumable deletion of what is past its retention."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db.models import Min

from storefront.management import orphans
from storefront.management.kept_while import Retention
from storefront.management.orphans import Orphans
from storefront.management.retention import RETENTIONS


@dataclass(frozen=True)
class Budget:
    """How much of one kind a run deletes at most: rows, and seconds."""

    rows: int = field(default_factory=lambda: settings.TIDY_MAX_ROWS)
    seconds: float = field(default_factory=lambda: settings.TIDY_MAX_SECONDS)


@dataclass(frozen=True)
class Due:
    """How much would go now, and how old the oldest of it is (null where there is none)."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Tidied:
    """How much went; `is_over` is false where the budget ended first."""

    count: int
    is_over: bool


Progress = Callable[[int], None]


class Job(Protocol):
    """One kind of things that grow. `words` is what they are called."""

    @property
    def words(self) -> str: ...

    def due(self, *, at: datetime) -> Due:
        """Return what would go; nothing is changed."""

    def do(self, *, at: datetime, budget: Budget, progress: Progress) -> Tidied:
        """Delete it; `progress` is called with the count so far, now and then."""


@dataclass(frozen=True)
class Rows:
    """The rows of one table."""

    retention: Retention

    @property
    def words(self) -> str:
        return self.retention.words

    def due(self, *, at: datetime) -> Due:
        past = self.retention.past(at).order_by()
        return Due(past.count(), past.aggregate(oldest=Min(self.retention.dated))["oldest"])

    def do(self, *, at: datetime, budget: Budget, progress: Progress) -> Tidied:
        """Delete batch by batch, until none is left or the budget ends.

        Each batch is a transaction of its own: whatever ends a run, what was deleted stays
        deleted, and the next run goes on.
        """
        end = time.monotonic() + budget.seconds
        count = 0
        while count < budget.rows and time.monotonic() < end:
            size = min(settings.TIDY_BATCH_ROWS, budget.rows - count)
            gone = self.retention.forget_batch(at=at, at_most=size)
            if not gone:
                return Tidied(count, is_over=True)
            count += gone
            progress(count)
        return Tidied(count, is_over=not self.retention.past(at).exists())


@dataclass(frozen=True)
class Files:
    """Files that no row names, or no process holds any more. `find` returns them.

    `is_certain` says that somebody has looked: they go however many they are.
    """

    words: str
    find: Callable[..., Orphans]
    is_certain: bool = False

    def due(self, *, at: datetime) -> Due:
        found = self.find(at=at)
        return Due(len(found.files), found.oldest)

    def do(self, *, at: datetime, budget: Budget, progress: Progress) -> Tidied:
        """Delete them one by one.

        Raises:
            DoubtfulOrphans: more files are named by no row than by one.
        """
        found = self.find(at=at)
        if not self.is_certain:
            found.require_certain()
        end = time.monotonic() + budget.seconds
        count = 0
        for delete in found.files[: budget.rows]:
            if time.monotonic() >= end:
                break
            delete()
            count += 1
            progress(count)
        return Tidied(count, is_over=count == len(found.files))


def jobs(*, all_orphans: bool = False) -> list[Job]:
    """Return every kind of things that grow. `all_orphans`: see `Files.is_certain`."""
    return [
        *(Rows(retention) for retention in RETENTIONS),
        Files("files no row names", orphans.find_stored, is_certain=all_orphans),
        Files("temporary files of uploads", orphans.find_temporary, is_certain=True),
    ]
