"""Idempotent writes: rank reports, save only what differs, return the outcome."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from django.db import DatabaseError, models

from downloads.audit.signals import has_audited
from downloads.incoming import OrderReport
from downloads.models import Order
from downloads.prepared_statements import Prepared, Slot
from downloads.round_trips import Statement, send

FETCHED = "f"
# How columns end that tell reports apart: which one something is from, and what each had.
BOOKS = ("_rank", "_ranks", "reported_units")
# No column bears these names.
UNSAVED, KEY = "_unsaved", "the key"
# Of two reports with the same time the one further on stands.
STAGES = (
    (Order.ReportedPayment.PENDING, Order.ReportedPayment.PARTIAL),
    (Order.ReportedPayment.AUTHORIZED,),
    (Order.ReportedPayment.PAID,),
    (Order.ReportedPayment.VOIDED,),
    (Order.ReportedPayment.REFUNDED,),
)


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def rank(at: datetime, *stages: object, content: object) -> str:
    """Return a sort key of reports: by their time, then by stage, then by a digest of the content.

    Shops stamp their reports by the second, so two different ones may carry the same time: the
    later `stages` decide then, and last of all a digest of the content, which favours nothing but
    is the same in whatever order the two arrive.
    """
    digest = hashlib.sha256(repr(content).encode(errors="surrogatepass")).hexdigest()
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return " ".join([moment, *map(str, stages), digest])


def rank_of_order(report: OrderReport) -> str:
    """Return the rank of an order's report, at most 120 characters.

    Of two with the same time one that we fetched stands, a later fetch before an earlier one; then
    the one further on.
    """
    fetches = []
    if report.fetched_at is not None:
        # Above the digits that stand here of what was sent.
        microseconds = max(0, round(report.fetched_at.timestamp() * 10**6))
        fetches = [f"{FETCHED}{microseconds:015x}"]
    # All that only the newest report may say; what is added up from all reports is not in it.
    content = (
        report.number,
        report.receipt_number,
        report.lines,
        report.payment,
        report.status,
        report.cancelled_at,
        report.is_cancellation_known,
        report.placed_at,
        report.grand_total,
        report.currency,
        report.token_hash,
        report.parent_id,
        report.is_test,
        report.notes,
    )
    stage = next((place for place, each in enumerate(STAGES) if report.payment in each), 0)
    is_cancelled = int(report.cancelled_at is not None)
    return rank(report.reported_at, *fetches, is_cancelled, stage, content=content)


def fetched_at_of(order_rank: str) -> datetime | None:
    """Return when the report of this rank was fetched; None where it was sent."""
    _moment, _space, rest = order_rank.partition(" ")
    if not rest.startswith(FETCHED):
        return None
    microseconds = int(rest.removeprefix(FETCHED).partition(" ")[0], 16)
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def assign(row: models.Model, **values: Any) -> bool:
    """Save only what differs, so that nobody else's columns are written; say if any did.

    Which report something is from (its rank) changes with each one, and is no news.
    """
    changed = _set(row, values)
    unsaved: dict[str, None] | None = row.__dict__.get(UNSAVED)
    if unsaved is not None:
        unsaved |= dict.fromkeys(changed)
    elif changed:
        _save(row, changed)
    return _is_news(changed)


@contextmanager
def saved_at_once(row: models.Model) -> Iterator[None]:
    """Save what is assigned to a row meanwhile at the end, in one statement.

    One that is not stored yet is saved whole, by whoever inserts it then.
    """
    row.__dict__[UNSAVED] = {}
    try:
        yield
        save_assigned(row)
    finally:
        del row.__dict__[UNSAVED]


def save_assigned(row: models.Model) -> None:
    """Save what is assigned to a row so far: before a question about it is asked in SQL."""
    unsaved = row.__dict__.get(UNSAVED)
    if unsaved and row.pk is not None:
        _save(row, list(unsaved))
        unsaved.clear()


def assigned(row: models.Model, **values: Any) -> list[Statement]:
    """Set what differs; return what saves it, to be sent with others, its row being locked.

    Nothing, where nothing differs. What is told of is saved at once.
    """
    changed = _set(row, values)
    if not changed:
        return []
    if has_audited(row, changed):
        _save(row, changed)
        return []
    return [_update_of_row(row, changed)]


def assign_each(changes: Iterable[tuple[models.Model, dict[str, Any]]]) -> bool:
    """Save what differs of many stored rows of one model, in few statements; say if any did.

    No signal tells of it: for rows that the audit trail does not watch.
    """
    rows: list[models.Model] = []
    written: dict[str, None] = {}
    for row, values in changes:
        changed = _set(row, values)
        if changed:
            rows.append(row)
            written |= dict.fromkeys(changed)
    save_each(rows, written)
    return _is_news(written)


def save_each(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Save some columns of stored rows of one model, locked so that none is deleted meanwhile."""
    if not rows:
        return
    # `bulk_update` builds a CASE of each row and column: of 900 grants it made two thirds of a
    # second, in which nobody else writes to SQLite.
    type(rows[0])._base_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(names)
    )


def _save(row: models.Model, names: Sequence[str]) -> None:
    if has_audited(row, names):
        row.save(update_fields=names)
    elif not send(_update_of_row(row, names))[0].touched:
        raise DatabaseError("This row is gone.")


def _update_of_row(row: models.Model, names: Sequence[str]) -> Statement:
    return _update_of(type(row), tuple(sorted(names))).given(**vars(row) | {KEY: row.pk})


@cache
def _update_of(model: type[models.Model], names: tuple[str, ...]) -> Prepared:
    """Return the UPDATE of some columns of one row: there are few sets of them."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    slots: dict[str, Any] = {field.name: Slot(field.attname, field) for field in fields}
    key = Slot(KEY, model._meta.pk)
    return Prepared(lambda: model._base_manager.filter(pk=key).update(**slots))


def _is_news(changed: Iterable[str]) -> bool:
    return not all(name.endswith(BOOKS) for name in changed)


def _set(row: models.Model, values: dict[str, Any]) -> list[str]:
    """Set what differs, unsaved; return its names."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed
