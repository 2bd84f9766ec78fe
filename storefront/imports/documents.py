"""JSON files: one document, or one a line; Shopify's orders or WooCommerce's, told by a row."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any

from downloads.errors import BadInput
from downloads.incoming import OrderReport
from downloads.json_names import RepeatedName, parse_once
from storefront.imports import shopify_bulk
from storefront.imports.base import Found, NotRecognised, Opened
from storefront.imports.text import NOT_UTF_8, UTF_8, Surveyed, bounded_lines, read_text
from storefront.platforms.shopify.bulk import is_row
from storefront.platforms.shopify.documents import is_order
from storefront.platforms.shopify.reports import read_order as read_shopify
from storefront.platforms.woocommerce.documents import are_orders
from storefront.platforms.woocommerce.reports import read_order as read_woocommerce

# One document is parsed as a whole, and takes some times as much memory as it has bytes.
MOST_DOCUMENT_BYTES = 50_000_000
MOST_LINE = 5_000_000
# So many lines are looked through for one that says what the file is.
LOOKED_AT = 100
EXPECTED = (
    'Expected orders: {"order": …} or {"orders": […]} as Shopify\'s Admin API prints them, the '
    "rows of a bulk operation of its GraphQL API, or WooCommerce's list of orders."
)


@dataclass(frozen=True)
class Kind:
    """Whose orders they are, and how one is read."""

    title: str
    read: Callable[[Any], OrderReport]


SHOPIFY = Kind("orders of Shopify's Admin API", read_shopify)
WOOCOMMERCE = Kind("orders of WooCommerce's REST API", read_woocommerce)


def open_document(file: IO[bytes], surveyed: Surveyed) -> Opened:
    """Recognise a JSON file by its first rows.

    Raises:
        NotRecognised: no JSON, too large for one document, or of something else than orders.
    """
    if surveyed.encoding != UTF_8:
        raise NotRecognised(NOT_UTF_8)
    whole = _whole(file, surveyed)
    if is_row(whole):
        return shopify_bulk.open_rows(iter([(1, whole, json.dumps(whole))]))
    if not isinstance(whole, BadInput):
        rows = orders_in(whole)
        kind = kind_of(rows)
        return Opened(kind.title, _found_in(rows, kind), ("row",), len(rows), is_numbered=True)
    lines = _lines(file)
    head = list(islice(lines, LOOKED_AT))
    good = [document for _line, document, _text in head if not isinstance(document, BadInput)]
    if not good:
        raise NotRecognised(str(whole))
    if any(map(is_row, good)):
        return shopify_bulk.open_rows(chain(head, lines))
    kind = kind_of([row for document in good for row in orders_in(document)])
    orders = _found_by_line(chain(head, lines), kind)
    return Opened(kind.title, orders, ("row",), surveyed.line_ends + 1, is_numbered=True)


def _whole(file: IO[bytes], surveyed: Surveyed) -> Any:
    """Return a file's one document, or why it has none."""
    lines = _lines(file)
    documents = [document for _line, document, _text in islice(lines, 2)]
    lines.close()
    file.seek(0)
    if len(documents) == 2 and not isinstance(documents[0], BadInput):
        return BadInput("one document a line")
    if surveyed.size_bytes > MOST_DOCUMENT_BYTES:
        return BadInput(
            f"One JSON document of more than {MOST_DOCUMENT_BYTES:,} bytes cannot be imported: "
            "write one order a line (jq -c '.orders[]' does so)."
        )
    whole = _load(read_text(file))
    file.seek(0)
    return whole


def orders_in(document: Any) -> list[Any]:
    """Return the orders of a document, unread.

    Raises:
        NotRecognised: it has none.
    """
    if isinstance(document, list) and (not document or any(map(is_order, document))):
        return document
    if isinstance(document, dict):
        if isinstance(document.get("orders"), list):
            return document["orders"]
        if "order" in document:
            return [document["order"]]
        if is_order(document):
            return [document]
    raise NotRecognised(EXPECTED)


def kind_of(rows: list[Any]) -> Kind:
    """Return whose orders these are; Shopify's where nothing tells."""
    return WOOCOMMERCE if are_orders(rows[:LOOKED_AT]) else SHOPIFY


def _found_in(rows: list[Any], kind: Kind) -> Iterator[Found]:
    for number, row in enumerate(rows, 1):
        yield _found(row, kind, place=f"order {number}", line=number)


def _found_by_line(lines: Iterator[tuple[int, Any, str]], kind: Kind) -> Iterator[Found]:
    for line, document, text in lines:
        place = f"line {line}"
        if isinstance(document, BadInput):
            yield Found(place, line, "", _rows_of(text), problem=str(document))
            continue
        try:
            rows = orders_in(document)
        except NotRecognised as error:
            yield Found(place, line, "", _rows_of(text), problem=str(error))
            continue
        for row in rows:
            yield _found(row, kind, place=place, line=line)


def _found(row: Any, kind: Kind, *, place: str, line: int) -> Found:
    name = _name_of(row)
    try:
        report = kind.read(row)
    except BadInput as error:
        return Found(place, line, name, _rows_of(row), problem=str(error))
    return Found(place, line, name, _rows_of(row), report)


def _name_of(row: Any) -> str:
    if not isinstance(row, dict):
        return ""
    named = (row.get(name) for name in ("name", "order_number", "number", "id"))
    return next((str(name)[:50] for name in named if isinstance(name, str | int) and name), "")


def _rows_of(row: Any) -> Callable[[], list[list[str]]]:
    return lambda: [[row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)]]


def _lines(file: IO[bytes]) -> Generator[tuple[int, Any, str]]:
    # Only where JSON has a line end: other signs that end lines may stand within a text.
    for number, line in bounded_lines(file, encoding=UTF_8, most=MOST_LINE, line_end="\n"):
        if line is None:
            yield number, BadInput(f"a line of more than {MOST_LINE:,} characters"), ""
        elif line.strip():
            yield number, _load(line, place="column {0.colno}"), line.rstrip("\r\n")


def _load(text: str, *, place: str = "line {0.lineno}, column {0.colno}") -> Any:
    """Return a document, or what is wrong with it."""
    try:
        return parse_once(text)
    except json.JSONDecodeError as error:
        return BadInput(f"not JSON at {place.format(error)}: {error.msg}")
    except RepeatedName as error:
        return BadInput(str(error))
    except (RecursionError, ValueError):
        return BadInput("not JSON that can be read: nested too deeply or a number too long")
