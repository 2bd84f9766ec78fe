"""The door of face B's REST counterpart."""

import itertools
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client

from downloads.lookups import ledger
from downloads.models import Asset, Delivery, DownloadEvent, Grant, Order, Shop
from storefront.delivery.senders import PROOF
from storefront.models import CustomerToken, StorefrontKey
from storefront.signed_urls import new_click, proof_of
from tests.factories import (
    NOW,
    CustomerFactory,
    GrantFactory,
    OrderFactory,
    ShopFactory,
    make_file_grant,
)
from tests.racing import at_once
from tests.storefront.conftest import CONTENT, LINK, PRIVATE, counted, headers_of, spent

BOUGHT = "/api/shop/customer-downloadable-products"
DAY = timedelta(days=1)
HALF_AN_HOUR = timedelta(minutes=30)
RATED = {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "599", "x-ratelimit-reset": "60"}
HEADERS = PRIVATE | {
    "content-type": "application/json",
    "allow": "GET, HEAD, OPTIONS",
    "vary": "Origin, Accept",
}
MISSING_KEY = {
    "message": "X-STOREFRONT-KEY header is required for this operation",
    "error": "missing_key",
}
INVALID_KEY = {"message": "Invalid API key", "error": "invalid_key"}
UNAUTHENTICATED = {
    "message": "Unauthenticated. Please login to perform this action",
    "error": "unauthenticated",
}
EVERYTHING = """{ customerDownloadableProduct(id: "%s") {
    id _id productName name fileName type downloadBought downloadUsed downloadCanceled status
    remainingDownloads order { _id incrementId status grandTotal } createdAt updatedAt
    downloadUrl } }"""


def not_found(number):
    return {
        "message": f'Customer downloadable product with ID "{number}" not found',
        "error": "not_found",
    }


def paths_of(grant):
    downloads = [f"{BOUGHT}/{grant.pk}/download", f"/downloadable/download/purchased/{grant.pk}"]
    return [BOUGHT, f"{BOUGHT}/{grant.pk}", *downloads]


@pytest.fixture
def signed_in(credentials):
    """Return a function with the headers of a grant's customer; each customer has one key."""
    issued = {}

    def headers(grant):
        customer = grant.order.customer
        if customer.pk not in issued:
            issued[customer.pk] = credentials(customer)
        return issued[customer.pk]

    return headers


