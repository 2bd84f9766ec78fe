"""Rows of Shopify's bulk operations, gathered by order: lines stand below orders, in any order."""

import json
from collections.abc import Iterator
from typing import Any

from downloads.errors import BadInput
from downloads.incoming import OrderReport
from storefront.imports.base import Found, Opened
from storefront.imports.groups import MOST_ROWS, Groups, Kept
from storefront.platforms.shopify.bulk import PARENT, as_printed
from storefront.platforms.shopify.reports import read_order

TITLE = "orders of a bulk operation of Shopify's GraphQL API"


def open_rows(lines: Iterator[tuple[int, Any, str]]) -> Opened:
    """Gather the rows of each order. What is of another kind than orders is refused by name."""
    groups = Groups(_kept(*each) for each in lines)
    return Opened(TITLE, _orders(groups), ("row",), groups.count, is_numbered=True)


def _kept(line: int, document: Any, text: str) -> Kept:
    if isinstance(document, BadInput) or not isinstance(document, dict):
        problem = str(document) if isinstance(document, BadInput) else "no object"
        return Kept(line, f"line {line}", text, problem=problem)
    own = _text(document.get("id"))
    return Kept(line, _text(document.get(PARENT)) or own or f"line {line}", text, own or None)


def _orders(groups: Groups) -> Iterator[Found]:
    with groups:
        for rows in groups:
            yield _found(rows)


def _found(rows: list[Kept]) -> Found:
    first = rows[0]
    documents = [] if first.problem else [json.loads(row.text) for row in rows]
    upper = next((each for each in documents if PARENT not in each), None)
    name = _text((upper or {}).get("name")) or first.key[:50]
    place = f"line {first.line}"

    def written() -> list[list[str]]:
        return [[row.text] for row in rows]

    try:
        report = _read(rows, documents, upper)
    except BadInput as error:
        return Found(place, first.line, name, written, problem=str(error))
    return Found(place, first.line, name, written, report)


def _read(
    rows: list[Kept], documents: list[dict[str, Any]], upper: dict[str, Any] | None
) -> OrderReport:
    first = rows[0]
    if first.problem:
        raise BadInput(first.problem)
    if len(rows) > MOST_ROWS:
        raise BadInput(f"more than {MOST_ROWS:,} rows of one order")
    if upper is None:
        raise BadInput(f"the row that it stands below ({first.key[:100]}) is not in the file")
    return read_order(as_printed(upper, [row for row in documents if row is not upper]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
