"""What strangers send with a storefront's public key takes nothing from its customers."""

import json

import pytest

from downloads.tokens import make_token
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory

LIST = "/api/shop/customer-downloadable-products"
QUERY = "{ customerDownloadableProducts { totalCount } }"
STRANGER, SERVER = "203.0.113.66", "198.51.100.7"


@pytest.fixture(autouse=True)
def _at_noon(db, frozen):
    frozen(NOW)


@pytest.fixture
def customer():
    return CustomerFactory()


@pytest.fixture
def key(customer):
    return StorefrontKey.issue(customer.shop, name="page", rate_per_minute=600)[1]


@pytest.fixture
def bearer(customer):
    return CustomerToken.issue(customer, at=NOW)[1]


@pytest.fixture
def ask(client, key):
    """Return a function that asks face B, in GraphQL or in REST, and returns the answer."""

    def send(*, by, bearer="", address=SERVER, body=None):
        sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}
        if by == "REST":
            return client.get(LIST, headers=sent, REMOTE_ADDR=address)
        body = json.dumps({"query": QUERY}) if body is None else body
        given = {"content_type": "application/json", "headers": sent, "REMOTE_ADDR": address}
        return client.post("/api/graphql", body, **given)

    return send


def told(answer):
    """Return the status as REST has it."""
    body = answer.json()
    is_unknown = "errors" in body and body["errors"][0]["message"].startswith("Unauthenticated")
    return 401 if answer.status_code == 200 and is_unknown else answer.status_code


BY = pytest.mark.parametrize("by", ["GraphQL", "REST"])
JUNK = {
    "no bearer": {},
    "a bearer of nobody's": {"bearer": f"1|{make_token()}"},
    "a bearer mistyped": {"bearer": f"1|{'x' * CustomerToken.SECRET_LENGTH}"},
    "no JSON": {"body": "{"},
    "no document": {"body": json.dumps({"query": "{"})},
    "an unknown field": {"body": json.dumps({"query": "{ nothing }"})},
    "too many roots": {"body": json.dumps({"query": "{" + " a: __typename" * 30 + "}"})},
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_of_one_address_is_bounded_there_and_takes_nothing(ask, bearer, junk):
    statuses = [ask(by="GraphQL", address=STRANGER, **junk).status_code for _ in range(100)]
    assert statuses[:60].count(429) == 0
    assert statuses[60:] == [429] * 40
    good = ask(by="GraphQL", bearer=bearer)
    assert (good.status_code, good["X-RateLimit-Remaining"]) == (200, "599")


@BY
def test_a_storefronts_server_asks_600_times_a_minute_from_one_address(ask, bearer, by):
    answers = [ask(by=by, bearer=bearer).status_code for _ in range(601)]
    assert answers == [200] * 600 + [429]


@BY
def test_who_is_signed_in_is_served_beside_junk_of_the_same_address(ask, bearer, by):
    junk = [told(ask(by=by, bearer=f"1|{make_token()}", address=SERVER)) for _ in range(70)]
    assert junk == [401] * 60 + [429] * 10
    assert [ask(by=by, bearer=bearer).status_code for _ in range(20)] == [200] * 20


@BY
@pytest.mark.parametrize("junk", ["", f"1|{'x' * CustomerToken.SECRET_LENGTH}", "nothing"])
def test_junk_past_the_limit_costs_no_query(ask, by, junk, django_assert_num_queries):
    for _ in range(60):
        ask(by=by, bearer=junk, address=STRANGER)
    with django_assert_num_queries(0):
        refused = ask(by=by, bearer=junk, address=STRANGER)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("60", "0")


@BY
def test_the_setting_says_how_many(ask, by, settings):
    settings.KEY_REFUSALS_PER_MINUTE = 2
    assert [told(ask(by=by)) for _ in range(4)] == [401, 401, 429, 429]


@BY
def test_a_bearer_that_was_not_copied_whole_is_looked_up_nowhere(
    ask, by, bearer, django_assert_num_queries
):
    ask(by=by, bearer=bearer)
    # The key's own.
    with django_assert_num_queries(1):
        assert told(ask(by=by, bearer=bearer[:-1] + ("a" if bearer[-1] != "a" else "b"))) == 401


@BY
def test_a_bearer_from_before_checksums_works_until_its_end(ask, by, customer):
    bearer = CustomerToken.issue(customer, at=NOW, secret=make_token())[1]
    assert ask(by=by, bearer=bearer).status_code == 200