@pytest.fixture
def get(client, signed_in):
    """Return a function that GETs a path as a grant's own customer."""

    def ask(grant, path=BOUGHT, *, method="GET", **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.generic(method, path, headers=signed_in(grant) | sent)

    return ask


@pytest.fixture
def fetch(get):
    """Return a function that downloads a grant; the answer's bytes are read."""

    def ask(grant, **headers):
        response = get(grant, f"{BOUGHT}/{grant.pk}/download", **headers)
        if response.streaming:
            response.getvalue()
        return response

    return ask


# --- What it shows -----------------------------------------------------------------------------


def test_one_is_shown_whole(get, document_order):
    grant = document_order.grants.get()
    response = get(grant, f"{BOUGHT}/{grant.pk}")
    body = response.json()
    address = body.pop("downloadUrl")
    assert (response.status_code, list(body.items())) == (
        200,
        [
            ("id", grant.pk),
            ("productName", "My new Book"),
            ("name", "My new book"),
            ("fileName", None),
            ("type", "url"),
            ("downloadBought", 10),
            ("downloadUsed", 5),
            ("downloadCanceled", 0),
            ("status", "available"),
            ("remainingDownloads", 5),
            ("order", {"id": document_order.pk, "incrementId": "1050", "status": "completed"}),
            ("createdAt", "2026-03-01T12:00:00+00:00"),
            ("updatedAt", "2026-03-01T12:00:00+00:00"),
        ],
    )
    assert address.startswith(f"http://localhost:8000/downloads/{grant.pk}/")
    assert headers_of(response) == HEADERS | RATED


def rows():
    """Make one grant of each kind; yield them with their names."""
    yield "link", GrantFactory(used=3)
    yield "file", make_file_grant(CONTENT, "book.epub", limit=2)
    yield "unlimited", GrantFactory(limit=None, used=7)
    yield "used up", GrantFactory(limit=1, used=1)
    yield "canceled", GrantFactory(limit=5, canceled=2, used=1)
    yield "the order's own", GrantFactory(line=None)
    yield "pending", GrantFactory(order=OrderFactory(payment=Order.Payment.PENDING))
    yield "of a canceled order", GrantFactory(order=OrderFactory(cancelled_at=NOW))
    yield "past", GrantFactory(expires_at=NOW)


@pytest.mark.slow
def test_it_says_what_graphql_says_of_the_same_rows(get, graphql, db):
    for name, grant in rows():
        said = graphql(EVERYTHING % grant.pk, customer=grant.order.customer)
        facts = said.json()["data"]["customerDownloadableProduct"]
        assert facts.pop("id") == f"{BOUGHT}/{grant.pk}"
        facts["id"] = facts.pop("_id")
        facts["order"]["id"] = facts["order"].pop("_id")
        facts["order"].pop("grandTotal")
        body = get(grant, f"{BOUGHT}/{grant.pk}").json()
        addresses = facts.pop("downloadUrl"), body.pop("downloadUrl")
        assert body == facts, name
        assert (addresses[0] is None) == (addresses[1] is None) == (body["status"] != "available")


def test_the_shown_address_is_counted(client, get, grant):
    url = get(grant).json()[0]["downloadUrl"]
    assert client.get(url).getvalue() == CONTENT
    assert spent(grant) == (1, 1)


def test_no_plan_is_asked(get, fetch, grant):
    Shop.objects.update(plan="basic")
    assert [row["status"] for row in get(grant).json()] == ["available"]
    assert get(grant, f"{BOUGHT}/{grant.pk}").json()["downloadUrl"] is not None
    assert fetch(grant).status_code == 200


def test_reading_counts_nothing(get, grant):
    before = counted()
    for path, method in itertools.product(paths_of(grant)[:2], ("GET", "HEAD", "OPTIONS")):
        assert get(grant, path, method=method).status_code == 200
    assert counted() == before


@pytest.mark.parametrize("path", ["", "/%d"])
def test_head_has_the_headers_of_get(get, grant, path):
    path = BOUGHT + (path and path % grant.pk)
    asked, head = get(grant, path), get(grant, path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == asked["Content-Length"]
    remaining = {"x-ratelimit-remaining": "598"}
    assert headers_of(head) == headers_of(asked) | remaining


# --- The list ----------------------------------------------------------------------------------


@pytest.fixture
def many(db):
    """Twelve grants of one order, oldest first: one unlimited, one used up, and ten more."""
    order = OrderFactory()
    grants = [GrantFactory(order=order) for _ in range(12)]
    Grant.objects.filter(pk=grants[0].pk).update(limit=None, bought=None)
    Grant.objects.filter(pk=grants[1].pk).update(used=10)
    GrantFactory()  # another shop's
    GrantFactory(order=OrderFactory(shop=order.shop))  # another customer's
    return grants


def page(response):
    """Return the numbers on a page, and what its headers count."""
    names = ("X-Total-Count", "X-Page", "X-Per-Page", "X-Total-Pages")
    assert response.status_code == 200
    return [row["id"] for row in response.json()], [int(response[name]) for name in names]


PAGES = {
    "": (slice(0, 10), [12, 1, 10, 2]),
    "page=1": (slice(0, 10), [12, 1, 10, 2]),
    "page=2": (slice(10, 12), [12, 2, 10, 2]),
    "page=3": (slice(12, 12), [12, 3, 10, 2]),
    "page=999999999&per_page=50": (slice(12, 12), [12, 999999999, 50, 1]),
    "per_page=1": (slice(0, 1), [12, 1, 1, 12]),
    "per_page=50": (slice(0, 12), [12, 1, 50, 1]),
    "per_page=5&page=3": (slice(10, 12), [12, 3, 5, 3]),
    "per_page=6&page=2": (slice(6, 12), [12, 2, 6, 2]),
    "status=available": (slice(0, 10), [11, 1, 10, 2]),
    "status=expired": (slice(10, 11), [1, 1, 10, 1]),
    "status=pending": (slice(12, 12), [0, 1, 10, 0]),
    "status=": (slice(12, 12), [0, 1, 10, 0]),
    "status=Available": (slice(12, 12), [0, 1, 10, 0]),
    "status=%00": (slice(12, 12), [0, 1, 10, 0]),
    "nothing=7": (slice(0, 10), [12, 1, 10, 2]),
}


@pytest.mark.slow
def test_a_page_holds_the_newest_first(get, many):
    newest_first = [grant.pk for grant in reversed(many)]
    for asked, (part, counts) in PAGES.items():
        assert page(get(many[0], f"{BOUGHT}?{asked}")) == (newest_first[part], counts), asked


WHOLE = '"%s" must be a whole number of at most 9 digits'
BAD_PAGES = {
    "page=0": '"page" must be at least 1',
    "page=-1": WHOLE % "page",
    "page=": WHOLE % "page",
    "page=one": WHOLE % "page",
    "page=1.0": WHOLE % "page",
    "page=%C2%B2": WHOLE % "page",
    "page=%D9%A1": WHOLE % "page",
    "page=%2B1": WHOLE % "page",
    "page=1_0": WHOLE % "page",
    "page=1%00": WHOLE % "page",
    "page=1000000000": WHOLE % "page",
    f"page={'9' * 5000}": WHOLE % "page",
    "per_page=0": '"per_page" must be between 1 and 50',
    "per_page=51": '"per_page" must be between 1 and 50',
    "per_page=ten": WHOLE % "per_page",
    "per_page=": WHOLE % "per_page",
}


@pytest.mark.slow
def test_a_page_out_of_bounds_is_400(get, many):
    for asked, message in BAD_PAGES.items():
        response = get(many[0], f"{BOUGHT}?{asked}")
        assert response.status_code == 400, asked
        assert response.json() == {"message": message, "error": "invalid_request"}
        assert headers_of(response) == HEADERS | RATED | {"x-ratelimit-remaining": "600"}


def test_the_list_has_its_headers(get, grant):
    counts = {"x-total-count": "1", "x-page": "1", "x-per-page": "10", "x-total-pages": "1"}
    assert headers_of(get(grant)) == HEADERS | RATED | counts


def test_a_customer_with_nothing_has_an_empty_page(client, credentials, customer):
    GrantFactory()
    response = client.get(BOUGHT, headers=credentials(customer))
    assert page(response) == ([], [0, 1, 10, 0])


@pytest.mark.parametrize("count", [0, 1, 12])
def test_the_list_takes_four_queries_whatever_its_size(
    client, credentials, customer, django_assert_num_queries, round_trips, count
):
    order = OrderFactory(shop=customer.shop, customer=customer)
    for _ in range(count):
        GrantFactory(order=order)
    headers = credentials(customer)
    # The first request of a key and of a bearer notes the hour.
    for queries in (6, 4):
        with django_assert_num_queries(queries):
            assert len(client.get(BOUGHT, headers=headers).json()) == min(count, 10)
    assert round_trips == [2, 2]  # key and bearer


def test_one_takes_three_queries_in_one_round_trip(
    get, signed_in, grant, django_assert_num_queries, round_trips
):
    signed_in(grant)
    for queries in (5, 3):
        round_trips.clear()
        with django_assert_num_queries(queries):
            get(grant, f"{BOUGHT}/{grant.pk}")
        assert round_trips == [3]


# --- Who asks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "body"),
    [
        (None, MISSING_KEY),
        ("", MISSING_KEY),
        ("wrong", INVALID_KEY),
        ("sk_" + "x" * 49, INVALID_KEY),
    ],
)
def test_no_good_key_is_401(client, signed_in, grant, key, body):
    before = counted()
    headers = {**signed_in(grant), "X-Storefront-Key": key}
    sent = {name: value for name, value in headers.items() if value is not None}
    for path, method in itertools.product(paths_of(grant), ("GET", "POST", "OPTIONS")):
        response = client.generic(method, path, headers=sent)
        assert (response.status_code, response.json()) == (401, body)
        assert headers_of(response) == HEADERS
    assert counted() == before


@pytest.mark.parametrize("ended", [{"expires_at": NOW}, {"revoked_at": NOW}], ids=str)
def test_an_ended_key_is_401(get, signed_in, grant, ended):
    signed_in(grant)
    StorefrontKey.objects.update(**ended)
    response = get(grant)
    assert (response.status_code, response.json()) == (401, INVALID_KEY)


@pytest.mark.parametrize(
    "bearer", ["", "Bearer", "Bearer 1|short", "Basic YTpi", f"Bearer 1|{'x' * 43}"]
)
def test_no_good_bearer_is_401(get, grant, bearer):
    before = counted()
    for path in paths_of(grant):
        response = get(grant, path, Authorization=bearer)
        assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)
    assert counted() == before


