"""Shopify's products by GraphQL, as its webhooks print them.

Source: Shopify's GraphQL Admin API, `products`, `product` and `nodes`. The REST API is legacy, and
shows no more than a hundred variants of a product.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from storefront.platforms.base import Page
from storefront.platforms.client import Connection, PlatformFault
from storefront.platforms.shopify.admin_graphql import at, execute, rows
from storefront.platforms.shopify.bulk import number_of_gid

# By how much a question may cost: a page of products, each with as many variants.
PAGE_SIZE = 25
# Of one product that has more of them; it has two thousand at most.
VARIANTS_AT_ONCE, MOST_PAGES = 250, 20
# So many are asked about by number.
NODES_AT_ONCE = 250
_VARIANTS = "nodes { id title sku } pageInfo { hasNextPage endCursor }"
LIST = f"""query ($first: Int!, $after: String, $since: String) {{
  products(first: $first, after: $after, query: $since, sortKey: ID) {{
    nodes {{ id title vendor productType tags createdAt updatedAt
      variants(first: $first) {{ {_VARIANTS} }} }}
    pageInfo {{ hasNextPage endCursor }} }} }}"""
MORE = f"""query ($id: ID!, $first: Int!, $after: String) {{
  product(id: $id) {{ variants(first: $first, after: $after) {{ {_VARIANTS} }} }} }}"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


def read_products(connection: Connection, since: datetime | None, cursor: str) -> Page:
    """Return a page of the products that changed since then, in the shape of a webhook."""
    changed = f"updated_at:>='{since.astimezone(UTC).isoformat()}'" if since else None
    given = {"first": PAGE_SIZE, "after": cursor or None, "since": changed}
    found = at(execute(connection, LIST, **given), "products")
    if not isinstance(at(found, "nodes"), list):
        raise PlatformFault(f'{connection.host} does not answer with "products": is this Shopify?')
    printed = [as_printed(connection, node) for node in rows(found, "nodes")]
    return Page(printed, _next_cursor(found))


def as_printed(connection: Connection, node: dict[str, Any]) -> dict[str, Any]:
    """Return a product as a webhook prints it, with all its variants."""
    variants, page = rows(node, "variants", "nodes"), at(node, "variants")
    for _page in range(MOST_PAGES):
        if not (after := _next_cursor(page)):
            break
        given = {"id": node.get("id"), "first": VARIANTS_AT_ONCE, "after": after}
        page = at(execute(connection, MORE, **given), "product", "variants")
        # Without its last ones, those of before would be taken for removed.
        if not isinstance(page, dict):
            raise PlatformFault(f"{connection.host} does not show all variants of a product.")
        variants += rows(page, "nodes")
    return {
        "id": number_of_gid(node.get("id")),
        "title": node.get("title"),
        "vendor": node.get("vendor"),
        "product_type": node.get("productType"),
        "tags": node.get("tags"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "variants": [
            {
                "id": number_of_gid(each.get("id")),
                "title": each.get("title"),
                "sku": each.get("sku"),
            }
            for each in variants
        ],
    }


def lacking(connection: Connection, product_ids: Sequence[int]) -> set[int]:
    """Return those of these products that Shopify no longer has: each answers in its own place."""
    missing: set[int] = set()
    for start in range(0, len(product_ids), NODES_AT_ONCE):
        batch = product_ids[start : start + NODES_AT_ONCE]
        ids = [f"gid://shopify/Product/{number}" for number in batch]
        nodes = execute(connection, NODES, ids=ids).get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(batch):
            raise PlatformFault(f"{connection.host} does not tell of each product by its number.")
        missing |= {number for number, node in zip(batch, nodes, strict=True) if node is None}
    return missing


def _next_cursor(page: Any) -> str:
    info = at(page, "pageInfo")
    cursor = at(info, "endCursor")
    return cursor if at(info, "hasNextPage") is True and isinstance(cursor, str) else ""
