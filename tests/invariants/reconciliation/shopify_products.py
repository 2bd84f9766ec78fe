"""A shop's products on Shopify, as its GraphQL Admin API shows them.

Source: Shopify's GraphQL Admin API, version 2026-10: `products` with its search syntax, `product`,
`nodes`; a cursor that it does not know is an error of the question.
"""

import re
import secrets
from datetime import datetime
from typing import Any

from tests.invariants.reconciliation.standin import Reply

SINCE = re.compile(r"updated_at:>='([^']+)'")


class Products:
    """Reads `products`, which map numbers to what a webhook prints of each."""

    products: dict[int, dict[str, Any]]
    refused: set[str]
    missing: set[str]
    largest_page: int
    uses: int

    def begin_products(self) -> None:
        self.product_cursors: dict[str, tuple[int, int]] = {}
        self.searches: list[str | None] = []

    def products_by_graphql(self, query: str, given: dict[str, Any]) -> Reply:
        """Return a page of products, the rest of one's variants, or whether they are there."""
        if {"products"} & (self.refused | self.missing):
            return _error("Access denied for products field.", "ACCESS_DENIED")
        if "nodes(ids" in query:
            numbers = [int(gid.rpartition("/")[2]) for gid in given["ids"]]
            nodes = [
                {"id": _gid("Product", each)} if each in self.products else None for each in numbers
            ]
            return Reply({"data": {"nodes": self.nodes_shown(nodes)}})
        if "product(id" in query:
            product = self.products[int(given["id"].rpartition("/")[2])]
            start = int(given["after"])
            shown = _variants(product, start, given["first"])
            return Reply({"data": {"product": {"variants": shown}}})
        return self._list(given)

    def nodes_shown(self, nodes: list[Any]) -> list[Any]:
        """Return what is told of these; a test may leave something out."""
        return nodes

    def _list(self, given: dict[str, Any]) -> Reply:
        self.searches.append(given["since"])
        found, last = [self.products[number] for number in sorted(self.products)], 0
        if token := given["after"]:
            last, uses = self.product_cursors.get(token, (0, 0))
            if not uses:
                return _error("Invalid cursor for current pagination sort.", "")
            self.product_cursors[token] = last, uses - 1
        if given["since"]:
            limit = datetime.fromisoformat(SINCE.fullmatch(given["since"])[1])  # type: ignore[index]
            found = [row for row in found if datetime.fromisoformat(row["updated_at"]) >= limit]
        found = [row for row in found if row["id"] > last]
        page = found[: min(given["first"], self.largest_page)]
        has_next, cursor = len(found) > len(page), None
        if has_next:
            cursor = secrets.token_urlsafe(24)
            self.product_cursors[cursor] = page[-1]["id"], self.uses
        nodes = [_node(row, given["first"]) for row in page]
        info = {"hasNextPage": has_next, "endCursor": cursor}
        return Reply({"data": {"products": {"nodes": nodes, "pageInfo": info}}})


def _node(row: dict[str, Any], first: int) -> dict[str, Any]:
    tags = row.get("tags") or ""
    return {
        "id": _gid("Product", row["id"]),
        "title": row.get("title"),
        "vendor": row.get("vendor"),
        "productType": row.get("product_type"),
        "tags": [tag.strip() for tag in tags.split(",") if tag.strip()],
        "createdAt": row.get("created_at"),
        "updatedAt": row.get("updated_at"),
        "variants": _variants(row, 0, first),
    }


def _variants(row: dict[str, Any], start: int, first: int) -> dict[str, Any]:
    variants = row.get("variants") or []
    nodes = [
        {
            "id": _gid("ProductVariant", each["id"]),
            "title": each.get("title"),
            "sku": each.get("sku"),
        }
        for each in variants[start : start + first]
    ]
    end = start + len(nodes)
    return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(variants), "endCursor": str(end)}}


def _gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def _error(message: str, code: str) -> Reply:
    return Reply({"errors": [{"message": message, "extensions": {"code": code}}]})
