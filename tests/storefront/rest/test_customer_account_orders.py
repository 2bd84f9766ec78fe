"""The door of face A."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client

from downloads import fulfilment
from downloads.tokens import hash_token
from tests.conftest import CONTRACTS
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory, make_file_grant
from tests.round_trips import counted_round_trips
from tests.storefront.conftest import (
    EXPOSED,
    FACE_A,
    POLICY,
    PRIVATE,
    TOKEN,
    counted,
    headers_of,
    policy_of,
)

NOT_FOUND = {"message": "No order matches this link."}
PLAN_REQUIRED = {
    "message": "Customer-account download links need the Premium plan. Upgrade to enable them."
}
HEADERS = PRIVATE | {
    "content-type": "application/json",
    "allow": "GET, HEAD, OPTIONS",
    "access-control-allow-origin": "*",
    "vary": "Origin, Accept",
}
BY_LANGUAGE = {"vary": "Origin, Accept, Accept-Language"}
# What is told in the caller's language: the shop has no heading of its own, the token is unknown.
TOLD_OF = {200: BY_LANGUAGE, 404: BY_LANGUAGE | {"content-language": "en"}}
ORIGIN = {"origin": "https://shop.example"}


@pytest.fixture
def basic_order(db):
    return OrderFactory(token=TOKEN, shop__plan_id="basic")


def test_the_answer_is_the_documents_own(client, document_order):
    expected = json.loads((CONTRACTS / "customer-account-orders.200.json").read_text())
    body = client.get(FACE_A, {"id": TOKEN}).json()
    line = document_order.lines.get()
    expected_line = expected["order"]["lines"][0]
    expected_line["product"]["id"] = str(line.product_id)
    expected_line["assets"][0]["data"]["id"] = str(document_order.grants.get().asset_id)
    assert body == expected
    # The same keys in the same order, too.
    assert json.dumps(body) == json.dumps(expected)


def test_three_queries_whatever_the_size(client, document_order, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get(FACE_A, {"id": TOKEN})
    for _ in range(5):
        line = LineFactory(order=document_order)
        for _ in range(3):
            AttachmentFactory(product=line.product)
    fulfilment.settle(document_order, at=NOW)
    with django_assert_num_queries(3):
        body = client.get(FACE_A, {"id": TOKEN}).json()
    assert [len(line["assets"]) for line in body["order"]["lines"]] == [1, 3, 3, 3, 3, 3]


def test_one_round_trip_whatever_the_answer(client, document_order):
    for token in (TOKEN, "f" * 32):
        with counted_round_trips() as trips:
            client.get(FACE_A, {"id": token})
        assert trips.count == 1


def test_a_plan_without_the_feature_is_402_and_tells_nothing(client, db):
    for plan in ("free", "basic", "growth"):
        OrderFactory(token=TOKEN + plan, shop__plan_id=plan)
        response = client.get(FACE_A, {"id": TOKEN + plan})
        assert (response.status_code, response.json()) == (402, PLAN_REQUIRED)


def test_an_unknown_token_never_learns_a_plan(client, basic_order):
    response = client.get(FACE_A, {"id": "f" * 32})
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


QUERIES = {
    "none": "",
    "another name": f"?token={TOKEN}",
    "empty": "?id=",
    "short": f"?id={TOKEN[:15]}",
    "unknown": f"?id={'f' * 32}",
    "cut by one": f"?id={TOKEN[:-1]}",
    "longer by one": f"?id={TOKEN}0",
    "upper case": f"?id={TOKEN.upper()}",
    "in spaces": f"?id=%20{TOKEN}%20",
    "repeated": f"?id={TOKEN}&id={TOKEN}",
    "repeated, empty": f"?id={TOKEN}&id=",
    "a list": f"?id[]={TOKEN}",
    "malformed UTF-8": "?id=%ff%fe" + "a" * 32,
    "half a surrogate": "?id=%ed%a0%80" + "a" * 32,
    "NUL": f"?id={TOKEN}%00",
    "2,000 characters": "?id=" + "a" * 2000,
}


def test_every_wrong_token_is_the_same_404(client, document_order):
    answers = {name: client.get(FACE_A + query) for name, query in QUERIES.items()}
    not_found = 404, json.dumps(NOT_FOUND, separators=(",", ":")).encode(), HEADERS | TOLD_OF[404]
    assert {
        name: (answer.status_code, answer.content, headers_of(answer))
        for name, answer in answers.items()
    } == dict.fromkeys(QUERIES, not_found)


def test_the_stored_hash_opens_nothing(client, document_order):
    response = client.get(FACE_A, {"id": document_order.token_hash})
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_an_order_without_a_token_has_no_token_that_opens_it(client, db):
    assert OrderFactory(token=None).token_hash is None
    for query in ("", "?id=", "?id=None", "?id=null", "?id=%00"):
        response = client.get(FACE_A + query)
        assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_a_token_that_can_be_guessed_opens_nothing_even_where_one_is_stored(client, db):
    for token in (" ", "1050", "f" * 15):
        OrderFactory(token=token)
        response = client.get(FACE_A, {"id": token})
        assert (response.status_code, response.json()) == (404, NOT_FOUND)
    OrderFactory(token_hash=hash_token(""))
    for query in ("", "?id="):
        assert client.get(FACE_A + query).status_code == 404


def test_the_answer_is_json_whatever_is_accepted(client, document_order):
    for accept in ("text/html", "application/xml", "image/*;q=0.1", "nonsense"):
        response = client.get(FACE_A, {"id": TOKEN}, headers={"accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_only_get_head_and_options_are_allowed(client, document_order):
    before = counted()
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        response = client.generic(method, f"{FACE_A}?id={TOKEN}")
        assert response.status_code == 405
        assert response.json() == {"message": f'Method "{method}" not allowed.'}
        assert headers_of(response) == HEADERS
    assert counted() == before


def test_head_answers_like_get_without_a_body(client, document_order):
    got, asked = client.get(FACE_A, {"id": TOKEN}), client.head(FACE_A, {"id": TOKEN})
    assert (asked.status_code, asked.content) == (200, b"")
    assert headers_of(asked) == headers_of(got)
    assert asked["Content-Length"] == got["Content-Length"]


def test_options_says_what_is_allowed_and_nothing_of_an_order(client, document_order):
    response = client.options(f"{FACE_A}?id={TOKEN}")
    assert response.status_code == 200
    assert headers_of(response) == HEADERS
    assert response.content == client.options(FACE_A).content


def test_reading_counts_nothing(client, document_order):
    make_file_grant(order=document_order)
    before = counted()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert client.generic(method, FACE_A, QUERY_STRING=f"id={TOKEN}").status_code == 200
    assert counted() == before


@pytest.fixture
def answer(client, document_order, settings):
    """Return a function that brings about one answer of each status."""

    def bring_about(status, **headers):
        if status == 429:
            settings.TOKEN_MISSES_PER_MINUTE = 0
        if status == 402:
            document_order.shop.plan_id = "basic"
            document_order.shop.save(update_fields=["plan"])
        token = "f" * 32 if status in (404, 429) else TOKEN
        method = "POST" if status == 405 else "GET"
        response = client.generic(
            method, FACE_A, QUERY_STRING=f"id={token}", headers=headers or None
        )
        assert response.status_code == status
        return response

    return bring_about


@pytest.mark.parametrize("status", [200, 402, 404, 405, 429])
def test_every_answer_is_open_to_all_origins_and_to_no_cache(answer, status):
    retry_after = {"retry-after": "60"} if status == 429 else {}
    response = answer(status)
    assert headers_of(response) == HEADERS | TOLD_OF.get(status, {}) | retry_after
    assert policy_of(response) == POLICY
    assert not response.cookies


@pytest.mark.parametrize("status", [200, 402, 404, 405, 429])
def test_an_origin_changes_nothing_but_what_a_script_may_read(answer, status):
    retry_after = {"retry-after": "60"} if status == 429 else {}
    response = answer(status, **ORIGIN)
    exposed = {"access-control-expose-headers": EXPOSED}
    assert headers_of(response) == HEADERS | TOLD_OF.get(status, {}) | exposed | retry_after


def test_a_preflight_is_answered_for_every_origin(client):
    response = client.options(
        FACE_A,
        headers=ORIGIN
        | {
            "access-control-request-method": "GET",
            "access-control-request-headers": "content-type",
        },
    )
    assert (response.status_code, response.content) == (200, b"")
    assert headers_of(response) == PRIVATE | {
        "content-type": "text/html; charset=utf-8",
        "vary": "Origin, Accept",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
        "access-control-allow-headers": "content-type",
        "access-control-expose-headers": EXPOSED,
        "access-control-max-age": "86400",
    }


@pytest.mark.slow
def test_the_thirty_first_miss_of_a_minute_is_429(client, document_order, frozen):
    frozen(NOW + timedelta(seconds=45))
    for _ in range(30):
        assert client.get(FACE_A, {"id": "f" * 32}).status_code == 404
    response = client.get(FACE_A, {"id": "f" * 32})
    assert response.status_code == 429
    assert response.json() == {"message": "Rate limit exceeded", "retry_after": 15}
    assert response["Retry-After"] == "15"
    frozen(NOW + timedelta(seconds=60))
    assert client.get(FACE_A, {"id": "f" * 32}).status_code == 404


def test_misses_block_no_valid_token(client, document_order, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 0
    assert client.get(FACE_A, {"id": "f" * 32}).status_code == 429
    assert client.get(FACE_A, {"id": TOKEN}).status_code == 200


def test_a_missing_plan_is_no_miss(client, basic_order, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 0
    assert client.get(FACE_A, {"id": TOKEN}).status_code == 402


def test_misses_block_no_other_address(db, settings):
    settings.TOKEN_MISSES_PER_MINUTE = 1
    ours, theirs = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    assert [ours.get(FACE_A).status_code for _ in range(2)] == [404, 429]
    assert theirs.get(FACE_A).status_code == 404


@pytest.mark.parametrize("status", [200, 402, 404, 405, 429])
def test_no_answer_and_no_log_holds_the_token(answer, logged, status):
    response = answer(status)
    # What Django's own server writes of every request.
    server = logging.getLogger("django.server")
    server.info('"GET %s?id=%s HTTP/1.1" %s', FACE_A, TOKEN, status)
    lines = logged()
    assert f'"GET {FACE_A}?id=[redacted] HTTP/1.1" {status}' in lines[-1]
    assert not [line for line in lines if TOKEN in line or "f" * 32 in line]
    assert TOKEN.encode() not in response.content
    assert not [value for value in response.headers.values() if TOKEN in value]


def test_a_fault_is_logged_without_the_token(document_order, logged, settings):
    # Without a public address the answer cannot be written: an honest fault of ours.
    make_file_grant(order=document_order)
    settings.PUBLIC_BASE_URL = None
    response = Client(raise_request_exception=False).get(FACE_A, {"id": TOKEN})
    assert response.status_code == 500
    lines = logged()
    request_id = response["X-Request-ID"]
    said = f" ERROR {request_id} django.request Internal Server Error: {FACE_A}\nTraceback "
    assert said in lines[0]
    assert not [line for line in lines if TOKEN in line]