@pytest.mark.parametrize("ended", [{"expires_at": NOW}, {"revoked_at": NOW}], ids=str)
def test_an_ended_bearer_is_401(get, signed_in, grant, ended):
    signed_in(grant)
    CustomerToken.objects.update(**ended)
    for path in paths_of(grant):
        assert get(grant, path).json() == UNAUTHENTICATED


def test_another_shops_bearer_is_401(client, credentials, grant):
    headers = credentials(grant.order.customer, shop=ShopFactory())
    for path in paths_of(grant):
        response = client.get(path, headers=headers)
        assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)
    assert spent(grant) == (0, 0)


def test_the_bearer_comes_before_the_page_and_the_number(get, grant):
    for path in (f"{BOUGHT}?page=0", f"{BOUGHT}/nonsense", f"{BOUGHT}/nonsense/download"):
        assert get(grant, path, Authorization="").json() == UNAUTHENTICATED


def test_a_session_and_its_cookie_are_nobody(client, signed_in, grant, admin_user):
    client.force_login(admin_user)
    key = {"X-Storefront-Key": signed_in(grant)["X-Storefront-Key"]}
    for path in paths_of(grant):
        response = client.get(path, headers=key)
        assert (response.status_code, response.json()) == (401, UNAUTHENTICATED)
        assert not response.cookies


