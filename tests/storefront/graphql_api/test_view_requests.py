"""What is sent to face B, and what becomes of a fault."""

import logging

import graphene
import pytest

from downloads.errors import BadInput
from storefront.graphql_api.view import StorefrontGraphQL
from tests.factories import GrantFactory
from tests.storefront.conftest import (
    EXPOSED,
    FACE_B,
    PRIVATE,
    counted,
    headers_of,
)

ANSWERED = {"data": {"__typename": "Query"}}
HEADERS = PRIVATE | {"content-type": "application/json", "vary": "Origin, Accept"}


TOO_LARGE = (413, {"errors": [{"message": "The request is too large."}]})


def answer_of(response):
    return response.status_code, response.json()


def refused(message):
    return {"errors": [{"message": message}]}


def test_only_post_is_answered(client, key):
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        headers = {"X-Storefront-Key": key[1]}
        response = client.generic(
            method, FACE_B, QUERY_STRING="query={__typename}", headers=headers
        )
        body = b'{"errors": [{"message": "Send the query with POST."}]}'
        assert (response.status_code, response.content) == (405, b"" if method == "HEAD" else body)
        assert headers_of(response) == HEADERS | {"allow": "POST, OPTIONS"}


NOT_JSON = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/graphql",
    "application/json-patch+json",
    "",
]


def test_only_json_is_read(post):
    for content_type in NOT_JSON:
        response = post(b"query={__typename}", content_type)
        assert response.status_code == 415
        assert response.json() == refused("Send the query with Content-Type: application/json.")


def test_json_may_name_its_alphabet(post):
    response = post(b'{"query": "{__typename}"}', "application/json; charset=utf-8")
    assert (response.status_code, response.json()) == (200, ANSWERED)


ONE_OBJECT = "Send one JSON object with a query; batches are not answered."
UNREADABLE = {
    "no JSON": (b"{", "The request is no valid JSON."),
    "a space": (b" ", "The request is no valid JSON."),
    "a batch": (b'[{"query": "{__typename}"}]', ONE_OBJECT),
    "null": (b"null", ONE_OBJECT),
    "no query": (b"{}", "Must provide query string."),
    "an empty query": (b'{"query": ""}', "Must provide query string."),
    "a number for a query": (b'{"query": 5}', "Must provide query string."),
    "a list of variables": (
        b'{"query": "{__typename}", "variables": [1]}',
        "Variables must be an object.",
    ),
    "deep lists": (b"[" * 32_000, "The request is nested too deeply."),
    "deep variables": (
        b'{"query": "{__typename}", "variables": {"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}}",
        "The request is nested too deeply.",
    ),
    "half a character": (
        b'{"query": "{__typename}", "variables": {"a": "\\ud800"}}',
        "The request is not UTF-8 text.",
    ),
    "no text": (b'{"query": "{\xff}"}', "The request is not UTF-8 text."),
    "no number": (
        b'{"query": "{__typename}", "variables": {"a": NaN}}',
        "The request is no valid JSON.",
    ),
    "a number for a name": (
        b'{"query": "{__typename}", "operationName": 1}',
        "The operation name must be a string.",
    ),
    "a text for extensions": (
        b'{"query": "{__typename}", "extensions": "x"}',
        "Extensions must be an object.",
    ),
}


def test_an_unreadable_body_is_400(post):
    answers = {name: post(body) for name, (body, _message) in UNREADABLE.items()}
    assert {name: (answer.status_code, answer.json()) for name, answer in answers.items()} == {
        name: (400, refused(message)) for name, (_body, message) in UNREADABLE.items()
    }


def test_a_body_may_have_32_kib_and_no_more(post):
    def body(size):
        return b'{"query": "{__typename}", "variables": {"a": "%s"}}' % (b"x" * (size - 49))

    assert (len(body(32_768)), post(body(32_768)).json()) == (32_768, ANSWERED)
    for size in (32_769, 100_000):
        response = post(body(size))
        assert (response.status_code, response.json()) == (
            413,
            refused("The request is too large."),
        )


def test_a_hundred_thousand_brackets_are_not_even_read(post):
    for brackets in (b"[", b'{"a":'):
        response = post(brackets * 100_000)
        assert (response.status_code, response.json()) == (
            413,
            refused("The request is too large."),
        )


def test_the_smaller_of_both_limits_holds(post, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = post({"query": "{__typename}" + " " * 100})
    assert answer_of(response) == TOO_LARGE


def test_a_deep_document_is_no_fault(post):
    response = post({"query": "{a" * 450})
    assert response.status_code == 200
    assert [error["message"][:12] for error in response.json()["errors"]] == ["Syntax Error"]


def test_a_preflight_is_answered_for_every_origin(client):
    response = client.options(
        FACE_B,
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type,x-storefront-key",
        },
    )
    assert (response.status_code, response.content) == (200, b"")
    headers = headers_of(response)
    assert {name: headers[name] for name in headers if name.startswith("access-control")} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
        "access-control-allow-headers": "authorization, content-type, x-storefront-key",
        "access-control-expose-headers": EXPOSED,
        "access-control-max-age": "86400",
    }


@pytest.mark.parametrize("key_sent", [{}, {"X-Storefront-Key": ""}], ids=["answer", "refusal"])
def test_a_script_of_any_origin_may_read_the_answer(post, key_sent):
    response = post({"query": "{__typename}"}, Origin="https://shop.example", **key_sent)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Expose-Headers"] == EXPOSED
    assert "Access-Control-Allow-Credentials" not in response


# --- Faults ------------------------------------------------------------------------------------


class Faulty(graphene.ObjectType):
    """A schema whose resolvers fail, each in its own way."""

    ours = graphene.String()
    spoken = graphene.String()
    too_large = graphene.Int()

    @staticmethod
    def resolve_ours(root, info):
        raise RuntimeError("postgres://user:secret@db/x")

    @staticmethod
    def resolve_spoken(root, info):
        raise BadInput("Enter a smaller number.")

    @staticmethod
    def resolve_too_large(root, info):
        return 2**31


@pytest.fixture
def ask_faulty(rf, key):
    """Return a function that asks a schema whose resolvers fail."""
    view = StorefrontGraphQL.as_view(schema=graphene.Schema(query=Faulty))

    def ask(query):
        headers = {"X-Storefront-Key": key[1]}
        request = rf.post(
            FACE_B, {"query": query}, content_type="application/json", headers=headers
        )
        return view(request)

    return ask


def test_a_fault_of_ours_is_masked_and_logged(ask_faulty, caplog):
    response = ask_faulty("{ours}")
    assert response.status_code == 200
    assert response.content == (
        b'{"errors":[{"message":"Something went wrong on our side. Please try again.",'
        b'"locations":[{"line":1,"column":2}],"path":["ours"]}],"data":{"ours":null}}'
    )
    [record] = caplog.records
    assert (record.name, record.levelno) == ("storefront.graphql_api.view", logging.ERROR)
    assert "postgres://user:secret@db/x" in caplog.text


def test_a_domain_error_is_told_as_it_is(ask_faulty, caplog):
    response = ask_faulty("{spoken}")
    assert response.content == (
        b'{"errors":[{"message":"Enter a smaller number.",'
        b'"locations":[{"line":1,"column":2}],"path":["spoken"]}],"data":{"spoken":null}}'
    )
    assert caplog.records == []


def test_one_fault_leaves_its_neighbours_standing(ask_faulty):
    response = ask_faulty("{__typename ours}")
    assert b'"data":{"__typename":"Faulty","ours":null}' in response.content


def test_asking_moves_nothing(graphql, db):
    grant = GrantFactory()
    before = counted()
    for identifier in (grant.pk, grant.pk + 1, "nonsense"):
        query = f'{{customerDownloadableProduct(id: "{identifier}") {{_id downloadUrl}}}}'
        assert graphql(query, customer=grant.order.customer).status_code == 200
    assert counted() == before
