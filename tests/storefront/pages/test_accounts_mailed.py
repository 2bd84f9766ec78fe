"""Mail to the owner of an account: a password forgotten, an address confirmed.

What is answered says nothing of what is known; what happens, happens to whoever reads the mail.
"""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import settings as configured
from downloads import fulfilment
from downloads.models import Account, Mail
from storefront.mail import sender
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory
from tests.storefront.conftest import FACE_B, headers_of

MAIL = "ada@example.com"
STRANGERS = "first come, first served"
OWN = "seventeen blue horses"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}
MAILED = "If this address has an account, a link to choose a new password is on its way to it"
NO_ADDRESS = "Enter a mail address, like ada@example.com."
UNAUTHENTICATED = "Unauthenticated. Please login to perform this action"

FORGOT = """mutation ($email: String!) { createForgotPassword(input: {email: $email,
  clientMutationId: "one"}) { forgotPassword { success message } clientMutationId } }"""
REGISTER = """mutation ($email: String!, $password: String!) { createCustomer(input: {
  firstName: "Ada", lastName: "Lovelace", email: $email, password: $password,
  confirmPassword: $password}) { customer { id _id email firstName lastName } } }"""
LOGIN = """mutation ($email: String!, $password: String!) { createCustomerLogin(input: {
  email: $email, password: $password}) { customerLogin { _id token success message } } }"""
LIST = "{ customerDownloadableProducts { totalCount edges { node { _id } } } }"

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


@pytest.fixture
def ask(client, shop):
    """Return a function that sends a document with a key of the shop."""
    _row, key = StorefrontKey.issue(shop, name="Storefront")

    def send(query, *, bearer="", address="192.0.2.1", **variables):
        return client.post(
            FACE_B,
            json.dumps({"query": query, "variables": variables}),
            content_type="application/json",
            headers={"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"},
            REMOTE_ADDR=address,
        )

    return send


@pytest.fixture
def letters(mailoutbox):
    """Return a function that sends what waits, and returns each new mail's one link, by address."""

    def send():
        mailoutbox.clear()
        assert sender.send_due(clock=lambda: NOW)
        links = [
            re.findall(r"^http://localhost:8000(/\S+)$", mail.body, re.M) for mail in mailoutbox
        ]
        return [(mail.to[0], link) for mail, [link] in zip(mailoutbox, links, strict=True)]

    return send


@pytest.fixture
def log_in(ask):
    """Return a function that signs in and returns the payload."""

    def enter(password, email=MAIL):
        answer = ask(LOGIN, email=email, password=password).json()
        return answer["data"]["createCustomerLogin"]["customerLogin"]

    return enter


@pytest.fixture
def seen(ask):
    """Return a function that says which grants a bearer sees."""

    def read(bearer):
        answer = ask(LIST, bearer=bearer).json()
        if "errors" in answer:
            return [error["message"] for error in answer["errors"]]
        edges = answer["data"]["customerDownloadableProducts"]["edges"]
        return [edge["node"]["_id"] for edge in edges]

    return read


def choose(client, link, password=OWN):
    return client.post(link, {"password": password, "again": password}).status_code


# --- Whatever is known of an address -------------------------------------------------------------


def nothing(shop, email):
    """Know nothing of an address."""


def unconfirmed(shop, email):
    fulfilment.register(shop, at=NOW, email=email, password=STRANGERS, **NAMES)
    return Account.objects.get(email=email)


def confirmed(shop, email):
    account = unconfirmed(shop, email)
    fulfilment.choose_password(account.pk, state=account.state, password=OWN, at=NOW)


def bought(shop, email):
    GrantFactory(order__shop=shop, order__customer__email=email)


def bought_and_registered(shop, email):
    bought(shop, email)
    unconfirmed(shop, email)


def bought_and_confirmed(shop, email):
    bought(shop, email)
    confirmed(shop, email)


def erased(shop, email):
    customer = CustomerFactory(shop=shop, email=email)
    fulfilment.erase_customer(customer, at=NOW)


def anothers(shop, email):
    bought_and_confirmed(ShopFactory(), email)


KNOWN = [
    nothing,
    unconfirmed,
    confirmed,
    bought,
    bought_and_registered,
    bought_and_confirmed,
    erased,
    anothers,
]
# Which of them have an account here, that a password can be chosen for.
HAVE_ACCOUNTS = {unconfirmed, confirmed, bought_and_registered, bought_and_confirmed}