def test_a_key_of_other_sites_is_403(get, signed_in, grant):
    signed_in(grant)
    StorefrontKey.objects.update(allowed_origins="https://shop.example")
    for path in paths_of(grant):
        response = get(grant, path, Origin="https://else.example")
        assert (response.status_code, response.json()) == (
            403,
            {
                "message": "This API key may not be used from this site",
                "error": "origin_not_allowed",
            },
        )
    assert spent(grant) == (0, 0)
    assert get(grant, Origin="https://shop.example").status_code == 200


NUMBERS = ["0", "007", "999", "-1", "1.0", "x", "%00", "²", "9" * 19, "9" * 20, "9" * 5000]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("path", ["", "/download"])
def test_what_is_not_there_is_404(get, grant, number, path):
    response = get(grant, f"{BOUGHT}/{number}{path}")
    said = {"007": "7", "%00": "\0"}.get(number, number)
    assert (response.status_code, response.json()) == (404, not_found(said))
    assert headers_of(response) == HEADERS | RATED


def test_a_number_may_have_noughts_before_it_as_in_graphql(get, grant):
    assert get(grant, f"{BOUGHT}/000{grant.pk}").json()["id"] == grant.pk


def test_the_rate_is_429_and_moves_nothing(get, fetch, signed_in, grant):
    signed_in(grant)
    StorefrontKey.objects.update(rate_per_minute=1)
    assert get(grant).status_code == 200
    before = counted()
    for path in paths_of(grant):
        response = get(grant, path)
        assert response.status_code == 429
        assert response.json() == {
            "message": "Rate limit exceeded",
            "error": "rate_limit_exceeded",
            "retry_after": 60,
        }
        told = {"x-ratelimit-limit": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}
        assert headers_of(response) == HEADERS | told | {"retry-after": "60"}
    assert counted() == before


def test_graphql_and_rest_share_the_keys_rate(client, get, signed_in, grant):
    headers = signed_in(grant)
    asked = {"query": "{__typename}"}
    client.post("/api/graphql", asked, content_type="application/json", headers=headers)
    assert get(grant)["X-RateLimit-Remaining"] == "598"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_another_method_is_405(get, grant, method):
    before = counted()
    for path in paths_of(grant):
        response = get(grant, path, method=method)
        assert response.status_code == 405
        assert response.json() == {
            "message": f'Method "{method}" not allowed.',
            "error": "method_not_allowed",
        }
        assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert counted() == before


