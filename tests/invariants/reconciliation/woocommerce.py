"""A shop on WooCommerce, as its REST API shows it.

Source: WooCommerce's REST API v3: authentication, pagination, and the resources Products, Product
variations, Orders and Order refunds.
"""

import base64
import json
from typing import Any

from tests.invariants.reconciliation.standin import Reply, Standin

KEY, SECRET = "ck_" + "3a9d0c7e" * 5, "cs_" + "b81f42d6" * 5
ROOT = "/wp-json/wc/v3/"
MOST = 100
BOUNDS = {"modified_after": "date_modified_gmt", "after": "date_created_gmt"}


class WooShop(Standin):
    """`orders` and `products` map numbers to what the API prints; the rest hangs on these numbers.

    `trash` are the products and `trashed_orders` the orders in the trash, whose own place still
    shows them. `webhooks` are those there are, and `secrets` what each signs with.
    """

    def __init__(self, **bounds: Any) -> None:
        super().__init__(**bounds)
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.variations: dict[int, list[dict[str, Any]]] = {}
        self.trash: dict[int, dict[str, Any]] = {}
        self.trashed_orders: dict[int, dict[str, Any]] = {}
        self.webhooks: dict[int, dict[str, Any]] = {}
        self.secrets: dict[int, str] = {}
        self.may_write = True
        self.may_see_orders = True

    def refusal(self, headers: Any) -> Reply | None:
        expected = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if headers.get("Authorization") == f"Basic {expected}":
            return None
        return _error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)

    def answer(self, path: str, query: dict[str, str]) -> Reply:
        if not path.startswith(ROOT):
            return _error("rest_no_route", "No route was found matching the URL.", 404)
        words = path.removeprefix(ROOT).split("/")
        if words[0] == "orders" and not self.may_see_orders:
            return _error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 403)
        match words:
            case ["webhooks"]:
                return self._page(list(self.webhooks.values()), query)
            case ["orders"]:
                return self._page(list(self.orders.values()), query)
            case ["orders", number] if int(number) in self.orders | self.trashed_orders:
                return Reply((self.orders | self.trashed_orders)[int(number)])
            case ["orders", number, "refunds"] if int(number) in self.orders:
                return self._page(self.refunds.get(int(number), []), query)
            case ["products"]:
                return self._page(list(self.products.values()), query)
            case ["products", number, "variations"] if int(number) in self.products:
                return self._page(self.variations.get(int(number), []), query)
            case ["products", number] if int(number) in self.products | self.trash:
                return Reply((self.products | self.trash)[int(number)])
        return _error("woocommerce_rest_invalid_id", "Invalid ID.", 404)

    def change(self, method: str, path: str, query: dict[str, str], body: bytes) -> Reply:
        if not self.may_write:
            word = "The API key provided does not have write permissions."
            return _error("woocommerce_rest_authentication_error", word, 401)
        sent = json.loads(body) if body else {}
        match method, path.removeprefix(ROOT).split("/"):
            case "POST", ["webhooks"]:
                if not str(sent.get("delivery_url")).startswith("http"):
                    word = "Webhook delivery URL must be a valid URL starting with http://."
                    return _error("woocommerce_rest_invalid_delivery_url", word, 400)
                number = len(self.secrets) + 1
                self.secrets[number] = sent.pop("secret")
                self.webhooks[number] = {"id": number, "status": "active"} | sent
                return Reply(self.webhooks[number], 201)
            case "PUT", ["webhooks", number] if int(number) in self.webhooks:
                self.secrets[int(number)] = sent.pop("secret", self.secrets[int(number)])
                self.webhooks[int(number)] |= sent
                return Reply(self.webhooks[int(number)])
            case "DELETE", ["webhooks", number] if query.get("force") == "true":
                return Reply(self.webhooks.pop(int(number)))
        return _error("rest_no_route", "No route was found matching the URL.", 404)

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Reply:
        size = int(query.get("per_page", 10))
        if not 1 <= size <= MOST:
            return _error("rest_invalid_param", "Invalid parameter(s): per_page", 400)
        size = min(size, self.largest_page)
        found = sorted(rows, key=lambda row: row["id"], reverse=query.get("order") != "asc")
        for bound, field in BOUNDS.items():
            if moment := query.get(bound):
                assert query["dates_are_gmt"] == "true"
                found = [row for row in found if row[field] > moment]
        if include := query.get("include"):
            wanted = set(map(int, include.split(",")))
            found = [row for row in found if row["id"] in wanted]
        start = (int(query.get("page", 1)) - 1) * size
        start = int(query.get("offset", start))
        pages = -(-len(found) // size)
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        return Reply(found[start : start + size], headers=headers)


def _error(code: str, message: str, status: int) -> Reply:
    return Reply({"code": code, "message": message, "data": {"status": status}}, status)