def named(known):
    """Return an address; all are of one length."""
    return f"{known.__name__:_<24}@example.com"


def work_of(ask, document, email, hashed, **entered):
    """Ask; return the whole answer but for the address, the queries, the hashes and the mail."""
    hashed.clear()
    with CaptureQueriesContext(connection) as queries:
        response = ask(document, email=email, **entered)
    headers = {
        name: value
        for name, value in headers_of(response).items()
        if name != "x-ratelimit-remaining"
    }
    [row] = Mail.objects.filter(email=email).values()
    row = {name: value for name, value in row.items() if name not in {"id", "email", "counted_as"}}
    literal = r"'(?:[^']|'')*'|\bs\d+_x\d+\b|\b\d+\b"
    sql = tuple(re.sub(literal, "?", one["sql"]) for one in queries)
    body = response.content.replace(email.encode(), b"-")
    return response.status_code, headers, body, sql, tuple(hashed), row


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "entered", "queries", "hashes"),
    [(FORGOT, {}, 2, ()), (REGISTER, {"password": STRANGERS}, 5, ("encode",))],
    ids=["forgot", "register"],
)
def test_the_answer_and_its_work_are_the_same_for_every_address(
    ask, shop, hashed, document, entered, queries, hashes
):
    ask("{ __typename }")  # notes the key's use
    for known in KNOWN:
        known(shop, named(known))
    Mail.objects.all().delete()
    done = [work_of(ask, document, named(known), hashed, **entered) for known in KNOWN]
    for known, each in zip(KNOWN, done, strict=True):
        assert each == done[0], known.__name__
    status, _headers, _body, sql, was_hashed, row = done[0]
    assert (status, len(sql), was_hashed) == (200, queries, hashes)
    assert (row["shop_id"], row["state"], row["due_at"]) == (shop.pk, "waiting", NOW)


def test_it_is_answered_as_the_document_says(ask):
    answer = ask(FORGOT, email=" ADA@Example.com ")
    said = {"success": True, "message": MAILED}
    assert (answer.status_code, answer.json()) == (
        200,
        {"data": {"createForgotPassword": {"forgotPassword": said, "clientMutationId": "one"}}},
    )
    assert Mail.objects.values_list("kind", "email").get() == ("password", MAIL)


@pytest.mark.slow
def test_only_who_has_an_account_is_written_to(ask, shop, letters):
    for known in KNOWN:
        known(shop, named(known))
    Mail.objects.all().delete()
    for known in KNOWN:
        ask(FORGOT, email=named(known))
    assert sorted(to for to, _link in letters()) == sorted(map(named, HAVE_ACCOUNTS))
    # Of the others nothing is kept.
    assert Mail.objects.count() == len(HAVE_ACCOUNTS)


def test_asking_changes_nothing_and_signs_nobody_out(ask, shop, letters, log_in):
    confirmed(shop, MAIL)
    Mail.objects.all().delete()
    bearer = log_in(OWN)["token"]
    before = list(Account.objects.values()), list(CustomerToken.objects.values())
    ask(FORGOT, email=MAIL)
    letters()
    assert (list(Account.objects.values()), list(CustomerToken.objects.values())) == before
    assert log_in(OWN)["success"]
    assert ask(LIST, bearer=bearer).json() == {
        "data": {"customerDownloadableProducts": {"totalCount": 0, "edges": []}}
    }


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@example.com,eve@example.com", "ada@example.com\nBcc: e@e.example", "\0",
     '"\n"@example.com', "ädä@example.com", "x" * 300 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_told(ask, email):
    answer = ask(FORGOT, email=email)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["message"]) == (200, NO_ADDRESS)
    assert answer.json()["data"] == {"createForgotPassword": None}
    assert not Mail.objects.exists()


def test_it_asks_for_a_key(client):
    asked = {"query": FORGOT, "variables": {"email": MAIL}}
    response = client.post(FACE_B, asked, content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (401, "missing_key")
    assert not Mail.objects.exists()


# --- Too often -----------------------------------------------------------------------------------


def test_it_counts_with_sign_ins_and_registrations(ask, settings):
    settings.SIGN_INS_PER_MINUTE = 3
    asked = [(LOGIN, {"password": OWN}), (REGISTER, {"password": OWN}), (FORGOT, {}), (FORGOT, {})]
    answers = [ask(document, email=MAIL, **entered) for document, entered in asked]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] == "60"
    assert sorted(Mail.objects.values_list("kind", flat=True)) == ["password", "registration"]
    assert ask(LOGIN, email=MAIL, password=OWN).status_code == 429
    assert ask(FORGOT, email=MAIL, address="192.0.2.2").status_code == 200


def test_several_in_one_document_each_count(ask, settings):
    settings.SIGN_INS_PER_MINUTE = 2
    asked = f'createForgotPassword(input: {{email: "{MAIL}"}}) {{ forgotPassword {{ success }} }}'
    answer = ask(f"mutation {{ {' '.join(f'm{number}: {asked}' for number in range(3))} }}")
    refused = [(error["path"], error["message"]) for error in answer.json()["errors"]]
    assert refused == [(["m2"], "Rate limit exceeded")]
    assert Mail.objects.count() == 2


@pytest.mark.slow
def test_nobody_is_drowned_in_mail(ask, shop, letters, settings):
    confirmed(shop, MAIL)
    Mail.objects.all().delete()
    sent = 0
    for _ in range(4):
        ask(FORGOT, email=MAIL)
        ask(REGISTER, email=MAIL, password=STRANGERS)
        sent += len(letters())
    assert sent == configured.ASKED_MAILS_PER_HOUR == 3


# --- Whole stories, through the mail -------------------------------------------------------------


@pytest.mark.slow
def test_a_stranger_who_registers_a_buyers_address_sees_nothing(
    ask, client, shop, letters, log_in, seen
):
    grant = GrantFactory(order__shop=shop, order__customer__email=MAIL)
    ask(REGISTER, email=MAIL, password=STRANGERS)
    strangers = log_in(STRANGERS)
    assert strangers["_id"] != grant.order.customer_id
    assert seen(strangers["token"]) == []
    # The owner reads the mail and opens the link; a scanner may have opened it before.
    [(to, link)] = letters()
    assert (to, link.startswith("/accounts/")) == (MAIL, True)
    assert client.get(link).status_code == 200
    assert seen(strangers["token"]) == []
    assert choose(client, link) == 200
    owners = log_in(OWN)
    assert (owners["_id"], seen(owners["token"])) == (grant.order.customer_id, [grant.pk])
    # The stranger is out, for good.
    assert seen(strangers["token"]) == [UNAUTHENTICATED]
    assert log_in(STRANGERS)["success"] is False
    assert choose(client, link, STRANGERS) == 404
    ask(REGISTER, email=MAIL, password=STRANGERS)
    [(to, again)] = letters()
    assert (to, again != link) == (MAIL, True)
    assert log_in(STRANGERS)["success"] is False
    assert seen(owners["token"]) == [grant.pk]


@pytest.mark.slow
def test_an_owner_who_ignores_the_mail_gives_the_stranger_nothing(ask, shop, letters, log_in, seen):
    ask(REGISTER, email=MAIL, password=STRANGERS)
    letters()
    # What is bought meanwhile is not the stranger's either.
    GrantFactory(order__shop=shop, order__customer__email=MAIL)
    assert seen(log_in(STRANGERS)["token"]) == []


def test_a_forgotten_password_is_chosen_anew(ask, client, shop, letters, log_in, seen):
    bought_and_confirmed(shop, MAIL)
    Mail.objects.all().delete()
    before = log_in(OWN)["token"]
    ask(FORGOT, email=MAIL)
    [(to, link)] = letters()
    assert to == MAIL
    assert choose(client, link, "eighteen red horses") == 200
    assert seen(before) == [UNAUTHENTICATED]
    assert log_in(OWN)["success"] is False
    assert len(seen(log_in("eighteen red horses")["token"])) == 1
    assert choose(client, link, "nineteen red horses") == 404


def test_a_second_link_ends_with_the_first(ask, client, shop, letters):
    confirmed(shop, MAIL)
    Mail.objects.all().delete()
    ask(FORGOT, email=MAIL)
    ask(FORGOT, email=MAIL)
    links = [link for _to, link in letters()]
    assert [choose(client, link) for link in links] == [200, 404]


def test_no_answer_and_no_log_holds_what_the_mail_holds(ask, shop, letters, logged):
    unconfirmed(shop, MAIL)
    ask(FORGOT, email=MAIL)
    links = [link for _to, link in letters()]
    assert len(links) == 2
    lines = "".join(logged())
    assert [link for link in links if link.rpartition(".")[2] in lines] == []
    assert MAIL not in lines
