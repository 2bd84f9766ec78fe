"""The door of face B."""

import pytest
from django.contrib.auth.models import User

from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, GrantFactory, ShopFactory
from tests.storefront.conftest import (
    POLICY,
    PRIVATE,
    headers_of,
    policy_of,
)

ANSWERED = {"data": {"__typename": "Query"}}
HEADERS = PRIVATE | {"content-type": "application/json", "vary": "Origin, Accept"}
RATED = HEADERS | {
    "x-ratelimit-limit": "600",
    "x-ratelimit-remaining": "599",
    "x-ratelimit-reset": "60",
}
MISSING_KEY = {
    "message": "X-STOREFRONT-KEY header is required for this operation",
    "error": "missing_key",
    "errors": [
        {
            "message": "X-STOREFRONT-KEY header is required for this operation",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ],
}
INVALID_KEY = {
    "message": "Invalid API key",
    "error": "invalid_key",
    "errors": [{"message": "Invalid API key", "extensions": {"code": "UNAUTHENTICATED"}}],
}
UNAUTHENTICATED = {
    "errors": [
        {
            "message": "Unauthenticated. Please login to perform this action",
            "locations": [{"line": 1, "column": 2}],
            "path": ["customerDownloadableProduct"],
        }
    ],
    "data": {"customerDownloadableProduct": None},
}
BROKEN = "{customerDownloadableProduct("
ONE = '{customerDownloadableProduct(id: "7") {_id}}'


# --- The key -----------------------------------------------------------------------------------


def test_a_good_key_gets_an_answer(post):
    response = post({"query": "{__typename}"})
    assert (response.status_code, response.json()) == (200, ANSWERED)
    read_by = {"content-type": "application/json; charset=utf-8", "vary": "Origin, Accept"}
    assert headers_of(response) == RATED | read_by
    assert policy_of(response) == POLICY


@pytest.mark.parametrize(
    ("key", "body"), [(None, MISSING_KEY), ("pk_storefront_wrong", INVALID_KEY)]
)
def test_no_good_key_is_401_whatever_is_asked(graphql, customer, key, body):
    for query in ("{__typename}", ONE, BROKEN, "", "{__schema{types{name}}}"):
        response = graphql(query, customer=customer, key=key)
        assert (response.status_code, response.json()) == (401, body)
        assert headers_of(response) == HEADERS


def test_an_empty_key_is_a_missing_one(post):
    response = post({"query": "{__typename}"}, **{"X-Storefront-Key": ""})
    assert (response.status_code, response.json()) == (401, MISSING_KEY)


def test_a_revoked_key_is_401(post, key):
    StorefrontKey.objects.filter(pk=key[0].pk).revoke(NOW)
    response = post({"query": "{__typename}"})
    assert (response.status_code, response.json()) == (401, INVALID_KEY)


def test_an_expired_key_is_401(post, key):
    StorefrontKey.objects.filter(pk=key[0].pk).update(expires_at=NOW)
    response = post({"query": "{__typename}"})
    assert (response.status_code, response.json()) == (401, INVALID_KEY)


def test_a_wrong_key_is_refused_before_the_body_is_looked_at(post):
    response = post(b"\xff", "text/plain", **{"X-Storefront-Key": "wrong"})
    assert (response.status_code, response.json()) == (401, INVALID_KEY)


# --- The rate ----------------------------------------------------------------------------------


@pytest.fixture
def twice_a_minute(key):
    StorefrontKey.objects.filter(pk=key[0].pk).update(rate_per_minute=2)


def test_the_rate_is_counted_down_and_then_429(post, twice_a_minute):
    answers = [post({"query": "{__typename}"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0", "0"]
    assert answers[3].json() == {
        "message": "Rate limit exceeded",
        "error": "rate_limit_exceeded",
        "retry_after": 60,
        "errors": [{"message": "Rate limit exceeded"}],
    }
    assert headers_of(answers[3]) == HEADERS | {
        "retry-after": "60",
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "60",
    }


def test_the_rate_begins_anew_with_the_minute(post, twice_a_minute, frozen):
    frozen(NOW.replace(second=50))
    last = [post({"query": "{__typename}"}) for _ in range(3)][-1]
    assert (last.status_code, last["Retry-After"], last.json()["retry_after"]) == (429, "10", 10)
    frozen(NOW.replace(minute=1))
    assert post({"query": "{__typename}"}).status_code == 200


@pytest.mark.parametrize("body", [{"query": BROKEN}, {"query": ONE}, {}, b"{"])
def test_a_refused_request_does_not_count_for_the_key(post, twice_a_minute, body):
    told = [
        (answer.status_code == 429, answer["X-RateLimit-Remaining"])
        for answer in (post(body) for _ in range(3))
    ]
    assert told == [(False, "2")] * 3


def test_the_rate_comes_before_the_document(post, twice_a_minute):
    queries = ["{__typename}", "{__typename}", BROKEN]
    assert [post({"query": query}).status_code for query in queries] == [200, 200, 429]


def test_one_keys_rate_is_not_anothers(post, twice_a_minute, customer):
    for _ in range(3):
        post({"query": "{__typename}"})
    other = StorefrontKey.issue(customer.shop, name="other")[1]
    answer = post({"query": "{__typename}"}, **{"X-Storefront-Key": other})
    assert (answer.status_code, answer["X-RateLimit-Remaining"]) == (200, "599")


# --- The bearer, and the order of checks -------------------------------------------------------


def test_no_or_a_malformed_bearer_is_unauthenticated(graphql, customer):
    for authorization in (None, "", "Bearer", "Bearer 1|short", "Basic YTpi"):
        response = graphql(ONE, customer=customer, authorization=authorization)
        assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)


def test_a_bearer_with_a_wrong_secret_is_unauthenticated(graphql, customer):
    row, _bearer = CustomerToken.issue(customer, at=NOW)
    response = graphql(ONE, customer=customer, authorization=f"Bearer {row.pk}|{'x' * 43}")
    assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)


@pytest.mark.parametrize("ended", [{"expires_at": NOW}, {"revoked_at": NOW}], ids=str)
def test_an_ended_bearer_is_unauthenticated(graphql, customer, ended):
    row, bearer = CustomerToken.issue(customer, at=NOW)
    CustomerToken.objects.filter(pk=row.pk).update(**ended)
    response = graphql(ONE, customer=customer, authorization=f"Bearer {bearer}")
    assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)


def test_another_shops_bearer_is_unauthenticated(graphql, db):
    grant = GrantFactory()
    response = graphql(
        f'{{customerDownloadableProduct(id: "{grant.pk}") {{_id}}}}',
        customer=grant.order.customer,
        shop=ShopFactory(),
    )
    assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)


