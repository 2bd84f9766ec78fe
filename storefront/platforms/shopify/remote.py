"""Shopify's Admin API in REST: its objects have the shape that its webhooks have.

Source: Shopify's REST Admin API, its resources Shop, Product, Order and Dispute, and its pages on
pagination and on rate limits. A version past its time is answered as the oldest one still served.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.utils import parse_header_links

from downloads.json_names import is_marked
from storefront.platforms.base import Page, Stage
from storefront.platforms.client import Connection, Missing, PlatformFault
from storefront.platforms.fields import number_in
from storefront.platforms.shopify import messages

VERSION = "2026-10"
PAGE_SIZE = 250
# The bucket leaks a twentieth of its size each second, on every plan; we leave some to others.
LEAKS_IN_SECONDS = 20
FULL_ENOUGH = 0.8
HAS_KEY = False
WHERE_TO_GET_ACCESS = (
    "Shopify: the address is https://your-store.myshopify.com. The token (shpat_…) is the Admin "
    "API access token of an app of your own, with the rights read_orders, read_products and, for "
    "orders older than 60 days, read_all_orders; read_shopify_payments_disputes if you use "
    "Shopify Payments."
)


def connect(address: str, *, key: str, secret: str) -> Connection:
    """Return a connection to a shop's Admin API; its tokens have no key beside them."""
    place = urlsplit(address)
    return Connection(
        f"{place.scheme}://{place.netloc}/admin/api/{VERSION}",
        headers={"X-Shopify-Access-Token": secret},
        pause_after=_pause_after,
    )


def lacking(connection: Connection, product_ids: Sequence[int]) -> set[int]:
    """Return those of these products that Shopify no longer has."""
    missing: set[int] = set()
    for start in range(0, len(product_ids), PAGE_SIZE):
        batch = product_ids[start : start + PAGE_SIZE]
        answer = connection.get(
            "/products.json", ids=",".join(map(str, batch)), fields="id", limit=PAGE_SIZE
        )
        rows = _rows(connection, answer.document, "products")
        missing |= set(batch) - {row["id"] for row in rows if type(row.get("id")) is int}
    # A list may leave something out; only the product's own place says that it is gone.
    return {number for number in missing if _is_gone(connection, number)}


def _is_gone(connection: Connection, number: int) -> bool:
    try:
        connection.get(f"/products/{number}.json", fields="id")
    except Missing:
        return True
    return False


def _pause_after(headers: Mapping[str, str]) -> float:
    used, _slash, size = headers.get("X-Shopify-Shop-Api-Call-Limit", "").partition("/")
    if not (used.isdigit() and size.isdigit() and int(size)):
        return 0.0
    return LEAKS_IN_SECONDS / int(size) if int(used) >= int(size) * FULL_ENOUGH else 0.0


def _list(connection: Connection, place: str, cursor: str, **query: object) -> Page:
    """Return a page; the name of its rows is the last word of the place."""
    # The cursor carries the question; beside it Shopify takes no other word but the size.
    params = {"page_info": cursor} if cursor else query
    answer = connection.get(f"/{place}.json", **{"limit": PAGE_SIZE} | params)
    rows = _rows(connection, answer.document, place.rpartition("/")[2])
    return Page(rows, _next_cursor(answer.headers.get("Link", "")))


def _rows(connection: Connection, document: Any, name: str) -> list[Any]:
    rows = document.get(name) if isinstance(document, dict) else None
    if is_marked(rows):
        raise PlatformFault(
            f'{connection.host} answers with "{name}" twice, so that none of it counts.'
        )
    if not isinstance(rows, list):
        raise PlatformFault(f'{connection.host} does not answer with "{name}": is this Shopify?')
    return [row if isinstance(row, dict) else {} for row in rows]


def _next_cursor(link: str) -> str:
    # Only the cursor is taken from it: our token goes to no other address.
    for each in parse_header_links(link) if link else []:
        if each.get("rel") == "next":
            return parse_qs(urlsplit(each["url"]).query).get("page_info", [""])[0]
    return ""


def _changed_since(since: datetime | None) -> dict[str, str]:
    return {} if since is None else {"updated_at_min": since.astimezone(UTC).isoformat()}


def _read_shop(connection: Connection, since: datetime | None, cursor: str) -> Page:
    document = connection.get("/shop.json").document
    row = document.get("shop") if isinstance(document, dict) else None
    return Page(_rows(connection, {"shop": row and [row]}, "shop"))


def _read_products(connection: Connection, since: datetime | None, cursor: str) -> Page:
    return _list(connection, "products", cursor, **_changed_since(since))


def _read_orders(connection: Connection, since: datetime | None, cursor: str) -> Page:
    params = {"status": "any"} | _changed_since(since)
    page = _list(connection, "orders", cursor, **params)
    if cursor or not page.cursor:
        return page
    counted = connection.get("/orders/count.json", **params).document
    count = counted.get("count") if isinstance(counted, dict) else None
    return Page(page.rows, page.cursor, count if type(count) is int else None)


def _read_disputes(connection: Connection, since: datetime | None, cursor: str) -> Page:
    # They do not say when they changed, so all of them are read each time; they are few.
    return _list(connection, "shopify_payments/disputes", cursor)


def _named(noun: str, field: str) -> Any:
    return lambda row: f"{noun} {number_in(row, field) or 'without a number'}"


STAGES: Sequence[Stage] = (
    Stage("shop", _read_shop, messages.record_shop, lambda row: "shop"),
    Stage("products", _read_products, messages.record_product, _named("product", "id")),
    Stage("orders", _read_orders, messages.record_order, _named("order", "order_number")),
    Stage(
        "disputes",
        _read_disputes,
        messages.record_dispute,
        _named("dispute", "id"),
        is_optional=True,
    ),
)
