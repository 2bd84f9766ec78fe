"""Guessing a customer's password is slow from anywhere, and locks nobody out."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import make_password

from downloads.models import Account
from storefront.http.account_lockout import AccountTries
from storefront.http.errors import RateExceeded
from storefront.models import StorefrontKey
from storefront.signed_urls import account_url
from tests.factories import NOW, CustomerFactory

LOGIN = """mutation ($input: createCustomerLoginInput!) {
  createCustomerLogin(input: $input) { customerLogin { success message } } }"""
RIGHT, WRONG = "seventeen blue horses", "not the password"
HOME, AWAY = "198.51.100.7", "198.51.100.8"


@pytest.fixture(autouse=True)
def _at_noon(db, frozen):
    frozen(NOW)


@pytest.fixture
def account():
    customer = CustomerFactory(email="ada@example.com")
    held = Account(shop=customer.shop, customer=customer, email=customer.email, confirmed_at=NOW)
    held.password = make_password(RIGHT)
    held.save()
    return held


@pytest.fixture
def sign_in(client, account):
    """Return a function that signs in and returns True, False, or the status of a refusal."""
    key = StorefrontKey.issue(account.shop, name="page", rate_per_minute=10**6)[1]

    def send(password, *, address, email="ada@example.com"):
        asked = {"query": LOGIN, "variables": {"input": {"email": email, "password": password}}}
        answer = client.post(
            "/api/graphql",
            json.dumps(asked),
            content_type="application/json",
            headers={"X-Storefront-Key": key},
            REMOTE_ADDR=address,
        )
        if answer.status_code != 200:
            return answer.status_code
        return answer.json()["data"]["createCustomerLogin"]["customerLogin"]["success"]

    return send


def test_one_address_guesses_ten_times_in_a_quarter_of_an_hour(sign_in):
    assert [sign_in(WRONG, address=AWAY) for _ in range(12)] == [False] * 10 + [429] * 2


@pytest.mark.slow
def test_many_addresses_guess_a_hundred_times(sign_in, settings):
    assert settings.ACCOUNT_TRIES_ANYWHERE == 100
    settings.ACCOUNT_TRIES_ANYWHERE = 10
    told = [sign_in(WRONG, address=f"203.0.113.{number % 5}") for number in range(25)]
    assert (told.count(False), told.count(429)) == (10, 15)


def test_an_unknown_account_is_answered_alike(sign_in):
    told = [sign_in(WRONG, address=AWAY, email="nobody@example.com") for _ in range(12)]
    assert told == [False] * 10 + [429] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "email", ["ADA@example.com", "ada@ｅxample.com", "ａda@example.com", " ada@EXAMPLE.com "]
)
def test_spellings_share_one_count(sign_in, email):
    for _ in range(10):
        sign_in(WRONG, address=AWAY)
    assert sign_in(WRONG, address=AWAY, email=email) == 429


@pytest.mark.slow
def test_a_right_password_uses_nothing_up(sign_in):
    assert [sign_in(RIGHT, address=HOME) for _ in range(11)] == [True] * 11


@pytest.fixture
def besieged(sign_in, settings):
    """Strangers have used up what all unknown addresses together may try."""
    settings.SIGN_INS_PER_MINUTE, settings.ACCOUNT_TRIES_ANYWHERE = 10**6, 5
    assert sign_in(RIGHT, address=HOME) is True
    for number in range(9):
        sign_in(WRONG, address=f"203.0.113.{number}")
    assert sign_in(WRONG, address="203.0.113.99") == 429


def test_where_the_owner_signed_in_before_they_do_again(sign_in, besieged):
    assert sign_in(RIGHT, address=HOME) is True


@pytest.mark.slow
def test_elsewhere_a_new_password_lets_the_owner_in(sign_in, besieged, account, client):
    assert sign_in(RIGHT, address=AWAY) == 429
    account.refresh_from_db()
    path = urlsplit(account_url(account, at=NOW)).path
    chosen = {"password": "a wholly new one", "again": "a wholly new one"}
    assert client.post(path, chosen, REMOTE_ADDR=AWAY).status_code == 200
    assert sign_in("a wholly new one", address=AWAY) is True


@pytest.mark.slow
def test_from_a_new_address_the_owner_gets_in_within_seconds(sign_in, besieged, frozen):
    assert sign_in(RIGHT, address=AWAY) == 429
    frozen(NOW + timedelta(seconds=10))
    assert sign_in(RIGHT, address=AWAY) is True


@pytest.mark.slow
def test_a_turn_is_for_one_address_that_has_not_failed(sign_in, besieged, frozen):
    frozen(NOW + timedelta(seconds=10))
    assert sign_in(WRONG, address="203.0.113.1") == 429
    assert sign_in(WRONG, address="203.0.113.101") is False
    assert sign_in(WRONG, address="203.0.113.102") == 429
    frozen(NOW + timedelta(seconds=20))
    assert sign_in(WRONG, address="203.0.113.101") == 429


@pytest.mark.slow
def test_in_an_hour_an_army_has_few_guesses(account, settings):
    """A new address for every guess, four a second. Before there was a count: 14,400."""
    settings.ACCOUNT_TRY_SECONDS = 10
    judged = 0
    # In each quarter of an hour as in the first.
    for number in range(4 * 15 * 60):
        at = NOW + timedelta(seconds=number / 4)
        try:
            AccountTries(account.shop, account.email, client_ip=str(number), at=at).take()
        except RateExceeded:
            continue
        judged += 1
    # A hundred, and then one in ten seconds.
    assert judged == 100 + 88


@pytest.mark.slow
def test_a_new_password_begins_the_count_of_every_address_anew(sign_in, account, client):
    """A storefront's server signs its customers in from an address of its own."""
    assert [sign_in(WRONG, address=HOME) for _ in range(11)] == [False] * 10 + [429]
    account.refresh_from_db()
    path = urlsplit(account_url(account, at=NOW)).path
    chosen = {"password": "a wholly new one", "again": "a wholly new one"}
    assert client.post(path, chosen, REMOTE_ADDR=AWAY).status_code == 200
    assert sign_in("a wholly new one", address=HOME) is True


@pytest.mark.slow
def test_known_and_unknown_are_answered_in_the_same_bytes(client, account):
    key = StorefrontKey.issue(account.shop, name="page", rate_per_minute=10**6)[1]

    def told(email):
        asked = {"query": LOGIN, "variables": {"input": {"email": email, "password": WRONG}}}
        sent = {"content_type": "application/json", "headers": {"X-Storefront-Key": key}}
        answers = [client.post("/api/graphql", asked, REMOTE_ADDR=email, **sent) for _ in range(12)]
        names = ("Retry-After", "Content-Length", "X-RateLimit-Remaining")
        return [(each.content, [each.get(name) for name in names]) for each in answers]

    assert told("ada@example.com") == told("nobody@example.com")


def test_the_next_quarter_of_an_hour_begins_at_nothing(sign_in, besieged, frozen):
    frozen(NOW.replace(minute=15))
    assert sign_in(RIGHT, address=AWAY) is True


def test_of_many_at_once_ten_are_judged(account):
    def take(_number):
        try:
            AccountTries(account.shop, account.email, client_ip=AWAY, at=NOW).take()
        except RateExceeded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(take, range(100))) == 10