def test_the_list_needs_a_bearer_too(graphql, customer):
    response = graphql(
        "{customerDownloadableProducts {totalCount}}", customer=customer, authorization=None
    )
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "Unauthenticated. Please login to perform this action",
                "locations": [{"line": 1, "column": 2}],
                "path": ["customerDownloadableProducts"],
            }
        ],
        "data": {"customerDownloadableProducts": None},
    }


def test_the_document_comes_before_the_bearer(graphql, customer):
    response = graphql("{nothing}", customer=customer, authorization=None)
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "Cannot query field 'nothing' on type 'Query'.",
                "locations": [{"line": 1, "column": 2}],
            }
        ]
    }


def test_the_bearer_comes_before_the_id(graphql, customer):
    for identifier in ("", "nonsense", "7"):
        query = f'{{customerDownloadableProduct(id: "{identifier}") {{_id}}}}'
        response = graphql(query, customer=customer, authorization=None)
        assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)


def test_a_document_that_asks_nothing_of_anybody_needs_no_bearer(graphql, customer):
    response = graphql("{__typename}", customer=customer, authorization=None)
    assert (response.status_code, response.json()) == (200, ANSWERED)


def test_a_session_is_nobody(client, graphql, customer):
    client.force_login(User.objects.create_superuser("merchant"))
    response = graphql(ONE, customer=customer, authorization=None)
    assert (response.status_code, response.json()) == (200, UNAUTHENTICATED)
    assert not response.cookies


def test_no_answer_sets_a_cookie(graphql, customer):
    for headers in ({}, {"key": None}, {"key": "wrong"}, {"authorization": None}):
        for query in (ONE, BROKEN):
            assert not graphql(query, customer=customer, **headers).cookies
