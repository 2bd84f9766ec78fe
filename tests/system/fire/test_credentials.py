"""A key, bearer or secret that was revoked is refused at the next request, by each process.

Slow: only processes of their own could remember what another one was told.
"""

import itertools
import json

import pytest

from tests.conftest import sign
from tests.system.harness.clients import get
from tests.system.harness.service import beside, serving

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

FACE_B = "/api/graphql"
REST = "/api/shop/customer-downloadable-products"
QUERY = "{ customerDownloadableProduct(id: %d) { _id } readCustomerProfile { email } }"
REFUSED = {
    "key": "Invalid API key",
    "bearer": "Unauthenticated. Please login to perform this action",
}


@pytest.fixture(scope="module")
def servers():
    with serving() as first, beside(first) as second:
        yield first, second


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_revoked_is_refused_at_once_by_each_process(servers, kind):
    grant = servers[0].ask("add_file", name=f"{kind}.txt", size_bytes=10)["grant"]
    opens = servers[0].ask("make_credentials")
    headers = {"X_Storefront_Key": opens["key"], "Authorization": f"Bearer {opens['bearer']}"}

    def answers():
        """Ask each process for the documented query, and for its twin."""
        found = []
        for server in servers:
            body = json.dumps({"query": QUERY % grant}).encode()
            typed = headers | {"Content_Type": "application/json"}
            answer = get(server.port, FACE_B, method="POST", body=body, **typed)
            twin = get(server.port, f"{REST}/{grant}", **headers)
            found.append((json.loads(answer.body), twin.status, json.loads(twin.body)))
        return found

    # Until each of them knows the document, and has whatever it keeps.
    for _ in range(3):
        for answer, status, twin in answers():
            assert answer["data"]["customerDownloadableProduct"] == {"_id": grant}
            assert (status, twin["id"]) == (200, grant)
    servers[0].ask("close_credential", kind=kind, text=opens[kind])
    for answer, status, twin in answers():
        assert {error["message"] for error in answer["errors"]} == {REFUSED[kind]}
        assert (status, twin["message"]) == (401, REFUSED[kind])


def test_a_secret_that_is_revoked_signs_nothing_at_once_in_each_process(servers):
    secret = "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"
    kept = servers[0].ask("keep_secret", secret=secret)
    numbers = itertools.count(1)

    def statuses():
        """Send each process a message of its own."""
        body = b'{"id": 1}'
        headers = {
            "Content_Type": "application/json",
            "X_Shopify_Topic": "orders/create",
            "X_Shopify_Shop_Domain": "fire.example",
            "X_Shopify_Hmac_Sha256": sign(body, secret),
        }
        return [
            get(
                server.port,
                "/webhooks/shopify",
                method="POST",
                body=body,
                X_Shopify_Webhook_Id=f"message-{next(numbers)}",
                **headers,
            ).status
            for server in servers
        ]

    # Until each of them knows the secret.
    for _ in range(3):
        assert statuses() == [200, 200]
    servers[0].ask("revoke_secret", number=kept)
    assert statuses() == [401, 401]
    assert servers[0].ask("stored_messages") == 6
