"""What strangers send with a storefront's public key takes nothing from its customers."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from downloads.tokens import make_token, with_checksum
from storefront.http.errors import RateExceeded
from storefront.http.refusal_counts import Refusals
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


@pytest.mark.slow
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_of_one_address_is_bounded_there_and_takes_nothing(ask, bearer, junk, settings):
    settings.KEY_REFUSALS_PER_MINUTE = 6
    statuses = [ask(by="GraphQL", address=STRANGER, **junk).status_code for _ in range(9)]
    assert [status == 429 for status in statuses] == [False] * 6 + [True] * 3
    good = ask(by="GraphQL", bearer=bearer)
    assert (good.status_code, good["X-RateLimit-Remaining"]) == (200, "599")


LOGIN = """mutation { createCustomerLogin(input: {email: "ada@example.com", password: "x"}) {
  customerLogin { success } } }"""
VERIFY = "mutation { createVerifyToken(input: {}) { verifyToken { isValid } } }"
FORGOTTEN = """mutation { createForgotPassword(input: {email: "ada@example.com"}) {
  forgotPassword { success } } }"""
HASH = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a" * 64}}}
NOT_GIVEN = "query ($id: ID!) { customerDownloadableProduct(id: $id) { id } }"
STRANGE = {
    "nothing of anybody's": {"query": "{ __typename }"},
    "that, and something": {"query": QUERY.replace("{", "{ __typename", 1)},
    "a wrong password": {"query": LOGIN},
    "a new password": {"query": FORGOTTEN},
    "who is signed in": {"query": VERIFY},
    "a hash alone": HASH,
    "two operations": {"query": "query a { __typename } query b { __typename }"},
    "a variable left out": {"query": NOT_GIVEN, "variables": {}},
}
FORGED = f"1|{with_checksum(make_token())}"


@pytest.mark.slow
@pytest.mark.parametrize("bearer_sent", ["", FORGED], ids=["no bearer", "a forged one"])
@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_what_a_stranger_may_ask_takes_nothing(ask, bearer, strange, bearer_sent):
    StorefrontKey.objects.update(rate_per_minute=2)
    body = json.dumps(strange)
    for _ in range(4):
        ask(by="GraphQL", address=STRANGER, bearer=bearer_sent, body=body)
    good = ask(by="GraphQL", bearer=bearer)
    assert (good.status_code, good["X-RateLimit-Remaining"]) == (200, "1")


@pytest.mark.slow
@pytest.mark.parametrize("bearer_sent", ["", FORGED], ids=["no bearer", "a forged one"])
@pytest.mark.parametrize("path", [LIST, f"{LIST}/7", f"{LIST}/7/download", f"{LIST}?page=x"])
def test_no_method_of_a_stranger_takes_anything(client, ask, key, bearer, path, bearer_sent):
    StorefrontKey.objects.update(rate_per_minute=8)
    sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer_sent}"}
    for left, method in enumerate(("HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")):
        client.generic(method, path, headers=sent, REMOTE_ADDR=STRANGER)
        good = ask(by="REST", bearer=bearer)
        assert (good.status_code, good["X-RateLimit-Remaining"]) == (200, str(7 - left)), method


def test_who_is_not_signed_in_has_the_keys_rate_at_each_address(ask):
    StorefrontKey.objects.update(rate_per_minute=2)
    body = json.dumps({"query": "{ __typename }"})
    told = [ask(by="GraphQL", address=STRANGER, body=body) for _ in range(3)]
    shown = [(answer.status_code, answer["X-RateLimit-Remaining"]) for answer in told]
    assert shown == [(200, "1"), (200, "0"), (429, "0")]
    assert ask(by="GraphQL", body=body).status_code == 200


@BY
def test_a_key_shown_on_another_site_is_refused_at_no_cost(
    client, key, by, settings, django_assert_num_queries
):
    settings.KEY_REFUSALS_PER_MINUTE = 2
    StorefrontKey.objects.update(allowed_origins="https://shop.example")
    sent = {"X-Storefront-Key": key, "Origin": "https://other.example"}

    def status():
        if by == "REST":
            return client.get(LIST, headers=sent, REMOTE_ADDR=STRANGER).status_code
        return client.post(
            "/api/graphql", "{", "application/json", headers=sent, REMOTE_ADDR=STRANGER
        ).status_code

    assert [status(), status()] == [403, 403]
    with django_assert_num_queries(0):
        assert status() == 429


def test_signing_in_and_out_beside_an_ended_bearer_is_no_refusal(ask, customer, settings):
    settings.KEY_REFUSALS_PER_MINUTE = 1
    out = json.dumps({"query": "mutation { createLogout(input: {}) { logout { success } } }"})
    for _ in range(3):
        own = CustomerToken.issue(customer, at=NOW)[1]
        assert ask(by="GraphQL", bearer=own, body=out).status_code == 200


def test_of_many_refused_at_once_the_limit_is_answered(rf, settings):
    settings.KEY_REFUSALS_PER_MINUTE = 20

    def note(_number):
        try:
            Refusals(rf.get("/", REMOTE_ADDR=STRANGER), "pk", at=NOW).note()
        except RateExceeded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(note, range(100))) == 20


@pytest.mark.slow
@BY
def test_a_storefronts_server_asks_as_often_as_its_key_allows_from_one_address(
    ask, bearer, by, settings
):
    settings.KEY_REFUSALS_PER_MINUTE = 3  # another count, and lower
    StorefrontKey.objects.update(rate_per_minute=6)
    assert [ask(by=by, bearer=bearer).status_code for _ in range(7)] == [200] * 6 + [429]


@pytest.mark.slow
@BY
def test_who_is_signed_in_is_served_beside_junk_of_the_same_address(ask, bearer, by, settings):
    settings.KEY_REFUSALS_PER_MINUTE = 6
    junk = [told(ask(by=by, bearer=f"1|{make_token()}", address=SERVER)) for _ in range(9)]
    assert junk == [401] * 6 + [429] * 3
    assert [ask(by=by, bearer=bearer).status_code for _ in range(3)] == [200] * 3


@pytest.mark.slow
@BY
@pytest.mark.parametrize("junk", ["", f"1|{'x' * CustomerToken.SECRET_LENGTH}", "nothing"])
def test_junk_past_the_limit_costs_no_query(ask, by, junk, settings, django_assert_num_queries):
    assert settings.KEY_REFUSALS_PER_MINUTE == 60
    settings.KEY_REFUSALS_PER_MINUTE = 6
    for _ in range(6):
        ask(by=by, bearer=junk, address=STRANGER)
    with django_assert_num_queries(0):
        refused = ask(by=by, bearer=junk, address=STRANGER)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("6", "0")


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
