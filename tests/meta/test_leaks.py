"""The watch that is kept over every test (`tests.leaks`) finds what it looks for."""

import logging

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpResponse, JsonResponse

from downloads.encryption import seal
from downloads.tokens import hash_token
from storefront.signed_urls import new_click, proof_of, ticket_url
from storefront.staff.session_store import stored_key
from tests.factories import NOW, GrantFactory, OrderFactory
from tests.leaks import HANDED_OVER, HANDED_OVER_WHEN_ASKED
from tests.storefront.test_urls import ROUTES

SECRET = "q2w3e4r5t6y7u8i9o0p1"


@pytest.fixture
def leaks(watch):
    """Return a function that says what has leaked so far, and forgets it."""

    def read():
        found = watch.leaks()
        watch.forget()
        return found

    return read


@pytest.fixture
def answering(client, monkeypatch):
    """Return a function that has the front page answer this, and asks for it."""

    def ask(response):
        monkeypatch.setattr("storefront.pages.home.page", lambda *given: response)
        monkeypatch.setattr("storefront.pages.home.lookups.has_order", lambda token: False)
        return client.get("/")

    return ask


@pytest.mark.parametrize(
    ("learn", "kind"),
    [
        (hash_token, "token or bearer"),
        (lambda secret: hash_token(f"pk_storefront_{secret}"), "storefront key"),
        (lambda secret: hash_token(f"sk_{secret}"), "secret key"),
        (stored_key, "session"),
        (seal, "sealed secret"),
        (make_password, "password"),
        (lambda secret: check_password(secret, make_password("another")), "password"),
    ],
)
def test_what_is_hashed_sealed_or_entered_is_looked_for(watch, learn, kind):
    learn(SECRET)
    assert {kind: known for known, kind in watch.secrets.items() if SECRET in known}.keys() == {
        kind
    }


def test_what_is_signed_is_looked_for(watch, db):
    click, ticket = new_click(GrantFactory(), at=NOW).url, ticket_url(OrderFactory())
    proof = proof_of("nonce")
    signatures = (click.rpartition("/")[2], ticket.rpartition(".")[2], proof.rpartition(".")[2])
    kinds = [watch.secrets[signature] for signature in signatures]
    assert kinds == ["signed address", "page ticket", "proof"]


def test_a_secret_in_a_line_is_told_without_the_secret(leaks):
    hash_token(SECRET)
    logging.getLogger("elsewhere").warning("It was %s.", SECRET)
    [told] = leaks()
    assert told.startswith("a token or bearer in a line of elsewhere: ")
    assert told.endswith("It was ….")


def test_a_line_that_the_handlers_redact_is_no_leak(leaks):
    hash_token(SECRET)
    logging.getLogger("elsewhere").warning("GET /orders/%s", SECRET)
    assert leaks() == []


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(f"<p>{SECRET}</p>"),
        JsonResponse({"token": SECRET}),
        HttpResponse(headers={"X-Anything": SECRET}),
    ],
    ids=["page", "json", "header"],
)
def test_a_secret_in_an_answer_is_told_by_its_route(answering, leaks, response):
    stored_key(SECRET)
    answering(response)
    assert leaks() == ["a session in an answer of home"]


def test_a_secret_with_odd_letters_is_found_in_each_form(answering, leaks):
    odd = 'it\'s "<odd>" & más'
    for text in (odd, "it&#x27;s &quot;&lt;odd&gt;&quot; &amp; más", "it%27s%20%22%3Codd%3E%22"):
        make_password(odd)
        answering(HttpResponse(text + "%20%26%20m%C3%A1s" * text.startswith("it%")))
        assert leaks() == ["a password in an answer of home"]


def test_an_answer_may_hand_over_what_it_is_for(answering, leaks):
    hash_token(SECRET)
    answering(HttpResponse(SECRET))
    assert leaks() == []


def test_a_secret_is_forgotten_with_its_test(watch):
    assert SECRET not in watch.secrets


def test_every_exception_is_of_a_route_there_is():
    named = {route for route, _kind in (*HANDED_OVER, *HANDED_OVER_WHEN_ASKED)}
    assert named - {name for name, _path in ROUTES} == set()
