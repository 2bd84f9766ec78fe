"""How face B is asked, by the GraphQL-over-HTTP specification: types, statuses, GET, forms."""

import json
import subprocess
import sys

import pytest

from storefront.models import StorefrontKey
from tests.storefront.conftest import FACE_B

JSON = "application/json; charset=utf-8"
GRAPHQL_JSON = "application/graphql-response+json; charset=utf-8"
ANSWERED = {"data": {"__typename": "Query"}}
LOGOUT = "mutation {createLogout(input: {}) {logout {success}}}"
ACCEPTED = {
    None: JSON,
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    "text/html": JSON,
    "application/json": JSON,
    "application/json; charset=utf-8": JSON,
    "application/graphql-response+json": GRAPHQL_JSON,
    "application/graphql-response+json; charset=utf-8": GRAPHQL_JSON,
    "application/graphql-response+json, application/json;q=0.9": GRAPHQL_JSON,
    "application/json, application/graphql-response+json": GRAPHQL_JSON,
    "application/json, application/graphql-response+json;q=0.9": JSON,
    "application/graphql-response+json;q=0, */*": JSON,
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed": GRAPHQL_JSON,
}


@pytest.mark.parametrize(("accept", "content_type"), ACCEPTED.items())
def test_a_client_has_the_media_type_it_names(post, accept, content_type):
    response = post({"query": "{__typename}"}, **({} if accept is None else {"Accept": accept}))
    assert (response.status_code, response.json()) == (200, ANSWERED)
    assert (response["Content-Type"], response["Vary"]) == (content_type, "Origin, Accept")


SIXTEEN_ALIASES = " ".join(f"a{n}: __typename" for n in range(16))
FAULTY_DOCUMENTS = {
    "broken": {"query": "{"},
    "untrue": {"query": "{nothing}"},
    "too much": {"query": f"{{{SIXTEEN_ALIASES}}}"},
    "a variable of another type": {
        "query": "query ($id: ID!) {customerDownloadableProduct(id: $id) {_id}}",
        "variables": {"id": None},
    },
    "no such operation": {"query": "query A {__typename}", "operationName": "B"},
    "which operation": {"query": "query A {__typename} query B {__typename}"},
}


@pytest.mark.parametrize("asked", FAULTY_DOCUMENTS.values(), ids=FAULTY_DOCUMENTS)
def test_a_document_refused_is_400_to_whom_that_tells_something(post, asked):
    told = post(asked, Accept="application/graphql-response+json")
    untold = post(asked, Accept="application/json")
    assert (told.status_code, told["Content-Type"]) == (400, GRAPHQL_JSON)
    assert (untold.status_code, untold["Content-Type"]) == (200, JSON)
    assert told.content == untold.content
    assert set(told.json()) == {"errors"}


def test_a_request_refused_has_one_status_for_all(post):
    for accept in ("application/json", "application/graphql-response+json"):
        response = post(b"{", Accept=accept)
        assert (response.status_code, response["Content-Type"].partition(";")[0]) == (400, accept)


def test_a_field_that_fails_is_no_failure_of_the_request(post):
    response = post(
        {"query": '{customerDownloadableProduct(id: "7") {_id}}'},
        Accept="application/graphql-response+json",
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"customerDownloadableProduct": None}


def test_the_address_is_not_believed_beside_the_body(client, key):
    response = client.post(
        FACE_B,
        {"query": "{__typename}"},
        content_type="application/json",
        headers={"X-Storefront-Key": key[1]},
        QUERY_STRING="query={nothing}&variables=x&operationName=y&pretty=1",
    )
    assert response.content == b'{"data":{"__typename":"Query"}}'


# --- GET and forms -----------------------------------------------------------------------------


@pytest.fixture
def get(client, key):
    """Return a function that asks by GET with a good key."""

    def send(**asked):
        return client.get(FACE_B, asked, headers={"X-Storefront-Key": key[1]})

    return send


