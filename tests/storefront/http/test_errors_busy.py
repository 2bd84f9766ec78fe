"""While too many passwords are hashed, every door says so: 503, and no try is used up."""

import json
import threading

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection

from config import settings as configured
from downloads import fulfilment
from downloads.hashers import PasswordThreads, SparingArgon2, password_threads
from downloads.models import Account, Invitation
from storefront.models import CountedTries, StorefrontKey
from storefront.signed_urls import account_url
from storefront.staff import passwords
from tests.factories import NOW, CustomerFactory
from tests.storefront.http.test_refusal_counts_strangers import LOGIN, REGISTER
from tests.storefront.staff.conftest import Browser

MAIL, OWN, NEW = "ada@example.com", "seventeen blue horses", "eighteen green horses"
BUSY = "Too many sign in at this moment. Your password was not looked at; please try again shortly."
CHANGED = {"old_password": OWN, "new_password1": NEW, "new_password2": NEW}
CHOSEN = {"password": NEW, "again": NEW}


@pytest.fixture(autouse=True)
def _at_noon(db, frozen, settings, monkeypatch):
    frozen(NOW)
    monkeypatch.setattr(SparingArgon2, "time_cost", 1)
    monkeypatch.setattr(SparingArgon2, "memory_cost", 8)
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS


@pytest.fixture
def account():
    customer = CustomerFactory(email=MAIL)
    fields = {"email": MAIL, "password": make_password(OWN), "confirmed_at": NOW}
    return Account.objects.create(shop=customer.shop, customer=customer, **fields)


@pytest.fixture
def doors(account):
    """Every door that takes a password, each a function that returns its answer."""
    User.objects.create_superuser("boss", MAIL, OWN)
    invitation = fulfilment.memberships.invite(account.shop, "new@example.com", "manager", at=NOW)[
        1
    ]
    inside, outside = Browser(), Browser()
    inside.sign_in("boss", OWN)
    key = StorefrontKey.issue(account.shop, name="page")[1]

    def graphql(query, email):
        return outside.post(
            "/api/graphql",
            json.dumps({"query": query, "variables": {"email": email, "password": OWN}}),
            content_type="application/json",
            headers={"X-Storefront-Key": key},
        )

    host = "http://localhost:8000"
    account_page = account_url(account, at=NOW).removeprefix(host)
    link = passwords.make_link(User.objects.get(username="boss")).removeprefix(host)
    return {
        "a sign-in": lambda: graphql(LOGIN, MAIL),
        "a sign-in of nobody": lambda: graphql(LOGIN, "nobody@example.com"),
        "a registration": lambda: graphql(REGISTER, "other@example.com"),
        "an account's page": lambda: outside.post(account_page, CHOSEN),
        "an invitation": lambda: outside.post(f"/invitations/{invitation}", CHOSEN),
        "a staff sign-in": lambda: outside.sign_in("boss", OWN),
        "a staff sign-in of nobody": lambda: outside.sign_in("nobody", OWN),
        "a changed password": lambda: inside.post("/admin/password_change/", CHANGED),
        "a link of staff": lambda: outside.post(link, CHOSEN),
    }


DOORS = [
    *("a sign-in", "a sign-in of nobody", "a registration", "an account's page", "an invitation"),
    *("a staff sign-in", "a staff sign-in of nobody", "a changed password", "a link of staff"),
]


@pytest.fixture
def busy(settings):
    """Return a function by which all threads for passwords are taken, until the test ends."""
    gate, begun = threading.Event(), threading.Event()

    def work():
        begun.set()
        gate.wait(timeout=60)

    holder = threading.Thread(target=lambda: password_threads.run(work))

    def take():
        settings.PASSWORDS_AT_ONCE, settings.PASSWORDS_WAITING = 1, 0
        holder.start()
        assert begun.wait(timeout=60)

    yield take
    gate.set()
    holder.join()


def state():
    """Return what a refused password must not move."""
    accounts = Account.objects.order_by("pk").values_list("email", "password")
    users = User.objects.order_by("pk").values_list("username", "password")
    return [*accounts, *users, Invitation.objects.filter(accepted_at=None).count()]


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_each_door_says_that_it_is_busy(doors, busy, door):
    before = state()
    busy()
    answer = doors[door]()
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    if answer["Content-Type"].startswith("application/json"):
        assert answer.json() == {"errors": [{"message": BUSY}]}
    else:
        assert BUSY in answer.content.decode()
        assert "send the form again" in answer.content.decode()
    assert state() == before


@pytest.mark.slow
@pytest.mark.parametrize("waits", [0, 5])
def test_no_try_is_used_up(doors, busy, settings, waits):
    settings.ACCOUNT_TRIES = 3
    busy()
    # Those that wait give up at once.
    settings.PASSWORDS_WAITING, settings.PASSWORD_WAIT_SECONDS = waits, 0.01
    for _ in range(6):
        for door in ("a sign-in", "a staff sign-in", "a changed password"):
            assert doors[door]().status_code == 503
    assert set(CountedTries.objects.values_list("taken", flat=True)) <= {0}
    settings.PASSWORDS_AT_ONCE, settings.PASSWORD_WAIT_SECONDS = 2, 10
    assert doors["a sign-in"]().json()["data"]["createCustomerLogin"]["customerLogin"]["success"]
    assert doors["a staff sign-in"]().status_code == 302
    assert doors["a changed password"]().status_code == 302


def test_what_was_done_beside_it_is_told(doors, busy, account, client):
    key = StorefrontKey.issue(account.shop, name="page")[1]
    busy()
    both = f"""mutation {{
      createForgotPassword(input: {{email: "{MAIL}"}}) {{ forgotPassword {{ success }} }}
      createCustomerLogin(input: {{email: "{MAIL}", password: "x"}}) {{ clientMutationId }} }}"""
    sent = {"content_type": "application/json", "headers": {"X-Storefront-Key": key}}
    answer = client.post("/api/graphql", json.dumps({"query": both}), **sent)
    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "createForgotPassword": {"forgotPassword": {"success": True}},
        "createCustomerLogin": None,
    }
    assert [error["message"] for error in answer.json()["errors"]] == [BUSY]


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_none_is_hashed_within_a_transaction(doors, door, monkeypatch):
    inside, run = [], PasswordThreads.run

    def note(self, work):
        # The test's own is the first.
        inside.append(len(connection.atomic_blocks) > 1)
        return run(self, work)

    monkeypatch.setattr(PasswordThreads, "run", note)
    assert doors[door]().status_code in (200, 302)
    assert inside
    assert not any(inside)
