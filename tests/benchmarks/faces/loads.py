"""What is asked of each server, in an order that no cache of one answer gains by."""

import base64
import hmac
import json
import re
import secrets
import time
from hashlib import sha256

from tests.benchmarks.faces import known
from tests.benchmarks.faces.production import SECRET_KEY
from tests.benchmarks.faces.wrk import Asked
from tests.invariants.messages.life import Life

# As the proxy in front passes it on.
PROXIED = {
    "Host": "downloads.example",
    "X-Forwarded-For": "8.8.8.8",
    "X-Forwarded-Proto": "https",
}
IRI = "/api/shop/customer-downloadable-products/"
# The document's own query, its id in the text.
QUERY = (
    'query { customerDownloadableProduct(id: "%s") { _id productName name fileName type '
    "downloadBought downloadUsed status remainingDownloads createdAt } }"
)
SIGN_IN = """mutation ($input: CreateCustomerLoginInput!) {
  createCustomerLogin(input: $input) { customerLogin { success token } } }"""
CLICKS = sha256(b"storefront.clicksigner" + SECRET_KEY.encode()).digest()
# What differs from one reading to the next: a click's end, chance and signature; microseconds.
_ANEW = re.compile(rb"(/downloads/[0-9]+)/[^/]+/[^/]+/[^/\"]+|(?<=:[0-9]{2})\.[0-9]{6}(?=\+00:00)")
VALID_SECONDS = 80_000
MESSAGES = 64


def face_a(orders: int) -> list[Asked]:
    """Return a look-up of each walked order by its token."""
    path = "/api/v2/customer-account-orders?id="
    return [Asked(path + known.token(each), headers=PROXIED) for each in known.walked(orders)]


def page(orders: int) -> list[Asked]:
    """Return a visit of the page of each walked order."""
    headers = PROXIED | {"Accept": "text/html"}
    return [Asked(f"/orders/{known.token(each)}", headers=headers) for each in known.walked(orders)]


def face_b(orders: int, *, lines: int, bearers: dict[str, str]) -> list[Asked]:
    """Return the document's query of a grant of each walked order, by its own customer."""
    return [
        _query(known.file_grant(order, lines=lines), order, bearers)
        for order in known.walked(orders)
    ]


def face_b_of_one(order: int, *, lines: int, bearers: dict[str, str]) -> list[Asked]:
    """Return the document's query of each grant of one customer: no two documents are the same."""
    first = [known.file_grant(each, lines=lines) for each in known.orders_beside(order)]
    grants = [grant + each for grant in first for each in range(2 * lines + 1)]
    return [_query(grant, order, bearers) for grant in grants]


def _query(grant: int, order: int, bearers: dict[str, str]) -> Asked:
    headers = PROXIED | {
        "Content-Type": "application/json",
        "X-Storefront-Key": known.key(known.shop_of(order)),
        "Authorization": f"Bearer {bearers[str(order)]}",
    }
    return Asked("/api/graphql", "POST", headers, json.dumps({"query": QUERY % f"{IRI}{grant}"}))


def clicks(grants: list[int], count: int, *, is_link: bool) -> list[Asked]:
    """Return so many fresh clicks, each used once, on these grants in turn."""
    end = int(time.time()) + VALID_SECONDS
    asked = []
    for number in range(count):
        text = f"{grants[number % len(grants)]}/{end}/{secrets.token_urlsafe(16)}"
        path = f"/downloads/{text}/{_signature(text)}"
        asked.append(Asked(path, headers=PROXIED, status=302 if is_link else 200))
    return asked


def _signature(text: str) -> str:
    # As the product signs a click, written here anew.
    digest = hmac.digest(CLICKS, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).strip(b"=").decode()


def file_grants(orders: int, *, lines: int) -> list[int]:
    """Return a grant on a file of each walked order."""
    return [known.file_grant(each, lines=lines) for each in known.walked(orders)]


def link_grants(orders: int, *, lines: int) -> list[int]:
    """Return a grant on a link of each walked order."""
    return [grant + 1 for grant in file_grants(orders, lines=lines)]


def webhooks() -> list[Asked]:
    """Return new paid orders as Shopify sends them; each request names itself anew."""
    asked = []
    for number in range(1, MESSAGES + 1):
        order = Life(number=10_000_000 + number, token=f"{number:032x}")
        order.place([1, 1], financial="paid")
        body = json.dumps(order.sent[0].payload)
        digest = hmac.digest(known.WEBHOOK_SECRET.encode(), body.encode(), "sha256")
        headers = PROXIED | {
            "Content-Type": "application/json",
            "X-Shopify-Topic": order.sent[0].topic,
            "X-Shopify-Shop-Domain": known.domain(number % known.SHOPS),
            "X-Shopify-Webhook-Id": "{fresh}",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }
        asked.append(Asked("/webhooks/shopify", "POST", headers, body))
    return asked


def sign_ins() -> list[Asked]:
    """Return a sign-in at each shop, with the right password."""
    variables = {"input": {"email": known.EMAIL, "password": known.PASSWORD}}
    body = json.dumps({"query": SIGN_IN, "variables": variables})
    return [
        Asked(
            "/api/graphql",
            "POST",
            PROXIED | {"Content-Type": "application/json", "X-Storefront-Key": known.key(shop)},
            body,
        )
        for shop in range(known.SHOPS)
    ]


def unsigned(body: bytes) -> bytes:
    """Return an answer without what is made anew at each reading."""
    return _ANEW.sub(rb"\1", body)
