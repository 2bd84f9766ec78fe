"""What every dynamic answer carries, and what static ones do without."""

import pytest

from tests.storefront.conftest import FACE_A, FACE_B, POLICY, PRIVATE, TOKEN, headers_of, policy_of
from tests.storefront.test_urls import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
HSTS = "max-age=31536000; includeSubDomains; preload"
PAGES = ["/", "/healthz", "/readyz", "/nothing/here", "/orders/unknown", "/downloads/7/1/n/s"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_answer_is_private(client, db, method):
    for path in PAGES:
        headers = headers_of(client.generic(method, path))
        assert {name: headers.get(name) for name in PRIVATE} == PRIVATE


def test_no_policy_allows_inline_code_or_strangers(client, db):
    for path in ("/", "/healthz", "/nothing/here"):
        assert policy_of(client.get(path)) == POLICY


@pytest.mark.slow
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


@pytest.fixture
def over_https(client, db, settings):
    """Return a function that asks as a stranger, where browsers are to insist on https."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    def ask(path, method="GET", **given):
        return client.generic(method, path, secure=True, **given)

    return ask


def assert_safe(response, *, referrer="no-referrer"):
    """Check all that every answer of ours carries."""
    headers = headers_of(response)
    expected = PRIVATE | {"referrer-policy": referrer, "strict-transport-security": HSTS}
    assert {name: headers.get(name) for name in expected} == expected
    policy = policy_of(response)
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == {"'none'"}
    sources = set().union(*policy.values())
    assert not {source for source in sources if source.startswith("'unsafe-") or "*" in source}


@pytest.mark.parametrize(
    ("name", "path"), [route for route in ROUTES if not route[0].startswith("admin:")]
)
def test_whatever_a_stranger_asks_of_a_route_the_answer_is_safe(over_https, name, path):
    for method in METHODS:
        assert_safe(over_https(path, method))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_whatever_a_stranger_asks_of_the_admin_the_answer_is_safe(over_https, method):
    for name, path in ROUTES:
        if name.startswith("admin:"):
            assert_safe(over_https(path, method), referrer="same-origin")


@pytest.mark.parametrize(
    ("path", "method", "given", "status"),
    [
        ("/nothing/here", "GET", {}, 404),
        ("/api/nothing", "GET", {}, 404),
        ("/static/nothing", "GET", {}, 404),
        ("/admin/nothing/", "GET", {}, 302),
        ("/healthz", "DELETE", {}, 405),
        ("/api/v2/customer-account-orders", "POST", {}, 405),
        ("/api/graphql", "GET", {}, 405),
        ("/api/graphql", "POST", {"data": b"\xff", "content_type": "application/json"}, 401),
        ("/webhooks/shopify", "POST", {"data": b"{", "content_type": "application/json"}, 401),
        ("/api/v1/customer-tokens", "POST", {"data": b"{", "content_type": "text/xml"}, 401),
    ],
)
def test_a_refusal_is_as_safe_as_an_answer(over_https, path, method, given, status):
    response = over_https(path, method, **given)
    assert response.status_code == status
    is_admins = response.wsgi_request.path == "/admin/nothing/"
    assert_safe(response, referrer="same-origin" if is_admins else "no-referrer")


def test_a_failure_of_ours_is_as_safe_as_an_answer(over_https, client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("storefront.pages.home.lookups.has_order", lambda token: 1 / 0)
    response = over_https("/")
    assert response.status_code == 500
    assert_safe(response)


@pytest.mark.slow
def test_an_answer_of_each_face_is_as_safe_as_a_refusal(over_https, key, document_order):
    for path in ("/", f"/orders/{TOKEN}", f"{FACE_A}?id={TOKEN}", "/api/schema/"):
        assert_safe(over_https(path))
    asked = {"data": b'{"query": "{ __typename }"}', "content_type": "application/json"}
    answer = over_https(FACE_B, "POST", headers={"X-Storefront-Key": key[1]}, **asked)
    assert answer.status_code == 200
    assert_safe(answer)


def test_over_http_nobody_is_told_to_insist_on_https(client, db, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_the_way_to_https_is_kept_by_nobody(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(f"/orders/{TOKEN}")
    assert (response.status_code, response["Location"]) == (
        301,
        f"https://testserver/orders/{TOKEN}",
    )
    assert {name: headers_of(response).get(name) for name in PRIVATE} == PRIVATE
    assert policy_of(response) == POLICY


def test_what_a_middleware_answers_by_itself_is_as_safe(over_https):
    asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    assert_safe(over_https(FACE_B, "OPTIONS", headers=asked))
    stranger = over_https("/", headers={"host": "strange.example"})
    assert stranger.status_code == 400
    assert_safe(stranger)