def test_a_query_may_come_by_get_where_the_settings_say_so(get, settings):
    settings.GRAPHQL_ALLOW_GET = True
    asked = {
        "query": "query A($yes: Boolean!) {__typename @include(if: $yes)} query B {__typename}",
        "operationName": "A",
    }
    for extensions in ("", "{}"):
        response = get(variables='{"yes": true}', extensions=extensions, **asked)
        assert (response.status_code, response.json()) == (200, ANSWERED)


def test_nothing_is_changed_by_get(get, settings):
    settings.GRAPHQL_ALLOW_GET = True
    response = get(query=LOGOUT)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert response.json() == {"errors": [{"message": "Send a mutation with POST."}]}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "Must provide query string."),
        ({"query": "{__typename}", "variables": "{"}, "Variables are no valid JSON."),
        ({"query": "{__typename}", "variables": "[1]"}, "Variables must be an object."),
        ({"query": "{__typename}", "extensions": "1"}, "Extensions must be an object."),
        (
            {"query": f"{{customerDownloadableProducts(first: {'9' * 5000}){{totalCount}}}}"},
            "The document holds a number that is too long.",
        ),
    ],
)
def test_an_unreadable_address_is_400(get, settings, asked, message):
    settings.GRAPHQL_ALLOW_GET = True
    response = get(**asked)
    assert (response.status_code, response.json()) == (400, {"errors": [{"message": message}]})


def test_by_get_the_key_comes_first_too(client, db, settings):
    settings.GRAPHQL_ALLOW_GET = True
    assert client.get(FACE_B, {"query": "{__typename}"}).status_code == 401


@pytest.mark.parametrize("is_multipart", [False, True])
def test_a_form_is_read_where_the_settings_say_so(client, key, settings, is_multipart):
    settings.GRAPHQL_ALLOW_FORMS = True
    fields = {
        "query": "query ($a: Boolean!) {__typename @skip(if: $a)}",
        "variables": '{"a":false}',
    }
    body = {} if is_multipart else {"content_type": "application/x-www-form-urlencoded"}
    said = fields if is_multipart else "query={__typename}"
    response = client.post(FACE_B, said, headers={"X-Storefront-Key": key[1]}, **body)
    assert (response.status_code, response.json()) == (200, ANSWERED)


# --- Sites -------------------------------------------------------------------------------------


def test_a_key_for_other_sites_is_403(post, key):
    StorefrontKey.objects.filter(pk=key[0].pk).update(allowed_origins="https://shop.example")
    response = post({"query": "{__typename}"}, Origin="https://other.example")
    message = "This API key may not be used from this site"
    assert (response.status_code, response.json()) == (
        403,
        {
            "message": message,
            "error": "origin_not_allowed",
            "errors": [{"message": message, "extensions": {"code": "FORBIDDEN"}}],
        },
    )
    for origin in ({}, {"Origin": "https://shop.example"}):
        assert post({"query": "{__typename}"}, **origin).json() == ANSWERED


# --- What is told ------------------------------------------------------------------------------

HINTED = {
    "{customerDownloadableProducs {totalCount}}": (
        "Cannot query field 'customerDownloadableProducs' on type 'Query'.",
        " Did you mean 'customerDownloadableProduct' or 'customerDownloadableProducts'?",
    ),
    'mutation {createLogout(input: {clientMutationI: "1"}) {clientMutationId}}': (
        "Field 'clientMutationI' is not defined by type 'createLogoutInput'.",
        " Did you mean 'clientMutationId'?",
    ),
    "mutation ($input: CreateLogoutInput!) {createLogout(input: $input) {clientMutationId}}": (
        "Variable '$input' got an invalid value; "
        "Field 'clientMutationI' is not defined by type 'createLogoutInput'.",
        " Did you mean 'clientMutationId'?",
    ),
}


