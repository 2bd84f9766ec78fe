"""A shop on Shopify, as its Admin API shows it: products by GraphQL, the others by REST.

Source: Shopify's REST Admin API, version 2026-10: authentication, pagination, rate limits, and the
resources Shop, Order and Dispute.
"""

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tests.invariants.reconciliation.shopify_products import Products
from tests.invariants.reconciliation.shopify_set_up import SetUp
from tests.invariants.reconciliation.standin import Reply, Standin

VERSION = "2026-10"
TOKEN = "shpat_" + "5f3c8a1e" * 4
# Beside a cursor nothing else may stand.
WITH_CURSOR = {"page_info", "limit", "fields"}
BOUNDS = {
    "updated_at_min": "updated_at",
    "created_at_min": "created_at",
    "created_at_max": "created_at",
}
CLOSED = ("cancelled_at", "closed_at")


class ShopifyShop(Products, SetUp, Standin):
    """`orders`, `products` and `disputes` map numbers to what the API prints of each.

    `refused` names resources that the token has no right to, `missing` those there are not.
    A cursor can be used `uses` times.
    """

    def __init__(self, **bounds: Any) -> None:
        super().__init__(**bounds)
        self.shop: dict[str, Any] = {"id": 1, "name": "My store", "updated_at": "2026-01-01T00:00Z"}
        self.orders: dict[int, dict[str, Any]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.disputes: dict[int, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.missing: set[str] = set()
        self.uses = 10**6
        self.begin_set_up()
        self.begin_products()
        self.cursors: dict[str, tuple[dict[str, str], int, int]] = {}

    def refusal(self, headers: Any) -> Reply | None:
        if headers.get("X-Shopify-Access-Token") in {TOKEN, *self.tokens}:
            return None
        return Reply({"errors": "[API] Invalid API key or access token"}, 401)

    def headers(self) -> dict[str, str]:
        return {"X-Shopify-Shop-Api-Call-Limit": f"{round(self.level)}/{self.says}"}

    def too_many(self) -> Reply:
        return Reply({"errors": "Exceeded 2 calls per second for api client."}, 429)

    def answer(self, path: str, query: dict[str, str]) -> Reply:
        root = f"/admin/api/{VERSION}/"
        if not path.startswith(root) or not path.endswith(".json"):
            return Reply({"errors": "Not Found"}, 404)
        words = path.removeprefix(root).removesuffix(".json").split("/")
        if words[0] in self.refused:
            scope = f"merchant approval for read_{words[0]} scope"
            return Reply({"errors": f"[API] This action requires {scope}."}, 403)
        if words[0] in self.missing:
            return Reply({"errors": "Not Found"}, 404)
        match words:
            case ["shop"]:
                return Reply({"shop": self.shop})
            case ["orders", "count"]:
                return Reply({"count": len(self._matching("orders", self.orders, query))})
            case ["shopify_payments", "disputes"]:
                return self._page(path, "disputes", self.disputes, query)
            case ["orders"]:
                return self._page(path, "orders", self.orders, query)
            case ["orders", number] if int(number) in self.orders:
                return Reply({"order": self.orders[int(number)]})
        return Reply({"errors": "Not Found"}, 404)

    def _page(self, path: str, name: str, rows: dict[int, Any], query: dict[str, str]) -> Reply:
        asked, last = query, None
        if token := query.get("page_info"):
            if others := set(query) - WITH_CURSOR:
                word = f"{min(others)} cannot be passed when page_info is present."
                return Reply({"errors": {min(others): word}}, 400)
            asked, last, uses = self.cursors.get(token, ({}, 0, 0))
            if not uses:
                return Reply({"errors": {"page_info": "Invalid value."}}, 400)
            self.cursors[token] = asked, last, uses - 1
        limit = min(int(query.get("limit", 50)), 250, self.largest_page)
        found = [
            row for row in self._matching(name, rows, asked) if last is None or row["id"] < last
        ]
        page = found[:limit]
        headers = {}
        if len(found) > limit:
            token = secrets.token_urlsafe(24)
            self.cursors[token] = asked, page[-1]["id"], self.uses
            words = urlencode({"limit": limit, "page_info": token})
            headers["Link"] = f'<{self.address}{path}?{words}>; rel="next"'
        return Reply({name: page}, headers=headers)

    def _matching(self, name: str, rows: dict[int, Any], query: dict[str, str]) -> list[Any]:
        """Return what a question is about, the latest first."""
        found = [rows[number] for number in sorted(rows, reverse=True)]
        if name == "orders" and query.get("status", "open") == "open":
            found = [row for row in found if not any(row.get(field) for field in CLOSED)]
        if ids := query.get("ids"):
            wanted = set(map(int, ids.split(",")))
            found = [row for row in found if row["id"] in wanted]
        for bound, field in BOUNDS.items():
            if moment := query.get(bound):
                limit, is_least = datetime.fromisoformat(moment), bound.endswith("min")
                times = [datetime.fromisoformat(row[field]) for row in found]
                found = [
                    row
                    for row, at in zip(found, times, strict=True)
                    if (at >= limit if is_least else at <= limit)
                ]
        return found