def test_options_tells_the_methods(get, grant):
    for path in paths_of(grant):
        response = get(grant, path, method="OPTIONS")
        assert (response.status_code, response["Allow"]) == (200, "GET, HEAD, OPTIONS")
        assert "actions" not in response.json()


def test_a_browsers_preflight_is_answered_without_a_key(client, grant):
    asked = "x-storefront-key,authorization,range,idempotency-key"
    for path in paths_of(grant):
        response = client.options(
            path,
            headers={
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": asked,
            },
        )
        assert (response.status_code, response.content) == (200, b"")
        assert response["Access-Control-Allow-Origin"] == "*"
        assert set(asked.split(",")) <= set(response["Access-Control-Allow-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in response
    assert spent(grant) == (0, 0)


def test_a_browsers_script_may_read_the_counts(get, grant):
    response = get(grant, Origin="https://shop.example")
    shown = response["Access-Control-Expose-Headers"].split(", ")
    assert {"x-total-count", "x-page", "x-per-page", "x-total-pages", "retry-after"} <= set(shown)


def test_the_database_gone_is_503_in_the_same_shape(get, signed_in, grant, monkeypatch):
    signed_in(grant)

    def fail(*_args, **_named):
        from django.db import OperationalError

        raise OperationalError("gone")

    monkeypatch.setattr("storefront.authentication.find_caller", fail)
    response = get(grant, f"{BOUGHT}/{grant.pk}")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json() == {
        "message": "The service cannot reach its own records just now. Please try again shortly: "
        "the same link is never counted twice.",
        "error": "service_unavailable",
    }


# --- A download --------------------------------------------------------------------------------


def test_a_get_spends_one_and_hands_over_the_bytes(fetch, grant):
    response = fetch(grant)
    assert (response.status_code, response.getvalue()) == (200, b"")  # read by `fetch`
    assert spent(grant) == (1, 1)


def test_the_bytes_leave_as_from_a_signed_address(client, get, grant):
    response = get(grant, f"{BOUGHT}/{grant.pk}/download")
    address = client.get(new_click(grant, at=NOW).url)
    assert response.getvalue() == address.getvalue() == CONTENT
    also = RATED | {"allow": "GET, HEAD, OPTIONS", "vary": "Origin, Accept"}
    assert headers_of(response) == headers_of(address) | also
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_each_get_spends_the_next_until_none_is_left(fetch, grant):
    for used in (1, 2):
        assert fetch(grant).status_code == 200
        assert spent(grant) == (used, used)
    response = fetch(grant)
    assert response.status_code == 403
    assert response.json() == {
        "message": "All downloads of this item have been used.",
        "error": "used_up",
    }
    assert spent(grant) == (2, 2)


def test_a_link_is_a_redirect_that_spends(fetch, link):
    response = fetch(link)
    assert (response.status_code, response["Location"]) == (302, LINK)
    assert spent(link) == (1, 1)
    assert {name: headers_of(response)[name] for name in PRIVATE} == PRIVATE


def test_head_spends_nothing_and_has_the_headers_of_get(get, grant):
    path = f"{BOUGHT}/{grant.pk}/download"
    head = get(grant, path, method="HEAD")
    assert (head.status_code, head.content, spent(grant)) == (200, b"", (0, 0))
    asked = get(grant, path)
    assert headers_of(asked) == headers_of(head) | {"x-ratelimit-remaining": "598"}
    assert asked["Content-Length"] == head["Content-Length"] == "10"
    asked.getvalue()


def test_a_prefetch_spends_nothing(fetch, grant, link):
    before = counted()
    for grants, purpose in itertools.product((grant, link), ("prefetch", "prefetch;prerender")):
        response = fetch(grants, Sec_Purpose=purpose)
        assert response.status_code == 503
        assert response.json() == {
            "message": "Nothing is downloaded ahead of a person.",
            "error": "service_unavailable",
        }
    assert counted() == before


def test_a_part_spends_like_the_whole(get, grant):
    path = f"{BOUGHT}/{grant.pk}/download"
    response = get(grant, path, Range="bytes=2-4")
    assert (response.status_code, response.getvalue()) == (206, b"234")
    assert response["Content-Range"] == "bytes 2-4/10"
    assert spent(grant) == (1, 1)


def test_a_part_that_is_none_is_416_and_spends_nothing(fetch, grant):
    before = counted()
    response = fetch(grant, Range="bytes=10-")
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */10")
    assert counted() == before


def test_a_version_one_has_is_304_and_another_412(fetch, grant):
    before = counted()
    assert fetch(grant, If_None_Match=f'"{grant.asset.sha256}"').status_code == 304
    assert fetch(grant, If_Match='"another"').status_code == 412
    assert counted() == before


# --- A download that has a name ----------------------------------------------------------------


def test_the_same_name_rides_for_free(get, grant):
    path = f"{BOUGHT}/{grant.pk}/download"
    parts = [{}, {"Range": "bytes=5-"}, {"Range": "bytes=0-1"}, {}]
    bytes_ = [get(grant, path, Idempotency_Key="one", **part).getvalue() for part in parts]
    assert bytes_ == [CONTENT, CONTENT[5:], CONTENT[:2], CONTENT]
    assert spent(grant) == (1, 1)


def test_another_name_is_another_download(fetch, grant):
    for used, name in ((1, "one"), (2, "two")):
        fetch(grant, Idempotency_Key=name)
        assert spent(grant) == (used, used)


def test_an_empty_name_is_none(fetch, grant):
    for used in (1, 2):
        fetch(grant, Idempotency_Key="")
        assert spent(grant) == (used, used)


def test_the_same_name_counts_for_each_grant_of_its_own(fetch, grant):
    other = make_file_grant(CONTENT, order=grant.order)
    fetch(grant, Idempotency_Key="one")
    fetch(other, Idempotency_Key="one")
    assert (spent(grant), spent(other)) == ((1, 1), (1, 1))


def test_equal_names_of_different_customers_do_not_meet(fetch, grant):
    # The order passes from one customer to the other, who uses the very same name.
    fetch(grant, Idempotency_Key="one")
    grant.order.customer = CustomerFactory(shop=grant.order.shop)
    grant.order.save()
    fetch(grant, Idempotency_Key="one")
    assert spent(grant) == (2, 2)


def test_no_two_names_read_alike(fetch, db):
    # A number and a name that could be cut at another place.
    first, second = (
        make_file_grant(CONTENT, order=OrderFactory(customer__pk=pk), limit=5) for pk in (1, 11)
    )
    fetch(first, Idempotency_Key="1/x")
    fetch(second, Idempotency_Key="/x")
    nonces = set(Delivery.objects.values_list("nonce", flat=True))
    assert len(nonces) == 2
    assert all(len(nonce) <= Delivery._meta.get_field("nonce").max_length for nonce in nonces)


def test_no_name_is_stored_as_it_was_sent(fetch, grant):
    fetch(grant, Idempotency_Key="ada@example.com")
    assert "ada" not in Delivery.objects.get().nonce


def test_a_name_that_is_over_is_403_and_spends_nothing(fetch, grant, frozen):
    fetch(grant, Idempotency_Key="one")
    before = counted()
    frozen(NOW + HALF_AN_HOUR)
    response = fetch(grant, Idempotency_Key="one")
    assert (response.status_code, response.json()) == (
        403,
        {"message": "This download can no longer be continued.", "error": "click_over"},
    )
    assert counted() == before
    assert fetch(grant, Idempotency_Key="two").status_code == 200


def test_the_last_download_can_be_resumed_by_its_name(get, fetch, db):
    grant = make_file_grant(CONTENT, limit=1)
    fetch(grant, Idempotency_Key="one")
    assert fetch(grant).status_code == 403
    path = f"{BOUGHT}/{grant.pk}/download"
    resumed = get(grant, path, Idempotency_Key="one", Range="bytes=4-")
    assert (resumed.status_code, resumed.getvalue()) == (206, CONTENT[4:])
    assert spent(grant) == (1, 1)


@pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400)])
def test_a_name_has_255_characters_at_most(fetch, grant, length, status):
    response = fetch(grant, Idempotency_Key="x" * length)
    assert response.status_code == status
    if status == 400:
        assert response.json() == {
            "message": "The Idempotency-Key is longer than 255 characters.",
            "error": "invalid_request",
        }
        assert spent(grant) == (0, 0)


