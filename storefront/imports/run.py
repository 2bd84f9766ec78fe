"""An import as it goes: each order through the write door, in a transaction of its own.

So it may be stopped anywhere and started anew: what is in already is unchanged then.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from django.db import InterfaceError, OperationalError, transaction

from downloads import fulfilment
from downloads.errors import DownloadsError
from downloads.fulfilment import Outcome
from downloads.incoming import OrderReport
from downloads.models import Shop
from storefront.imports.base import Found, Opened
from storefront.imports.matching import matched, with_counts

logger = logging.getLogger(__name__)

REFUSED = "refused"
# What may come of an order, in the order in which people are told.
OUTCOMES = (*(str(outcome) for outcome in Outcome), REFUSED)
FAULT = "a fault of ours ({}); the log has more"


@dataclass
class Tally:
    """How many orders came to what, and how many had something that could not be read."""

    counts: Counter[str] = field(default_factory=Counter)
    noted: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{self.counts[name]} {name}" for name in OUTCOMES)

    @property
    def done(self) -> int:
        """How many orders were looked at."""
        return self.counts.total()


@dataclass(frozen=True)
class Importer:
    """How a shop's orders are taken in. With `is_dry` each is done, and undone at once."""

    shop: Shop
    mails_buyer: bool = False
    is_dry: bool = False

    def take_in(self, opened: Opened, found: Found, *, at: datetime) -> tuple[str, str]:
        """Return what came of an order, and why it was refused, if it was.

        Raises:
            OperationalError, InterfaceError: the database is gone, or too busy.
        """
        if found.report is None:
            return REFUSED, found.problem
        try:
            return self._record(found.report, opened, at=at), ""
        except DownloadsError as error:
            return REFUSED, str(error)
        except (OperationalError, InterfaceError):
            raise
        # A fault of ours with one order must not keep the others out.
        except Exception as error:
            logger.exception("%s of an import could not be taken in", found.place)
            return REFUSED, FAULT.format(type(error).__name__)

    @transaction.atomic
    def _record(self, report: OrderReport, opened: Opened, *, at: datetime) -> str:
        if opened.is_numbered:
            report = with_counts(self.shop, report)
        else:
            # A table does not say when it was written; of two the later import stands.
            report = replace(matched(self.shop, report), fetched_at=at)
        recorded = fulfilment.record_order(self.shop, report, at=at, mails_buyer=self.mails_buyer)
        if self.is_dry:
            transaction.set_rollback(True)
        return str(recorded.outcome)


def run(
    importer: Importer,
    opened: Opened,
    *,
    clock: Callable[[], datetime],
    tally: Tally,
    refuse: Callable[[Found, str], object],
) -> Iterator[Found]:
    """Yield each order of a file once it is done, counted in `tally`; those done before are passed.

    `refuse` is told of those that were refused, and why.
    """
    for found in islice(opened.orders, tally.done, None):
        outcome, problem = importer.take_in(opened, found, at=clock())
        tally.counts[outcome] += 1
        tally.noted += bool(found.report is not None and found.report.notes)
        if problem:
            refuse(found, problem)
        yield found