@pytest.mark.parametrize("hints", [False, True])
@pytest.mark.parametrize("query", HINTED)
def test_hints_are_given_where_the_settings_say_so(post, settings, query, hints):
    settings.GRAPHQL_HINTS = hints
    response = post({"query": query, "variables": {"input": {"clientMutationI": "1"}}})
    error, hint = HINTED[query]
    assert [told["message"] for told in response.json()["errors"]] == [
        error + (hint if hints else "")
    ]


@pytest.mark.slow
def test_hints_are_off_in_production(monkeypatch):
    monkeypatch.setenv("PRODUCTION", "true")
    asked = [sys.executable, "-c", "from config import settings; print(settings.GRAPHQL_HINTS)"]
    printed = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout == "False\n"


SIGN_IN = (
    "mutation ($input: CreateCustomerLoginInput!) "
    "{createCustomerLogin(input: $input) {customerLogin {success}}}"
)
WRONG = {
    "one too many": (
        {"email": "a@b.example", "password": "open; sesame", "again": "'; x"},
        "Variable '$input' got an invalid value; Field 'again' is not defined by type "
        "'createCustomerLoginInput'.",
    ),
    "one too few": (
        {"password": "open; sesame"},
        "Variable '$input' got an invalid value; Field 'email' of required type 'String!' "
        "was not provided.",
    ),
    "a number": (
        {"email": "a@b.example", "password": 12345678},
        "Variable '$input' got an invalid value at 'input.password'; "
        "String cannot represent a non string value",
    ),
    "a list": (
        {"email": "a@b.example", "password": ["secret; x"]},
        "Variable '$input' got an invalid value at 'input.password'; "
        "String cannot represent a non string value",
    ),
    "null": (
        {"email": None, "password": "open; sesame"},
        "Variable '$input' got an invalid value at 'input.email'; Expected non-nullable type "
        "'String!' not to be None.",
    ),
}


@pytest.mark.parametrize(("entered", "message"), WRONG.values(), ids=WRONG)
def test_what_was_entered_is_not_repeated_in_an_error(post, settings, entered, message):
    settings.GRAPHQL_HINTS = False
    response = post({"query": SIGN_IN, "variables": {"input": entered}})
    assert [error["message"] for error in response.json()["errors"]] == [message]


def test_a_value_in_the_document_is_not_repeated_either(post):
    query = 'mutation {createCustomerLogin(input: {email: "a", password: 867}) {clientMutationId}}'
    assert [error["message"] for error in post({"query": query}).json()["errors"]] == [
        "String cannot represent a non string value"
    ]


def test_a_body_in_chunks_is_told_to_name_its_length(client, key):
    told = "Send the request with its Content-Length, not in chunks."
    sent = {"X-Storefront-Key": key[1], "Transfer-Encoding": "chunked"}
    response = client.generic("POST", FACE_B, headers=sent)
    assert (response.status_code, response.json()) == (411, {"errors": [{"message": told}]})


def test_not_even_a_broken_cookie_is_answered_with_one(client, key):
    client.cookies["csrftoken"] = "x"
    client.cookies["sessionid"] = "x"
    for path in (FACE_B, "/api/schema/", "/orders/unknown"):
        assert not client.post(path, headers={"X-Storefront-Key": key[1]}).cookies
        assert not client.get(path).cookies


# --- Ids of requests ---------------------------------------------------------------------------


def test_a_request_has_an_id_that_its_log_lines_bear(client, db, logged):
    response = client.get("/orders/unknown")
    request_id = response["X-Request-ID"]
    assert len(request_id) == 32
    assert [line.split(" ")[3] for line in logged()] == [request_id] * 2


def test_a_callers_own_id_is_kept_where_it_is_one(client, db):
    own = "0b7f7e0c6a704b559d330c5b2ff0a1de"
    for sent, is_kept in ((own, True), ("x\nERROR forged", False), ("1" * 2_000, False)):
        got = client.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
        assert (got == sent, len(got)) == (is_kept, 32)