def test_a_name_is_no_signed_address(client, fetch, grant):
    # What it makes of a name is no address's nonce: the two never ride on each other.
    click = new_click(grant, at=NOW)
    client.get(click.url).getvalue()
    fetch(grant, Idempotency_Key=click.nonce)
    assert spent(grant) == (2, 2)


# --- A download that is not to be had ----------------------------------------------------------

REFUSED = {
    "pending": ({"order__payment": "pending"}, "This order has not been paid yet. The download "
                "opens as soon as the payment has arrived."),
    "held": ({"order__hold": "dispute"}, "The shop is still checking the payment of this order. "
             "The download opens as soon as that is done."),
    "canceled": ({"order__cancelled_at": NOW}, "This order was cancelled, so its downloads are "
                 "closed."),
    "refunded": ({"refunded": True}, "This purchase was refunded, so its download is closed."),
    "withdrawn": ({"withdrawn_at": NOW}, "The shop has withdrawn this download."),
    "past": ({"expires_at": NOW}, "The time for this download is over."),
    "used_up": ({"used": 2}, "All downloads of this item have been used."),
}  # fmt: skip


def refuse(grant, facts):
    """Write the facts that refuse a grant."""
    for name, value in facts.items():
        row, field = (grant.order, name[7:]) if name.startswith("order__") else (grant, name)
        type(row).objects.filter(pk=row.pk).update(**{field: value})


