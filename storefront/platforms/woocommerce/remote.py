"""WooCommerce's REST API: its objects are those that its webhooks send.

Source: WooCommerce's REST API v3, resources Products, Product variations, Orders and Order refunds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import Outcome
from downloads.models import Shop
from storefront.platforms.base import Page, Stage, Tokens, number_of
from storefront.platforms.client import Answer, Connection, Missing, NotTaken, PlatformFault
from storefront.platforms.woocommerce import messages, reports

PAGE_SIZE = 100
# How often a place in a listing is looked for again that has moved meanwhile.
STEPS_BACK = 3
# Of what hangs on one product or order: no shop has as many, but a place may repeat itself.
MOST_PAGES = 100
LONGEST_NUMBER = 40
NEEDS_KEY = True
WHERE_TO_GET_ACCESS = gettext_lazy(
    "WooCommerce: the address is the shop's home page, https://… and the folder, if WordPress is "
    "in one. Key (ck_…) and secret (cs_…) are made under WooCommerce → Settings → Advanced → "
    "REST API, with the permission Read/Write, for a user who may see orders (a shop manager): we "
    "write nothing but the webhooks. Where you make these yourself, Read will do."
)


def connect(
    address: str,
    *,
    key: str,
    secret: str,
    tokens: Tokens | None = None,
    is_hurried: bool = False,
) -> Connection:
    """Return a connection to a shop's REST API, with the key as user name."""
    place = f"{address}/wp-json/wc/v3"
    return Connection(place, credentials=(key, secret), is_hurried=is_hurried)


@dataclass(frozen=True)
class Fetched:
    """An order, and its refunds as they stand by themselves; `is_complete`: all there are."""

    order: dict[str, Any]
    refunds: list[Any]
    is_complete: bool


def read_order(
    connection: Connection, number: int, *, placed_at: datetime | None
) -> Fetched | None:
    """Return an order as WooCommerce has it now, null where it is deleted or in the trash."""
    try:
        order = connection.get(f"/orders/{number}").document
    except Missing:
        # Where the address is wrong nothing is there either.
        _rows(connection, connection.get("/orders", per_page=1, status="any"))
        return None
    if not isinstance(order, dict):
        raise PlatformFault(f"{connection.host} does not answer with an order.")
    return None if order.get("status") == "trash" else _with_refunds(connection, order)


def lacking(connection: Connection, product_ids: Sequence[int]) -> set[int]:
    """Return those of these products that WooCommerce no longer has, or has in its trash."""
    missing: set[int] = set()
    for start in range(0, len(product_ids), PAGE_SIZE):
        batch = product_ids[start : start + PAGE_SIZE]
        answer = connection.get("/products", include=",".join(map(str, batch)), per_page=PAGE_SIZE)
        missing |= set(batch) - set(_numbers(_rows(connection, answer)))
    # A list may leave something out; only the product's own place says that it is gone.
    return {number for number in missing if _is_gone(connection, number)}


def _is_gone(connection: Connection, number: int) -> bool:
    try:
        product = connection.get(f"/products/{number}").document
    except Missing:
        return True
    return isinstance(product, dict) and product.get("status") == "trash"


def _rows(connection: Connection, answer: Answer) -> list[Any]:
    if not isinstance(answer.document, list):
        raise PlatformFault(f"{connection.host} does not answer with a list: is this WooCommerce?")
    return [row if isinstance(row, dict) else {} for row in answer.document]


def _numbers(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows if type(row.get("id")) is int]


def _list(connection: Connection, place: str, cursor: str, **query: object) -> Page:
    """Return a page, by number.

    What is deleted meanwhile moves the rest forward, and a page counted from the start would skip
    something. So each begins with the last row of the one before, or is asked for further up.
    """
    offset, last, steps = map(int, cursor.split(",")) if cursor else (0, 0, 0)
    params = {"orderby": "id", "order": "asc", "per_page": PAGE_SIZE, "offset": offset} | query
    answer = connection.get(place, **params)
    rows = _rows(connection, answer)
    numbers = _numbers(rows)
    text = answer.headers.get("X-WP-Total", "")
    total = int(text) if text.isdigit() else None
    if offset and min(numbers, default=last + 1) > last and steps < STEPS_BACK:
        return Page([], f"{max(0, offset - PAGE_SIZE)},{last},{steps + 1}", total)
    if offset and not steps and len(rows) == PAGE_SIZE and max(numbers, default=0) <= last:
        # A cache in between that does not look at the whole address.
        raise NotTaken(f"{connection.host} lists the same once more")
    end = offset + (len(rows) or PAGE_SIZE)
    is_last = end >= total if total is not None else len(rows) < PAGE_SIZE
    if is_last:
        return Page(rows, total=total)
    reached = max([last, *numbers])
    following = max(end - 1, offset + 1)
    return Page(rows, f"{following},{reached},{steps if reached == last else 0}", total)


