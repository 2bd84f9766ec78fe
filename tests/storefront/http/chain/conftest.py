"""Every kind of request that leads to a face: what a client, a buyer, a shop, a stranger sends."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import WEBHOOK_SECRET, sign
from tests.storefront.conftest import BROWSERS_ACCEPT, FACE_A, FACE_B, TOKEN, click_on

BOUGHT = "/api/shop/customer-downloadable-products"
EXCHANGE = "/api/v1/customer-tokens"
SIGNED = "/downloads/7/1772366400/nonce/signature"
LISTED = '{"query": "{ customerDownloadableProducts(first: 1) { edges { node { fileName } } } }"}'
GIVEN_ID = "2f6d5e2b-43c6-4a5c-9d40-5ad2cf0b1a77"
ORIGIN = {"origin": "https://shop.example"}


class Broken:
    """A body whose line breaks off."""

    def read(self, size=-1):
        raise OSError("broken")

    readline = read


def asking(method, path, body="", **more):
    """Return a request as `Client.generic` takes it."""
    headers = more.pop("headers", {})
    return {"method": method, "path": path, "data": body, "headers": headers} | more


def named(ask, **headers):
    """Return a request with these headers too."""
    return ask | {"headers": ask["headers"] | headers}


@pytest.fixture
def asked(document_order, grant, link, merchant, credentials):
    """Return every kind of request that leads to a face, by name."""
    order = document_order
    keys = credentials(order.customer)
    file, opened = urlsplit(click_on(grant).url).path, urlsplit(click_on(link).url).path
    person = {"accept": BROWSERS_ACCEPT}
    json_body = {"content_type": "application/json"}
    face_a, no_order = asking("GET", f"{FACE_A}?id={TOKEN}"), asking("GET", f"{FACE_A}?id=no")
    face_b = asking("POST", FACE_B, LISTED, headers=keys, **json_body)
    message = asking(
        "POST",
        "/webhooks/shopify",
        "{}",
        headers={
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Shop-Domain": merchant.domain,
            "X-Shopify-Webhook-Id": "1",
            "X-Shopify-Hmac-Sha256": sign(b"{}", WEBHOOK_SECRET),
        },
        **json_body,
    )
    large = "x" * 4_000_000
    preflight = {"access-control-request-method": "GET", "access-control-request-headers": "x-a"}
    return {
        "an order": face_a,
        "an order, from a script": named(face_a, **ORIGIN),
        "an order, from no origin": named(face_a, origin="http://["),
        "an order, with cookies": named(face_a, cookie=f"sessionid={TOKEN}; messages=y"),
        "an order, with an id": named(face_a, **{"x-request-id": GIVEN_ID}),
        "an order, with no id": named(face_a, **{"x-request-id": "<script>"}),
        "an order's head": face_a | {"method": "HEAD"},
        "a posted order": face_a | {"method": "POST"},
        "a brewed order": face_a | {"method": "BREW"},
        "no order": no_order,
        "no order, from a script": named(no_order, **ORIGIN),
        "a zero byte": asking("GET", f"{FACE_A}?id=%00"),
        "a zero byte in a path": asking("GET", "/orders/%00"),
        "a zero byte nowhere": asking("GET", "/api/v2/%00"),
        "no text": asking("GET", f"{FACE_A}?id=%ff%fe"),
        "a preflight": asking("OPTIONS", FACE_A, headers=ORIGIN | preflight),
        "a preflight of a message": asking("OPTIONS", "/webhooks/x", headers=ORIGIN | preflight),
        "what is allowed": asking("OPTIONS", FACE_A, headers=ORIGIN),
        "nowhere": asking("GET", "/api/v2/nothing", headers=ORIGIN),
        "almost face B": asking("GET", f"{FACE_B}/", headers=ORIGIN),
        "hardly face B": asking("GET", f"{FACE_B}x", headers=ORIGIN),
        "a page nowhere": asking("GET", "/downloads/", headers=person),
        "a host of nobody's": named(face_a, host="evil.example"),
        "a host that is none": named(face_a, host="a b", **ORIGIN),
        "a host of nobody's, page": asking("GET", SIGNED, headers=person | {"host": "evil"}),
        "a document": face_b,
        "a document, from a script": named(face_b, **ORIGIN),
        "a document without a key": asking("POST", FACE_B, LISTED, **json_body),
        "a document without a bearer": named(face_b, authorization=""),
        "a document by GET": face_b | {"method": "GET", "data": ""},
        "no document": face_b | {"data": "{"},
        "a large document": face_b | {"data": large},
        "a broken document": face_b | {"wsgi.input": Broken()},
        "a document in chunks": face_b | {"data": "", "HTTP_TRANSFER_ENCODING": "chunked"},
        "what was bought": asking("GET", BOUGHT, headers=keys | ORIGIN),
        "what nobody bought": asking("GET", BOUGHT),
        "one of them": asking("GET", f"{BOUGHT}/{order.grants.get().pk}", headers=keys),
        "none of them": asking("GET", f"{BOUGHT}/0", headers=keys),
        "one of them, again": asking("GET", f"{BOUGHT}/0/download", headers=keys),
        "a bearer without a key": asking("POST", EXCHANGE, "{}", **json_body, headers=ORIGIN),
        "a bearer by GET": asking("GET", EXCHANGE),
        "a file": asking("GET", file),
        "a file, from a script": asking("GET", file, headers=ORIGIN),
        "a file's head": asking("HEAD", file),
        "a part": asking("GET", file, headers={"range": "bytes=2-4"}),
        "no part": asking("GET", file, headers={"range": "bytes=20-"}),
        "a posted file": asking("POST", file),
        "no file": asking("GET", SIGNED, headers=person),
        "no file, for a program": asking("GET", SIGNED, headers=ORIGIN),
        "a link": asking("GET", opened, headers=person),
        "a link, from a script": asking("GET", opened, headers={"sec-fetch-mode": "cors"}),
        "a prefetch": asking("GET", file, headers={"sec-purpose": "prefetch"}),
        "a click": asking("POST", click_on(grant).form_action),
        "a looked-at click": asking("GET", click_on(grant).form_action),
        "a page": asking("GET", f"/orders/{TOKEN}", headers=person),
        "a posted page": asking("POST", f"/orders/{TOKEN}"),
        "no page": asking("GET", "/orders/no"),
        "a message": message,
        "a message of nobody's": named(message, **{"X-Shopify-Hmac-Sha256": "x"}),
        "a message by GET": message | {"method": "GET", "data": ""},
        "a large message": message | {"data": large},
        "a broken message": message | {"wsgi.input": Broken()},
        "a message of no platform": asking("POST", "/webhooks/none", "{}", **json_body),
    }
