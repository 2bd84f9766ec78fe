"""WooCommerce's REST API: its objects are those that its webhooks send.

Source: WooCommerce's REST API v3, resources Products, Product variations, Orders and Order refunds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.fulfilment import Outcome
from downloads.models import Shop
from storefront.platforms.base import Page, Stage
from storefront.platforms.client import Answer, Connection, Missing, NotTaken, PlatformFault
from storefront.platforms.woocommerce import messages, reports

PAGE_SIZE = 100
# How often a place in a listing is looked for again that has moved meanwhile.
STEPS_BACK = 3
# Of what hangs on one product or order: no shop has as many, but a place may repeat itself.
MOST_PAGES = 100
LONGEST_NUMBER = 40
HAS_KEY = True
WHERE_TO_GET_ACCESS = (
    "WooCommerce: the address is the shop's home page, https://… and the folder, if WordPress is "
    "in one. Key (ck_…) and secret (cs_…) are made under WooCommerce → Settings → Advanced → "
    "REST API, with the permission Read, for a user who may see orders (a shop manager)."
)


def connect(address: str, *, key: str, secret: str) -> Connection:
    """Return a connection to a shop's REST API, with the key as user name."""
    return Connection(f"{address}/wp-json/wc/v3", credentials=(key, secret))


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


def _changed_since(since: datetime | None) -> dict[str, object]:
    if since is None:
        return {}
    # Without a zone: WordPress would turn it into its own time first.
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"modified_after": moment, "dates_are_gmt": "true"}


def _read_products(connection: Connection, since: datetime | None, cursor: str) -> Page:
    page = _list(connection, "/products", cursor, **_changed_since(since))
    rows: list[Any] = []
    for product in page.rows:
        rows += [product, *_variations_of(connection, product)]
    return replace(page, rows=rows)


def _variations_of(connection: Connection, product: dict[str, Any]) -> list[Any]:
    if not product.get("variations") or type(product.get("id")) is not int:
        return []
    # They call themselves by what sets them apart, or by nothing.
    named = {"parent_id": product["id"], "name": product.get("name")}
    return [row | named for row in _all_rows(connection, f"/products/{product['id']}/variations")]


def _read_orders(connection: Connection, since: datetime | None, cursor: str) -> Page:
    page = _list(connection, "/orders", cursor, status="any", **_changed_since(since))
    return replace(page, rows=[(order, _refunds_of(connection, order)) for order in page.rows])


def _refunds_of(connection: Connection, order: dict[str, Any]) -> list[Any]:
    try:
        numbers = reports.refund_numbers(order)
    except BadInput:
        return []  # told when the order is read
    if not numbers or type(order.get("id")) is not int:
        return []
    return _all_rows(connection, f"/orders/{order['id']}/refunds")


def _all_rows(connection: Connection, place: str) -> list[Any]:
    page = Page([], "0,0,0")
    rows: dict[Any, Any] = {}
    try:
        for _each in range(MOST_PAGES):
            page = _list(connection, place, page.cursor)
            # By its text: what stands there may be no number, nor anything else that can be a key.
            rows |= {repr(row.get("id")): row for row in page.rows}
            if not page.cursor:
                break
        else:
            raise PlatformFault(f"{connection.host} comes to no end with {place}")
    except Missing:
        pass  # deleted since it was listed
    return list(rows.values())


def _record_order(shop: Shop, row: Any, at: datetime) -> Outcome:
    order, refunds = row
    reports.refund_numbers(order)  # without them it is not told what was taken back
    read, unreadable = [], None
    for refund in refunds:
        try:
            read.append(reports.read_refund(refund, order))
        except BadInput as error:
            unreadable = error
    report = replace(reports.read_order(order), refunds=tuple(read))
    outcome = fulfilment.record_order(shop, report, at=at).outcome
    if unreadable is not None:
        raise unreadable
    return outcome


def _name_of_product(row: Any) -> str:
    noun = "variation" if row.get("parent_id") else "product"
    return f"{noun} {_shown(row.get('id'))}"


def _name_of_order(row: Any) -> str:
    return f"order {_shown(row[0].get('number') or row[0].get('id'))}"


def _shown(number: Any) -> str:
    # A plugin may write letters, and anybody anything: it goes to a terminal and a database.
    text = str(number)[:LONGEST_NUMBER] if isinstance(number, int | str) else ""
    return "".join(filter(str.isprintable, text)) or "without a number"


STAGES: Sequence[Stage] = (
    Stage("products", _read_products, messages.record_product, _name_of_product),
    Stage("orders", _read_orders, _record_order, _name_of_order),
)
