"""What a script of another origin may send, and that it can read whatever is answered."""

import pytest

from storefront.http.cors import allowed_names
from tests.storefront.conftest import EXPOSED, FACE_A, FACE_B, headers_of

BOUGHT = "/api/shop/customer-downloadable-products"
SIGNED = "/downloads/7/1772366400/nonce/signature"
OPEN = [
    FACE_A,
    FACE_B,
    BOUGHT,
    f"{BOUGHT}/7",
    f"{BOUGHT}/7/download",
    SIGNED,
    f"{SIGNED}/F%C3%BCr%20Elise.mp3",
    "/downloadable/download/purchased/7",
    "/api/v2/nothing",
    "/api/shop/nothing",
    "/api/graphql/",
    "/downloadable/nothing",
    "/downloads/",
]
CLOSED = [
    "/api/v1/customer-tokens",
    "/admin/",
    "/admin/login/",
    "/admin/downloads/order/",
    "/api/graphiql",
    "/clicks/7/1772366400/nonce/signature",
    "/orders/0c732eb6fd9802a0821a9d29888baee8",
    "/webhooks/shopify",
    "/links",
    "/",
]
SHOP = {"origin": "https://shop.example"}
ADDED = {
    "Apollo Client": "apollographql-client-name,apollographql-client-version",
    "Sentry": "baggage,sentry-trace",
    "OpenTelemetry": "traceparent,tracestate",
    "Datadog": "x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority",
    "jQuery": "x-requested-with",
    "a cache's": "cache-control,pragma",
    "Bagisto's": "authorization,content-type,x-channel,x-currency,x-locale,x-storefront-key",
    "a resume's": "if-range,range",
    "nobody's": "x-nobody-has-heard-of,X_Odd.Name~1",
}


def preflight(client, path, asked, **headers):
    method = "POST" if path.startswith(FACE_B) else "GET"
    sent = {"access-control-request-method": method, "access-control-request-headers": asked}
    return client.options(path, headers=SHOP | sent | headers)


@pytest.mark.parametrize("path", OPEN)
def test_whatever_a_client_adds_may_be_sent(client, path):
    # No database: nothing is looked up, and so no key asked for and nothing counted.
    for asked in ADDED.values():
        assert_allowed(preflight(client, path, asked), asked)


def assert_allowed(response, asked):
    assert (response.status_code, response.content) == (200, b"")
    told = headers_of(response)
    assert {name: told[name] for name in told if name.startswith("access-control")} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
        "access-control-allow-headers": asked.replace(",", ", "),
        "access-control-expose-headers": EXPOSED,
        "access-control-max-age": "86400",
    }
    assert told["vary"] == "Origin, Accept"


@pytest.mark.parametrize("path", CLOSED)
def test_a_secret_key_and_a_cookie_are_for_no_script(client, db, path):
    for response in (
        preflight(client, path, "authorization"),
        client.get(path, headers=SHOP),
        client.post(path, headers=SHOP),
    ):
        assert not [name for name in headers_of(response) if name.startswith("access-control")]


@pytest.mark.parametrize("path", OPEN)
def test_a_refusal_may_be_read_like_an_answer(client, db, path):
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        response = client.generic(method, path, headers=SHOP)
        is_open_face = path == FACE_A and method == "OPTIONS"
        assert is_open_face or response.status_code in (401, 404, 405)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Access-Control-Expose-Headers"] == EXPOSED
        assert "Access-Control-Allow-Credentials" not in response
        # What is told in the caller's language says so.
        by_language = ", Accept-Language" if "Content-Language" in response else ""
        assert response["Vary"] == f"Origin, Accept{by_language}"


@pytest.mark.parametrize("path", OPEN)
def test_what_a_middleware_refuses_may_be_read_too(client, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    elsewhere = client.get(path, headers=SHOP | {"host": "evil.example"})
    to_https = client.get(path, headers=SHOP)
    assert (elsewhere.status_code, to_https.status_code) == (400, 301)
    for response in (elsewhere, to_https):
        assert response["Access-Control-Allow-Origin"] == "*"
        by_language = ", Accept-Language" if "Content-Language" in response else ""
        assert response["Vary"] == f"Origin, Accept{by_language}"


def test_no_private_network_is_opened(client):
    asked = {"access-control-request-private-network": "true"}
    response = preflight(client, FACE_B, "x-storefront-key", **asked)
    assert "Access-Control-Allow-Private-Network" not in response


def test_a_preflight_counts_for_no_rate(client, key):
    for _ in range(3):
        assert preflight(client, FACE_B, "x-storefront-key").status_code == 200
    answer = client.post(
        FACE_B,
        {"query": "{__typename}"},
        content_type="application/json",
        headers=SHOP | {"X-Storefront-Key": key[1]},
    )
    assert answer["X-RateLimit-Remaining"] == "599"


MANY = [f"x-{number:04}" for number in range(60)]
NAMES = {
    "": "",
    " , ,": "",
    "x-one": "x-one",
    "x-one,x-two , \tx-three": "x-one, x-two, x-three",
    "x-one,x-one": "x-one",
    "x-one\r\nset-cookie: a=b, x-two": "x-two",
    "x one, x:two, x(three), x\x00four, xé, ٣, x-five": "x-five",
    '"x-one", x/two, x@three, {}, x-four': "x-four",
    "!#$%&'*+-.^_`|~09azAZ": "!#$%&'*+-.^_`|~09azAZ",
    ",".join(MANY): ", ".join(MANY[:50]),
    f"{'x' * 2048}": "x" * 2048,
    f"{'x' * 2049},x-one": "x-one",
    f"{'x' * 2000},{'y' * 50},{'z' * 46}": f"{'x' * 2000}, {'z' * 46}",
}


@pytest.mark.parametrize(("asked", "allowed"), NAMES.items(), ids=range(len(NAMES)))
def test_names_alone_come_back_and_not_too_many(asked, allowed):
    assert allowed_names(asked) == allowed
    assert len(allowed) <= 2048


def test_none_asked_for_none_is_named(client):
    response = client.options(FACE_B, headers=SHOP | {"access-control-request-method": "POST"})
    assert (response.status_code, "Access-Control-Allow-Headers" in response) == (200, False)