def _since(moment: datetime | None, name: str) -> dict[str, object]:
    if moment is None:
        return {}
    # Without a zone: WordPress would turn it into its own time first.
    written = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {name: written, "dates_are_gmt": "true"}


def _read_products(connection: Connection, since: datetime | None, cursor: str) -> Page:
    page = _list(connection, "/products", cursor, **_since(since, "modified_after"))
    rows: list[Any] = []
    for product in page.rows:
        rows += [product, *_variations_of(connection, product)]
    return replace(page, rows=rows)


def _variations_of(connection: Connection, product: dict[str, Any]) -> list[Any]:
    if not product.get("variations") or type(product.get("id")) is not int:
        return []
    # They call themselves by what sets them apart, or by nothing.
    named = {"parent_id": product["id"], "name": product.get("name")}
    place = f"/products/{product['id']}/variations"
    return [row | named for row in _variations_at(connection, place)]


def _read_orders(connection: Connection, since: datetime | None, cursor: str) -> Page:
    return _list_orders(connection, cursor, _since(since, "modified_after"))


def _read_recent(connection: Connection, since: datetime | None, cursor: str) -> Page:
    return _list_orders(connection, cursor, _since(since, "after"))


def _list_orders(connection: Connection, cursor: str, query: dict[str, object]) -> Page:
    page = _list(connection, "/orders", cursor, status="any", **query)
    return replace(page, rows=[_with_refunds(connection, order) for order in page.rows])


def _with_refunds(connection: Connection, order: dict[str, Any]) -> Fetched:
    if not isinstance(order.get("refunds"), list):
        return Fetched(order, [], is_complete=False)
    try:
        numbers = reports.refund_numbers(order)
    except BadInput:
        return Fetched(order, [], is_complete=False)  # told when the order is read
    if not numbers:
        return Fetched(order, [], is_complete=True)
    number = number_of(order, "id")
    if number is None:
        return Fetched(order, [], is_complete=False)
    try:
        rows = _all_rows(connection, f"/orders/{number}/refunds")
    except Missing:
        return Fetched(order, [], is_complete=False)  # deleted since it was listed
    return Fetched(order, rows, is_complete=True)


def _variations_at(connection: Connection, place: str) -> list[Any]:
    try:
        return _all_rows(connection, place)
    except Missing:
        return []  # deleted since it was listed


def _all_rows(connection: Connection, place: str) -> list[Any]:
    page = Page([], "0,0,0")
    rows: dict[Any, Any] = {}
    for _each in range(MOST_PAGES):
        page = _list(connection, place, page.cursor)
        # By its text: what stands there may be no number, nor anything else that can be a key.
        rows |= {repr(row.get("id")): row for row in page.rows}
        if not page.cursor:
            return list(rows.values())
    raise PlatformFault(f"{connection.host} comes to no end with {place}")


def _record_product(shop: Shop, row: Any, at: datetime, asked_at: datetime) -> Outcome:
    return messages.record_product(shop, row, at)


def _record_order(shop: Shop, row: Fetched, at: datetime, asked_at: datetime) -> Outcome:
    reports.refund_numbers(row.order)  # without them it is not told what was taken back
    read, unreadable = [], None
    for refund in row.refunds:
        try:
            read.append(reports.read_refund(refund, row.order))
        except BadInput as error:
            unreadable = error
    report = replace(
        reports.read_order(row.order),
        refunds=tuple(read),
        are_refunds_complete=row.is_complete and unreadable is None,
        fetched_at=asked_at,
    )
    outcome = fulfilment.record_order(shop, report, at=at).outcome
    if unreadable is not None:
        raise unreadable
    return outcome


def _name_of_product(row: Any) -> str:
    noun = "variation" if row.get("parent_id") else "product"
    return f"{noun} {_shown(row.get('id'))}"


def _name_of_order(row: Fetched) -> str:
    return f"order {_shown(row.order.get('number') or row.order.get('id'))}"


def _shown(number: Any) -> str:
    # A plugin may write letters, and anybody anything: it goes to a terminal and a database.
    text = str(number)[:LONGEST_NUMBER] if isinstance(number, int | str) else ""
    return "".join(filter(str.isprintable, text)) or "without a number"


STAGES: Sequence[Stage] = (
    Stage("products", _read_products, _record_product, _name_of_product),
    Stage("orders", _read_orders, _record_order, _name_of_order),
)
RECENT = Stage("recent orders", _read_recent, _record_order, _name_of_order)
