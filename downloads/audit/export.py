"""The audit trail as files to keep: a table for spreadsheets, or one JSON object a line."""

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
    """Yield a table, line by line, its head first; no cell of it is a formula."""
    yield csv_line(COLUMNS)
    for told in _each(entries):
        changes = {name: json.dumps(told[name], ensure_ascii=False) for name in ("before", "after")}
        yield csv_line((told | changes)[name] for name in COLUMNS)


def json_lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """Yield one JSON object for each entry, each a line."""
    for told in _each(entries):
        yield f"{json.dumps(told, ensure_ascii=False)}\n"


FORMS: dict[str, Callable[[QuerySet[AuditEntry]], Iterator[str]]] = {
    "csv": csv_lines,
    "jsonl": json_lines,
}


def _each(entries: QuerySet[AuditEntry]) -> Iterator[dict[str, Any]]:
    # Not joined: of entries that are asked for by their shop, a join leaves out those of one gone.
    domains = dict(Shop.objects.values_list("pk", "domain"))
    for entry in entries.iterator(chunk_size=AT_ONCE):
        number = entry.shop_id
        yield _told(entry, shop=number and domains.get(number, f"shop {number}, gone"))


def _told(entry: AuditEntry, *, shop: str | int | None) -> dict[str, Any]:
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
