"""Retention of one table: which of its rows go, and how a batch of them is deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model, QuerySet

from downloads import fulfilment


@dataclass(frozen=True)
class Retention:
    """Rows of one table that go once their time is over.

    `past` returns the rows to delete at a moment, `forget` deletes so many of them in a
    transaction and returns how many; `also` names the tables whose rows go along. `dated` is the
    column that says how old a row is, for people.
    """

    words: str
    model: type[Model]
    dated: str
    goes: str
    past: Callable[[datetime], QuerySet]
    also: tuple[str, ...] = ()
    forget: Callable[..., int] | None = None

    def forget_batch(self, *, at: datetime, at_most: int) -> int:
        """Delete so many rows at most; return how many."""
        if self.forget is not None:
            return self.forget(at=at, at_most=at_most)
        return fulfilment.forget_rows(self.past(at), at_most=at_most)
