"""What every dynamic answer carries, and what static ones do without."""

import pytest

from tests.storefront.conftest import POLICY, PRIVATE, headers_of, policy_of

PAGES = ["/", "/healthz", "/readyz", "/nothing/here", "/orders/unknown", "/downloads/7/1/n/s"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_answer_is_private(client, db, method):
    for path in PAGES:
        headers = headers_of(client.generic(method, path))
        assert {name: headers.get(name) for name in PRIVATE} == PRIVATE


def test_no_policy_allows_inline_code_or_strangers(client, db):
    for path in ("/", "/healthz", "/nothing/here"):
        assert policy_of(client.get(path)) == POLICY


def test_no_visitor_gets_a_cookie(client, db):
    for path in (*PAGES, "/api/graphql", "/api/schema/"):
        for method in ("GET", "POST"):
            response = client.generic(method, path)
            assert not response.cookies
            assert "cookie" not in response.headers.get("Vary", "").lower()


def test_the_admin_keeps_an_origin_for_its_forms(client, db):
    response = client.get("/admin/login/")
    assert response["Referrer-Policy"] == "same-origin"
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == (
        "no-store, private",
        "noindex",
    )


def test_a_stylesheet_may_be_kept(client):
    response = client.get("/static/storefront/page.css")
    assert (response.status_code, response["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert "no-store" not in response["Cache-Control"]
