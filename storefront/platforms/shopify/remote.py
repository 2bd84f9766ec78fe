"""Shopify's Admin API: orders by REST, which alone shows their token; products by GraphQL.

The objects of REST have the shape that its webhooks have.

Source: Shopify's REST Admin API, its resources Shop, Order and Dispute, and its pages on
pagination and on rate limits. A version past its time is answered as the oldest one still served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from django.utils.translation import gettext_lazy
from requests.utils import parse_header_links

from downloads import fulfilment
from downloads.fulfilment import Outcome
from downloads.json_names import is_marked
from downloads.models import Shop
from storefront.platforms.base import Page, Stage, Tokens
from storefront.platforms.client import Connection, Missing, PlatformFault
from storefront.platforms.fields import number_in
from storefront.platforms.shopify import messages, reports
from storefront.platforms.shopify.products import lacking, read_products
from storefront.platforms.shopify.tokens import fetch_token

__all__ = [
    "NEEDS_KEY",
    "RECENT",
    "STAGES",
    "WHERE_TO_GET_ACCESS",
    "connect",
    "lacking",
    "read_order",
]

VERSION = "2026-10"
PAGE_SIZE = 250
CREDENTIAL = "X-Shopify-Access-Token"
# The bucket leaks a twentieth of its size each second, on every plan; we leave some to others.
LEAKS_IN_SECONDS = 20
FULL_ENOUGH = 0.8
# Without read_all_orders no older order is shown, not even by its number.
SHOWN_DAYS = 60
NEEDS_KEY = False
WHERE_TO_GET_ACCESS = gettext_lazy(
    "Shopify: the address is https://your-store.myshopify.com. Key and secret are the client ID "
    "and the client secret of an app of your own in the Dev Dashboard, with the rights "
    "read_orders, read_products and, for orders older than 60 days, read_all_orders; "
    "read_shopify_payments_disputes if you use Shopify Payments. Of an app made before 2026 it is "
    "the Admin API access token (shpat_…) alone, without a key."
)


def connect(
    address: str,
    *,
    key: str,
    secret: str,
    tokens: Tokens | None = None,
    is_hurried: bool = False,
) -> Connection:
    """Return a connection to a shop's Admin API; without a key the secret is a token itself."""
    place = urlsplit(address)
    shop = f"{place.scheme}://{place.netloc}"

    def fetch() -> Mapping[str, str]:
        with Connection(shop, is_hurried=is_hurried) as opened:
            token, ends_at = fetch_token(opened, client_id=key, client_secret=secret)
        if tokens is not None:
            tokens.keep(token, ends_at)
        return {CREDENTIAL: token}

    present = {CREDENTIAL: (tokens.present() if tokens else "") if key else secret}
    return Connection(
        f"{shop}/admin/api/{VERSION}",
        headers=present if present[CREDENTIAL] else fetch(),
        pause_after=_pause_after,
        renew=fetch if key else None,
        is_hurried=is_hurried,
    )


def read_order(connection: Connection, number: int, *, placed_at: datetime | None) -> Any | None:
    """Return an order as Shopify has it now, null where it is deleted."""
    try:
        document = connection.get(f"/orders/{number}.json").document
    except Missing:
        _require_sight(connection, placed_at)
        return None
    row = document.get("order") if isinstance(document, dict) else None
    return _rows(connection, {"order": row and [row]}, "order")[0]


def _require_sight(connection: Connection, placed_at: datetime | None) -> None:
    """Refuse to conclude from a missing order that it is gone, where it may be hidden from us.

    Raises:
        PlatformFault: it is old, and no other order of its age is shown.
    """
    hidden = timezone.now() - timedelta(days=SHOWN_DAYS - 1)
    is_old = placed_at is None or placed_at < hidden
    age = {"created_at_max": hidden.astimezone(UTC).isoformat()} if is_old else {}
    query = {"status": "any", "limit": 1, "fields": "id"} | age
    rows = _rows(connection, connection.get("/orders.json", **query).document, "orders")
    if is_old and not rows:
        raise PlatformFault(
            f"{connection.host} does not show this order, which may be hidden from us: for orders "
            f"older than {SHOWN_DAYS} days the token needs read_all_orders."
        )


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


def _read_orders(connection: Connection, since: datetime | None, cursor: str) -> Page:
    return _list_orders(connection, cursor, **_changed_since(since))


def _read_recent(connection: Connection, since: datetime | None, cursor: str) -> Page:
    placed = {} if since is None else {"created_at_min": since.astimezone(UTC).isoformat()}
    return _list_orders(connection, cursor, **placed)


def _list_orders(connection: Connection, cursor: str, **query: str) -> Page:
    params = {"status": "any"} | query
    page = _list(connection, "orders", cursor, **params)
    if cursor or not page.cursor:
        return page
    counted = connection.get("/orders/count.json", **params).document
    count = counted.get("count") if isinstance(counted, dict) else None
    return Page(page.rows, page.cursor, count if type(count) is int else None)


def _read_disputes(connection: Connection, since: datetime | None, cursor: str) -> Page:
    # They do not say when they changed, so all of them are read each time; they are few.
    return _list(connection, "shopify_payments/disputes", cursor)


def _record_shop(shop: Shop, row: Any, at: datetime, asked_at: datetime) -> Outcome:
    return messages.record_shop(shop, row, at)


def _record_product(shop: Shop, row: Any, at: datetime, asked_at: datetime) -> Outcome:
    return messages.record_product(shop, row, at)


def _record_order(shop: Shop, row: Any, at: datetime, asked_at: datetime) -> Outcome:
    report = reports.read_order(row)
    listed = row.get("refunds")
    # One that could not be read is none that was taken back.
    is_complete = isinstance(listed, list) and len(listed) == len(report.refunds)
    report = replace(report, fetched_at=asked_at, are_refunds_complete=is_complete)
    return fulfilment.record_order(shop, report, at=at).outcome


def _record_dispute(shop: Shop, row: Any, at: datetime, asked_at: datetime) -> Outcome:
    return messages.record_dispute(shop, row, at)


def _replace_disputes(
    shop: Shop, numbers: Sequence[int], *, asked_at: datetime, at: datetime
) -> int:
    return fulfilment.replace_disputes(shop, numbers, asked_at=asked_at, at=at)


def _named(noun: str, field: str) -> Any:
    return lambda row: f"{noun} {number_in(row, field) or 'without a number'}"


NAME_OF_ORDER = _named("order", "order_number")
STAGES: Sequence[Stage] = (
    Stage("shop", _read_shop, _record_shop, lambda row: "shop"),
    Stage("products", read_products, _record_product, _named("product", "id")),
    Stage("orders", _read_orders, _record_order, NAME_OF_ORDER),
    Stage(
        "disputes",
        _read_disputes,
        _record_dispute,
        _named("dispute", "id"),
        is_optional=True,
        number=lambda row: number_in(row, "id"),
        replace=_replace_disputes,
    ),
)
RECENT = Stage("recent orders", _read_recent, _record_order, NAME_OF_ORDER)
