"""How a shop on Shopify is connected, as it answers: tokens of a day, rights, subscriptions.

Source: Shopify's pages “Client credentials grant” and “Get API access tokens for Dev Dashboard
apps”; its GraphQL Admin API, version 2026-10: `currentAppInstallation`, `webhookSubscriptions`,
`webhookSubscriptionCreate`, rate limits, and status and error codes. A refusal of the grant is a
page, and says its name in words.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.invariants.reconciliation.standin import Reply

CLIENT_ID = "9c1f" * 8
CLIENT_SECRET = "shpss_" + "7d02e4b1" * 4
TOKEN_PLACE = "/admin/oauth/access_token"
GRAPHQL = "/graphql.json"
A_DAY = 86_399
ALL = (
    *("read_orders", "read_products", "read_all_orders", "read_customers"),
    *("read_customer_merge", "read_shopify_payments_disputes"),
)
WANTED = {"ORDERS": "read_orders", "REFUNDS": "read_orders", "PRODUCTS": "read_products"}


class SetUp:
    """`tokens` are those that open it; `scopes` the app's rights; `subscriptions` its webhooks.

    `refuses_token` names why it gives none, `throttles` is how many questions are put off, and
    `refuses_address` says what is wrong with an address.
    """

    def products_by_graphql(self, query: str, given: dict[str, Any]) -> Reply:
        """Return what is said about products."""
        raise LookupError(query)

    def begin_set_up(self) -> None:
        self.tokens: set[str] = set()
        self.given = 0
        self.scopes = list(ALL)
        self.subscriptions: dict[str, tuple[str, str]] = {}
        self.created = 0
        self.refuses_token = ""
        self.refuses_address = ""
        self.throttles = 0

    def end_tokens(self) -> None:
        """Let every token of a day be past its end."""
        self.tokens.clear()

    def drop_subscriptions(self) -> None:
        """Delete the webhooks, as after eight deliveries that failed."""
        self.subscriptions.clear()

    def is_open(self, path: str) -> bool:
        return path == TOKEN_PLACE

    def change(self, method: str, path: str, query: dict[str, str], body: bytes) -> Reply:
        if method == "POST" and path == TOKEN_PLACE:
            return self._grant({name: row[0] for name, row in parse_qs(body.decode()).items()})
        if method == "POST" and path.endswith(GRAPHQL):
            return self._graphql(json.loads(body))
        return Reply({"errors": "Not Found"}, 404)

    def _grant(self, form: dict[str, str]) -> Reply:
        refusal = self.refuses_token
        if form.get("client_id") != CLIENT_ID:
            refusal = "application_cannot_be_found"
        elif form.get("client_secret") != CLIENT_SECRET:
            refusal = "invalid_client"
        if refusal or form.get("grant_type") != "client_credentials":
            page = f"<html><h1>Oauth error {refusal or 'unsupported_grant_type'}: no</h1></html>"
            return Reply(page, 400, {"Content-Type": "text/html"})
        self.given += 1
        token = f"shpca_{self.given:032d}"
        self.tokens.add(token)
        scope = ",".join(self.scopes)
        return Reply({"access_token": token, "scope": scope, "expires_in": A_DAY})

    def _graphql(self, question: dict[str, Any]) -> Reply:
        if self.throttles:
            self.throttles -= 1
            return self._throttled()
        query, given = question["query"], question.get("variables") or {}
        if "nodes(ids" in query or "product" in query:
            return self.products_by_graphql(query, given)
        if "webhookSubscriptionCreate" in query:
            return _data({"webhookSubscriptionCreate": self._create(given)})
        if "webhookSubscriptions" in query:
            nodes = [
                {"id": key, "topic": topic, "uri": uri}
                for key, (topic, uri) in self.subscriptions.items()
            ]
            page = {"hasNextPage": False, "endCursor": None}
            return _data({"webhookSubscriptions": {"nodes": nodes, "pageInfo": page}})
        if "accessScopes" in query:
            scopes = [{"handle": scope} for scope in self.scopes]
            app = {"accessScopes": scopes}
            return _data({"shop": {"name": "My store"}, "currentAppInstallation": app})
        return Reply({"errors": [{"message": "Parse error", "extensions": {"code": "?"}}]})

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        topic, uri = given["topic"], given["of"]["uri"]
        wanted = WANTED.get(topic.partition("_")[0])
        field = ["webhookSubscription", "callbackUrl"]
        # Who may write may read.
        if wanted and not {wanted, wanted.replace("read_", "write_")} & set(self.scopes):
            return _refused(["topic"], "Invalid topic specified. Topics allowed: app/uninstalled")
        # On this machine nobody has https.
        is_local = urlsplit(uri).hostname in {"127.0.0.1", "localhost"}
        if self.refuses_address or (urlsplit(uri).scheme != "https" and not is_local):
            return _refused(field, self.refuses_address or "Address protocol http:// is not")
        if (topic, uri) in self.subscriptions.values():
            return _refused(field, "Address for this topic has already been taken")
        self.created += 1
        key = f"gid://shopify/WebhookSubscription/{self.created}"
        self.subscriptions[key] = (topic, uri)
        return {"webhookSubscription": {"id": key}, "userErrors": []}

    def _throttled(self) -> Reply:
        status = {"maximumAvailable": 2000, "currentlyAvailable": 9.9, "restoreRate": 1000}
        cost = {"requestedQueryCost": 10, "actualQueryCost": None, "throttleStatus": status}
        errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
        return Reply({"errors": errors, "extensions": {"cost": cost}})


def _data(data: dict[str, Any]) -> Reply:
    return Reply({"data": data})


def _refused(field: list[str], message: str) -> dict[str, Any]:
    return {"webhookSubscription": None, "userErrors": [{"field": field, "message": message}]}