@pytest.mark.slow
@pytest.mark.parametrize("reason", REFUSED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_refused_download_is_403_and_moves_nothing(get, grant, link, reason, method):
    facts, message = REFUSED[reason]
    for each in (grant, link):
        refuse(each, facts)
        before = counted()
        response = get(each, f"{BOUGHT}/{each.pk}/download", method=method)
        assert response.status_code == 403
        assert headers_of(response) == HEADERS | headers_of(response)
        if method == "GET":
            assert response.json() == {"message": message, "error": reason}
        assert counted() == before


def test_a_withdrawn_asset_is_403(fetch, grant):
    Asset.objects.filter(pk=grant.asset_id).update(withdrawn_at=NOW)
    before = counted()
    response = fetch(grant)
    assert (response.status_code, response.json()["error"]) == (403, "withdrawn")
    assert counted() == before


def test_a_refund_ends_a_download_that_had_a_name(fetch, grant):
    fetch(grant, Idempotency_Key="one")
    refuse(grant, {"refunded": True})
    response = fetch(grant, Idempotency_Key="one", Range="bytes=5-")
    assert (response.status_code, response.json()["error"]) == (403, "refunded")


def test_a_missing_file_is_503_and_spends_nothing(fetch, grant):
    grant.asset.file.storage.delete(grant.asset.file.name)
    before = counted()
    response = fetch(grant)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json() == {
        "message": "This file cannot be read just now. Nothing was counted; please try again "
        "shortly.",
        "error": "service_unavailable",
    }
    assert counted() == before


def test_a_file_that_fails_on_the_way_is_given_back(get, grant, monkeypatch):
    def fail(*_args):
        raise OSError("the disk is gone")

    response = get(grant, f"{BOUGHT}/{grant.pk}/download")
    assert spent(grant) == (1, 1)
    monkeypatch.setattr("downloads.fulfilment.files.StoredFile.read", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        response.getvalue()
    assert spent(grant) == (0, 0)


# --- Behind nginx ------------------------------------------------------------------------------


@pytest.fixture
def behind_nginx(settings):
    settings.FILES_LEAVE_BY = "nginx"


def kinds(grant):
    events = DownloadEvent.objects.filter(grant=grant).order_by("id")
    return [(event.kind, event.downloads) for event in events]


def test_nginx_is_told_the_file(fetch, grant, behind_nginx):
    response = fetch(grant)
    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Accel-Redirect"] == f"/_files/whole/{grant.asset.file.name}"
    assert response["X-Files-Disposition"] == 'attachment; filename="book.epub"'
    assert spent(grant) == (1, 1)


@pytest.mark.parametrize("name", [None, "one"])
def test_what_nginx_could_not_read_is_given_back_once(fetch, grant, behind_nginx, name):
    named = {"Idempotency_Key": name} if name else {}
    proof = fetch(grant, **named)[PROOF]
    for _ in range(2):
        response = fetch(grant, X_Files_Proof=proof, **named)
        assert (response.status_code, response.json()["error"]) == (503, "service_unavailable")
        assert PROOF not in response
        assert spent(grant) == (0, 0)
    assert kinds(grant) == [("charged", 1), ("served", 0), ("released", -1)]
    assert ledger.counters_off() == []


def test_nginx_is_heard_when_the_rate_is_used_up(fetch, signed_in, grant, behind_nginx):
    signed_in(grant)
    StorefrontKey.objects.update(rate_per_minute=1)
    proof = fetch(grant)[PROOF]
    assert fetch(grant, X_Files_Proof=proof).status_code == 503
    assert spent(grant) == (0, 0)
    assert fetch(grant).status_code == 429


def test_a_proof_gives_back_nothing_of_another_grant(fetch, grant, behind_nginx):
    other = make_file_grant(CONTENT, order=grant.order)
    proof = fetch(grant)[PROOF]
    fetch(other)
    before = counted()
    assert fetch(other, X_Files_Proof=proof).status_code == 503
    assert counted() == before


def test_a_proof_gives_back_nothing_of_another_customer(fetch, grant, behind_nginx):
    stranger = make_file_grant(CONTENT, order=OrderFactory(shop=grant.order.shop))
    before_stranger = fetch(grant)[PROOF]
    before = counted()
    assert fetch(stranger, X_Files_Proof=before_stranger).status_code == 503
    assert counted() == before


@pytest.mark.slow
def test_a_forged_proof_is_none(fetch, grant, behind_nginx):
    proof = fetch(grant)[PROOF]
    nonce = proof.rpartition(".")[0]
    bent = proof[:-1] + ("A" if proof[-1] != "A" else "E")
    forged = ["", nonce, bent, proof[:-1], proof + "A", f"{nonce}.", "ü\xff"]
    for used, text in enumerate(forged[:1], start=2):
        assert "X-Accel-Redirect" in fetch(grant, X_Files_Proof=text)
        assert spent(grant) == (used, used)
    for text in forged[1:]:
        assert fetch(grant, X_Files_Proof=text).json()["error"] == "used_up"
    assert spent(grant) == (2, 2)


def test_the_proof_of_a_name_is_of_no_other_grant(fetch, grant, behind_nginx):
    other = make_file_grant(CONTENT, order=grant.order)
    proof = fetch(grant, Idempotency_Key="one")[PROOF]
    assert proof == proof_of(grant.deliveries.get().nonce)
    assert fetch(other, X_Files_Proof=proof).status_code == 503
    assert spent(grant) == (1, 1)


# --- At the same moment ------------------------------------------------------------------------

THREADS = 12
at_the_same_moment = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def racing(db, signed_in, transactional_db):
    """Return a function that downloads a grant at once, with a name for each request or none."""

    def race(grant, names):
        headers = signed_in(grant)

        def fetch(name):
            named = {} if name is None else {"Idempotency-Key": name}
            response = Client().get(f"{BOUGHT}/{grant.pk}/download", headers=headers | named)
            return response.status_code, response.getvalue()

        return [status for status, _body in at_once(*[partial(fetch, name) for name in names])]

    return race


@at_the_same_moment
@pytest.mark.parametrize("names", [[None] * THREADS, [str(n) for n in range(THREADS)]])
def test_different_requests_at_once_get_exactly_what_is_left(racing, names):
    grant = make_file_grant(CONTENT, limit=5)
    statuses = racing(grant, names)
    assert sorted(statuses) == [200] * 5 + [403] * (THREADS - 5)
    assert spent(grant) == (5, 5)
    assert ledger.counters_off() == []


@at_the_same_moment
def test_one_name_at_once_spends_one(racing):
    grant = make_file_grant(CONTENT, limit=1)
    # Each sends the file whole, and its budget is three times the file.
    assert set(racing(grant, ["one"] * 3)) == {200}
    assert spent(grant) == (1, 1)
    assert ledger.counters_off() == []
