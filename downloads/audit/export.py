"""Export of the audit trail: CSV for spreadsheets, or JSON Lines."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from downloads.bidi import without_turns
from downloads.models import AuditEntry, Shop
from downloads.spreadsheets import csv_line

AT_ONCE = 2000
COLUMNS = (
    *("at", "shop", "actor", "address", "program", "what"),
    *("kind", "number", "about", "before", "after"),
)


def csv_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield CSV, its header first; no cell of it is a formula."""
    yield csv_line(COLUMNS)
    for row in _each(entries):
        changes = {name: json.dumps(row[name], ensure_ascii=False) for name in ("before", "after")}
        yield csv_line((row | changes)[name] for name in COLUMNS)


def json_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield JSON Lines, one object for each entry."""
    for row in _each(entries):
        yield f"{json.dumps(row, ensure_ascii=False)}\n"


FORMS: dict[str, Callable[[QuerySet[AuditEntry]], Iterator[str]]] = {
    "csv": csv_lines,
    "jsonl": json_lines,
}


def _each(entries: QuerySet[AuditEntry]) -> Iterator[dict[str, Any]]:
    # Not joined: of entries that are asked for by their shop, a join leaves out those of one gone.
    domains = dict(Shop.objects.values_list("pk", "domain"))
    for entry in entries.iterator(chunk_size=AT_ONCE):
        number = entry.shop_id
        yield _row(entry, shop=number and domains.get(number, f"shop {number}, gone"))


def _row(entry: AuditEntry, *, shop: str | int | None) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "shop": shop,
        "actor": entry.actor,
        "address": entry.address,
        "program": entry.program,
        "what": entry.what,
        "kind": entry.subject_type,
        "number": entry.subject_id,
        "about": without_turns(entry.subject),
        "before": entry.before,
        "after": entry.after,
    }
