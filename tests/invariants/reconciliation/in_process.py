"""Stand-ins without a socket, and shops that serve what their messages said.

`serve(standin, monkeypatch)` lets every connection to a platform end at the stand-in, through the
whole of our client but the line. `shop_serving(source, messages)` is one that has what was sent,
as the platform would print it afterwards.
"""

import io
import json
from collections.abc import Iterable
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from storefront.platforms.client import Connection
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.standin import Standin
from tests.invariants.reconciliation.woocommerce import WooShop

STANDINS: dict[str, type[Standin]] = {"shopify": ShopifyShop, "woocommerce": WooShop}
# More than any test asks: what is short is another test's matter.
PLENTY = {"bucket": 10**6}
Message = tuple[str, dict[str, Any]]


class _Line(HTTPAdapter):
    """Leads to a stand-in in this process."""

    def __init__(self, standin: Standin) -> None:
        super().__init__()
        self.standin = standin

    def send(self, request: PreparedRequest, *given: Any, **named: Any) -> Response:
        sent = request.body or b""
        reply, _breaks = self.standin.reply(
            request.path_url,
            request.headers,
            method=request.method or "GET",
            body=sent.encode() if isinstance(sent, str) else sent,
        )
        body = json.dumps(reply.document).encode()
        headers = {"Content-Type": self.standin.content_type} | reply.headers
        answer = HTTPResponse(
            io.BytesIO(body), headers=headers, status=reply.status, preload_content=False
        )
        return self.build_response(request, answer)


def serve(standin: Standin, monkeypatch: Any) -> None:
    """Let each connection that is made from now on lead to a stand-in."""
    prepare = Connection.__post_init__

    def lead_here(self: Connection) -> None:
        prepare(self)
        self.session.adapters.clear()
        self.session.mount("https://", _Line(standin))

    monkeypatch.setattr(Connection, "__post_init__", lead_here)


def shop_serving(source: str, messages: Iterable[Message]) -> Any:
    """Return a stand-in that has what these messages said, the later ones in place of the earlier.

    Each is a topic and the object as it was sent; of topics that no API shows nothing is kept.
    """
    shop = STANDINS[source](**PLENTY)
    for topic, payload in messages:
        (_hear_shopify if source == "shopify" else _hear_woocommerce)(shop, topic, payload)
    return shop


def _hear_shopify(shop: Any, topic: str, payload: dict[str, Any]) -> None:
    kind, _slash, event = topic.partition("/")
    match kind, event:
        case "orders", "delete":
            shop.orders.pop(payload["id"], None)
        case "orders", "create" | "paid" | "updated" | "cancelled" | "fulfilled":
            shop.orders[payload["id"]] = payload
        case "refunds", "create":
            shop.orders[payload["order_id"]].setdefault("refunds", []).append(payload)
        case "disputes", _:
            shop.disputes[payload["id"]] = payload
        case "products", "delete":
            shop.products.pop(payload["id"], None)
        case "products", _:
            shop.products[payload["id"]] = payload


def _hear_woocommerce(shop: Any, topic: str, payload: dict[str, Any]) -> None:
    kind, _dot, event = topic.partition(".")
    match kind, event:
        case "order", "deleted":
            trashed = shop.orders.pop(payload["id"], None)
            if trashed is not None:
                shop.trashed_orders[payload["id"]] = trashed | {"status": "trash"}
        case "order", _:
            shop.trashed_orders.pop(payload["id"], None)
            shop.orders[payload["id"]] = payload
        case "product", "deleted":
            shop.trash[payload["id"]] = shop.products.pop(payload["id"], {"id": payload["id"]}) | {
                "status": "trash"
            }
        case "product", _:
            shop.products[payload["id"]] = payload