# --- A query that is named and not sent --------------------------------------------------------

HASH = {"version": 1, "sha256Hash": "f" * 64}
NOT_SUPPORTED = {
    "message": "PersistedQueryNotSupported",
    "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
}
BY_HASH = {
    "Apollo Client": {
        "operationName": "A",
        "variables": {},
        "extensions": {"persistedQuery": HASH},
    },
    "Apollo Client with its name": {
        "operationName": "A",
        "variables": {"id": "7"},
        "extensions": {"clientLibrary": {"name": "@apollo/client"}, "persistedQuery": HASH},
    },
    "urql": {"query": "", "extensions": {"persistedQuery": HASH | {"miss": True}}},
    "Relay": {"query": None, "id": "x", "extensions": {"persistedQuery": HASH}},
    "no name": {"operationName": None, "variables": None, "extensions": {"persistedQuery": {}}},
}


@pytest.mark.parametrize("asked", BY_HASH.values(), ids=BY_HASH)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_hash_without_its_query_is_told_to_send_it(post, asked, accept):
    response = post(asked, Accept=accept)
    assert (response.status_code, response.json()) == (200, {"errors": [NOT_SUPPORTED]})
    assert response["Content-Type"] == f"{accept}; charset=utf-8"
    assert response["X-RateLimit-Remaining"] == "599"


def test_the_key_and_its_rate_come_before_a_hash(post, key):
    asked = BY_HASH["Apollo Client"]
    assert post(asked, **{"X-Storefront-Key": "wrong"}).status_code == 401
    StorefrontKey.objects.filter(pk=key[0].pk).update(rate_per_minute=1)
    assert [post(asked).status_code for _ in range(2)] == [200, 429]


BY_ADDRESS = {
    "operationName": "A",
    "variables": "{}",
    "extensions": json.dumps({"persistedQuery": HASH}),
}


def test_a_hash_may_come_by_get_where_the_settings_say_so(get, settings):
    settings.GRAPHQL_ALLOW_GET = True
    response = get(**BY_ADDRESS)
    assert (response.status_code, response.json()) == (200, {"errors": [NOT_SUPPORTED]})


def test_where_they_do_not_a_hash_by_get_still_learns_to_send_the_query(get):
    response = get(**BY_ADDRESS)
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert response.json() == {"errors": [{"message": "Send the query with POST."}, NOT_SUPPORTED]}
    for asked in (
        BY_ADDRESS | {"query": "{__typename}"},
        {"extensions": "{"},
        {"extensions": "[" * 3000},
        {"extensions": '{"persistedQuery": null}'},
        {},
    ):
        assert get(**asked).json() == {"errors": [{"message": "Send the query with POST."}]}


WITH_QUERY = {
    "a hash": {"extensions": {"persistedQuery": HASH}},
    "tracing": {"extensions": {"tracing": {}, "clientLibrary": {"name": "a", "version": "1"}}},
    "no extensions": {"extensions": None, "variables": None, "operationName": None},
    "an empty name": {"operationName": ""},
    "words of its own": {"key": 1, "context": {"a": []}, "__typename": "Query"},
    "a document's name": {"id": "A", "documentId": "sha256:abc", "doc_id": 7},
}


@pytest.mark.parametrize("more", WITH_QUERY.values(), ids=WITH_QUERY)
def test_a_query_that_is_sent_is_answered_whatever_is_beside_it(post, more):
    response = post({"query": "query A {__typename}"} | more)
    assert (response.status_code, response.json()) == (200, ANSWERED)


@pytest.mark.parametrize("name", ["documentId", "id", "doc_id", "queryId", "operationId", "hash"])
def test_a_stored_document_is_not_known_here(post, name):
    response = post({name: "abc", "variables": {}, "extensions": {"persistedQuery": None}})
    message = f'Must provide query string. No documents are stored here that "{name}" could name.'
    assert (response.status_code, response.json()) == (400, {"errors": [{"message": message}]})
