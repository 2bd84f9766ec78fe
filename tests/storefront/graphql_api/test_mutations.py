"""A customer signs in by themselves on face B (CONTRACTS, "Customer sign-in")."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import settings as configured
from downloads import fulfilment
from downloads.models import Account, Customer
from downloads.tokens import hash_token
from storefront.models import CustomerToken, StorefrontKey
from storefront.signed_urls import account_url
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory
from tests.storefront.conftest import FACE_B

MAIL = "ada@example.com"
PASSWORD = "seventeen blue horses"
OTHER = "first come, first served"
NAMES = {"firstName": "Ada", "lastName": "Lovelace"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNAUTHENTICATED = "Unauthenticated. Please login to perform this action"

REGISTER = """mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer { id _id email firstName lastName } clientMutationId } }"""
LOGIN = """mutation ($input: CreateCustomerLoginInput!) {
  createCustomerLogin(input: $input) {
    customerLogin { id _id token success message } clientMutationId } }"""
LOGOUT = "mutation { createLogout(input: {}) { logout { success message } } }"
VERIFY = """mutation { createVerifyToken(input: {}) {
  verifyToken { id _id email firstName lastName isValid message } } }"""
LIST = "{ customerDownloadableProducts { totalCount edges { node { _id } } } }"

REFUSED = {"id": None, "_id": 0, "token": "", "success": False}
REFUSED |= {"message": "Invalid email or password"}
NOBODY = dict.fromkeys(("id", "_id", "email", "firstName", "lastName"))
NOBODY |= {"isValid": False, "message": UNAUTHENTICATED}


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def ask(client, shop):
    """Return a function that sends a document with a key of the shop."""
    _row, key = StorefrontKey.issue(shop, name="Storefront")

    def send(query, *, bearer=None, address="192.0.2.1", key=key, **entered):
        headers = {"X-Storefront-Key": key}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        body = {"query": query} | ({"variables": {"input": entered}} if entered else {})
        return client.post(
            FACE_B,
            json.dumps(body),
            content_type="application/json",
            headers=headers,
            REMOTE_ADDR=address,
        )

    return send


@pytest.fixture
def register(ask):
    """Return a function that registers an address and returns the answer."""

    def enter(email=MAIL, password=PASSWORD, **entered):
        given = NAMES | {"email": email, "password": password, "confirmPassword": password}
        return ask(REGISTER, **given | entered)

    return enter


@pytest.fixture
def login(ask):
    """Return a function that signs in and returns the payload."""

    def enter(email=MAIL, password=PASSWORD, **sent):
        answer = ask(LOGIN, email=email, password=password, **sent).json()
        assert list(answer) == ["data"]
        return answer["data"]["createCustomerLogin"]["customerLogin"]

    return enter


def confirm(*, password=PASSWORD, email=MAIL):
    """Choose a password, as the owner of an account's address does, and return the customer."""
    account = Account.objects.get(email=email)
    chosen = fulfilment.choose_password(account.pk, state=account.state, password=password, at=NOW)
    return chosen.customer


def verified(ask, bearer):
    answer = ask(VERIFY, bearer=bearer).json()
    assert list(answer) == ["data"]
    return answer["data"]["createVerifyToken"]["verifyToken"]


def error_of(response):
    """Return the one error of an answer, and what stands beside it."""
    answer = response.json()
    [error] = answer["errors"]
    assert response.status_code == 200
    return error["message"], answer.get("data")


# --- Registered ----------------------------------------------------------------------------------


def test_a_registration_is_answered_with_what_was_entered(register):
    response = register(email=" ADA@example.com", clientMutationId="one")
    customer = {"id": None, "_id": None, "email": MAIL} | NAMES
    assert response.status_code == 200
    assert response.json() == {
        "data": {"createCustomer": {"customer": customer, "clientMutationId": "one"}}
    }


@pytest.mark.slow
def test_a_registration_is_answered_alike_whatever_is_known(register, shop, settings):
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    answers = [register()]
    answers.append(register(password=OTHER))
    confirm()
    answers.append(register(password=OTHER))
    Account.objects.all().delete()
    Customer.objects.all().delete()
    CustomerFactory(shop=shop, email=MAIL, first_name="Known")
    answers.append(register())
    told = [(answer.status_code, answer.content, sorted(answer.headers)) for answer in answers]
    assert told == [told[0]] * 4
    assert b'"_id":null' in told[0][1]


def test_a_registration_opens_nothing_and_signs_nobody_in(register, login):
    register()
    assert CustomerToken.objects.count() == Customer.objects.count() == 0
    assert login(password=OTHER) == REFUSED


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ({"confirmPassword": OTHER}, "The two passwords are not the same."),
        ({"confirmPassword": ""}, "The two passwords are not the same."),
        ({"email": "ada"}, "Enter a mail address, like ada@example.com."),
        ({"firstName": " "}, "Enter the first name, in at most 200 characters."),
        ({"lastName": "a\nb"}, "Enter the last name, in at most 200 characters."),
        ({"password": "x", "confirmPassword": "x"}, "This password is too short. It must"),
    ],
)
def test_what_is_refused_says_why_and_makes_nothing(register, entered, message):
    said, beside = error_of(register(**entered))
    assert said.startswith(message)
    assert beside == {"createCustomer": None}
    assert not Account.objects.exists()


def test_passwords_that_differ_are_told_before_anything_else_is_looked_at(register, hashed):
    register(email="ada", confirmPassword=OTHER)
    assert hashed == []


@pytest.mark.parametrize("missing", ["firstName", "lastName", "email", "password"])
def test_what_is_missing_is_named(ask, missing):
    given = NAMES | {"email": MAIL, "password": PASSWORD, "confirmPassword": PASSWORD}
    del given[missing]
    message, beside = error_of(ask(REGISTER, **given))
    assert f"Field '{missing}' of required type 'String!' was not provided" in message
    assert beside is None


# --- Signed in -----------------------------------------------------------------------------------


def test_a_sign_in_is_answered_with_a_bearer(register, login):
    register()
    answer = login()
    customer, row = Customer.objects.get(), CustomerToken.objects.get()
    bearer = answer.pop("token")
    assert answer == {
        "id": f"/api/shop/customers/{customer.pk}",
        "_id": customer.pk,
        "success": True,
        "message": "Signed in",
    }
    number, secret = bearer.split("|")
    assert (number, row.secret_hash) == (str(row.pk), hash_token(secret))
    assert re.fullmatch(r"[\w-]{40,}", secret)
    assert secret not in str(CustomerToken.objects.values())


def test_a_bearer_lasts_as_long_as_the_settings_say(register, login, settings):
    settings.CUSTOMER_TOKEN_DAYS = 7
    register()
    login()
    row = CustomerToken.objects.get()
    assert (row.origin, row.expires_at, row.used_at) == ("sign_in", NOW + 7 * DAY, None)


def test_a_bearers_use_is_noted_to_the_hour(ask, register, login, frozen):
    register()
    bearer = login()["token"]
    noted = []
    for at in (NOW, NOW + HOUR, NOW + HOUR + timedelta(microseconds=1)):
        frozen(at)
        ask(LIST, bearer=bearer)
        noted.append(CustomerToken.objects.get().used_at)
    assert noted == [NOW, NOW, NOW + HOUR + timedelta(microseconds=1)]


def test_a_bearer_ends(ask, register, login, frozen):
    register()
    bearer = login()["token"]
    frozen(NOW + 30 * DAY - timedelta(microseconds=1))
    assert verified(ask, bearer)["isValid"] is True
    frozen(NOW + 30 * DAY)
    assert verified(ask, bearer) == NOBODY


@pytest.mark.parametrize(
    ("email", "password"), [(MAIL, OTHER), ("eve@example.com", PASSWORD), ("", ""), ("\0", "\0")]
)
def test_a_refusal_tells_nothing_and_makes_nothing(register, ask, email, password):
    register()
    unknown = ask(LOGIN, email="nobody@example.com", password=PASSWORD)
    response = ask(LOGIN, email=email, password=password)
    assert response.json()["data"]["createCustomerLogin"]["customerLogin"] == REFUSED
    assert response.content == unknown.content
    assert (response.status_code, CustomerToken.objects.count()) == (200, 0)


def test_a_refusal_is_the_same_work_for_a_known_and_an_unknown_address(ask, register, shop, hashed):
    register("unconfirmed@example.com")
    register()
    confirm()
    CustomerFactory(shop=shop, email="bought@example.com")
    ask(LOGIN, email=MAIL, password=OTHER)  # notes the key's use
    done = set()
    for name in ("ada", "unconfirmed", "bought", "nobody"):
        hashed.clear()
        with CaptureQueriesContext(connection) as queries:
            response = ask(LOGIN, email=f"{name}@example.com", password=OTHER)
        asked = tuple(re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", one["sql"]) for one in queries)
        done.add((asked, len(hashed), response.content))
    [(asked, hashes, _body)] = done
    assert (len(asked), hashes) == (2, 1)


# --- Whose orders --------------------------------------------------------------------------------


def test_an_account_is_empty_until_its_owner_followed_the_link(ask, register, login, shop):
    grant = GrantFactory(order__shop=shop, order__customer__email=MAIL)
    register()
    before = login()
    assert ask(LIST, bearer=before["token"]).json()["data"] == listed()
    assert before["_id"] != grant.order.customer_id
    confirm()
    after = login()
    assert after["_id"] == grant.order.customer_id
    assert ask(LIST, bearer=after["token"]).json()["data"] == listed(grant)
    assert error_of(ask(LIST, bearer=before["token"]))[0] == UNAUTHENTICATED


def listed(*grants):
    edges = [{"node": {"_id": grant.pk}} for grant in grants]
    return {"customerDownloadableProducts": {"totalCount": len(edges), "edges": edges}}


def test_a_stranger_who_was_first_is_left_with_nothing(ask, register, login, shop, client):
    register(password=OTHER)
    bearers = [login(password=OTHER)["token"] for _ in range(2)]
    url = account_url(Account.objects.get(), at=NOW)
    client.post(url, {"password": PASSWORD, "again": PASSWORD})
    GrantFactory(order__shop=shop, order__customer=Account.objects.get().customer)
    assert [verified(ask, bearer) for bearer in bearers] == [NOBODY, NOBODY]
    assert login(password=OTHER) == REFUSED
    assert (
        ask(LIST, bearer=login()["token"]).json()["data"]["customerDownloadableProducts"][
            "totalCount"
        ]
        == 1
    )


def test_another_shops_account_and_bearer_are_unknown_here(ask, register, login):
    register()
    bearer = login()["token"]
    elsewhere = StorefrontKey.issue(ShopFactory(), name="other")[1]
    assert login(key=elsewhere) == REFUSED
    answer = ask(VERIFY, bearer=bearer, key=elsewhere).json()
    assert answer["data"]["createVerifyToken"]["verifyToken"] == NOBODY
    assert error_of(ask(LOGOUT, bearer=bearer, key=elsewhere))[0] == UNAUTHENTICATED
    assert verified(ask, bearer)["isValid"] is True


# --- Verified, signed out ------------------------------------------------------------------------


def test_a_bearer_is_verified_with_whose_it_is(ask, register, login):
    register()
    signed_in = login()
    assert verified(ask, signed_in["token"]) == {
        "id": signed_in["id"],
        "_id": signed_in["_id"],
        "email": MAIL,
        "firstName": "Ada",
        "lastName": "Lovelace",
        "isValid": True,
        "message": "The token is valid",
    }


def test_a_confirmed_customer_is_verified_by_the_shops_words(ask, register, login, shop):
    known = {"email": MAIL, "first_name": "Augusta", "last_name": "King"}
    CustomerFactory(shop=shop, **known)
    register()
    confirm()
    told = verified(ask, login()["token"])
    assert (told["email"], told["firstName"], told["lastName"]) == (MAIL, "Augusta", "King")


BAD = [None, "", "1", "1|", "1|" + "x" * 43, "0|" + "x" * 43, "9" * 40 + "|" + "x" * 43, "a b"]


@pytest.mark.slow
@pytest.mark.parametrize("bearer", BAD)
def test_a_bad_bearer_is_not_valid_and_cannot_sign_out(ask, register, login, bearer):
    register()
    login()
    assert verified(ask, bearer) == NOBODY
    assert error_of(ask(LOGOUT, bearer=bearer)) == (UNAUTHENTICATED, {"createLogout": None})
    assert CustomerToken.objects.get().revoked_at is None


def test_signing_out_closes_that_bearer_alone(ask, register, login):
    register()
    one, other = login()["token"], login()["token"]
    answer = ask(LOGOUT, bearer=one).json()
    assert answer == {
        "data": {"createLogout": {"logout": {"success": True, "message": "Signed out"}}}
    }
    assert verified(ask, one) == NOBODY
    assert error_of(ask(LOGOUT, bearer=one))[0] == UNAUTHENTICATED
    assert verified(ask, other)["isValid"] is True


def test_what_follows_in_the_same_document_is_asked_signed_out(ask, register, login):
    register()
    answer = ask(
        "mutation { createLogout(input: {}) { logout { success } } "
        "createVerifyToken(input: {}) { verifyToken { isValid } } }",
        bearer=login()["token"],
    )
    assert answer.json()["data"] == {
        "createLogout": {"logout": {"success": True}},
        "createVerifyToken": {"verifyToken": {"isValid": False}},
    }


# --- The shape -----------------------------------------------------------------------------------


SIGN_IN = ("RegisteredCustomer", "CustomerLogin", "ForgottenPassword", "Logout", "VerifiedToken")


def test_the_mutations_are_shaped_as_the_contract_says(ask):
    kind = "{ kind name ofType { name } }"
    answer = ask(
        f"{{ __schema {{ mutationType {{ fields {{ name args {{ name type {kind} }} }} }} "
        f"types {{ name fields {{ name type {kind} }} inputFields {{ name type {kind} }} }} }} }}"
    ).json()["data"]["__schema"]

    def written(found):
        kind = found["type"]
        return kind["name"] or f"{kind['ofType']['name']}!"

    types = {
        one["name"]: {part["name"]: written(part) for part in one["fields"] or one["inputFields"]}
        for one in answer["types"]
        if one["name"] in SIGN_IN or one["name"].startswith("create")
    }
    fields = {one["name"]: one["args"] for one in answer["mutationType"]["fields"]}
    verbs = ["createCustomer", "createCustomerLogin", "createForgotPassword"]
    verbs += ["createLogout", "createVerifyToken"]
    assert list(fields) == verbs
    inputs = [f"{verb}Input" for verb in verbs]
    assert [[(arg["name"], written(arg)) for arg in args] for args in fields.values()] == [
        [("input", f"{name}!")] for name in inputs
    ]
    optional = {"clientMutationId": "String"}
    device = {"deviceToken": "String"}
    required = ("firstName", "lastName", "email", "password", "confirmPassword")
    taken = ("phone", "gender", "dateOfBirth", "status", "isVerified", "isSuspended")
    taken = dict.fromkeys(taken, "String") | {"subscribedToNewsLetter": "Boolean"} | device
    assert [types[name] for name in inputs] == [
        dict.fromkeys(required, "String!") | taken | optional,
        dict.fromkeys(("email", "password"), "String!") | device | optional,
        {"email": "String!"} | optional,
        device | optional,
        optional,
    ]
    payloads = [types[name.replace("Input", "Payload")] for name in inputs]
    fields = ["customer", "customerLogin", "forgotPassword", "logout", "verifyToken"]
    assert [list(payload) for payload in payloads] == [
        [field, "clientMutationId"] for field in fields
    ]
    told = [types[payload[field]] for payload, field in zip(payloads, fields, strict=True)]
    person = {"id": "ID", "_id": "Int", "email": "String", "firstName": "String"}
    person |= {"lastName": "String"}
    end = {"success": "Boolean!", "message": "String!"}
    unknown = ("name", "phone", "status", "apiToken", "isVerified", "isSuspended", "token")
    unknown = dict.fromkeys((*unknown, "rememberToken"), "String")
    unknown |= {"customerGroupId": "Int", "subscribedToNewsLetter": "Boolean"}
    assert told == [
        person | unknown,
        {"id": "ID", "_id": "Int", "apiToken": "String", "token": "String"} | end,
        end,
        end,
        person | {"isValid": "Boolean!", "message": "String!"},
    ]


# --- Too often -----------------------------------------------------------------------------------

TOO_OFTEN = {
    "message": "Rate limit exceeded",
    "error": "rate_limit_exceeded",
    "retry_after": 60,
    "errors": [{"message": "Rate limit exceeded"}],
}


def test_sixty_a_minute_are_the_default():
    assert configured.SIGN_INS_PER_MINUTE == 60


def test_sign_ins_and_registrations_count_together_however_they_end(ask, register, settings):
    settings.SIGN_INS_PER_MINUTE = 6
    register()
    register(confirmPassword="")
    register(email="ada")
    for email, password in ((MAIL, PASSWORD), (MAIL, OTHER), ("eve@example.com", OTHER)):
        assert ask(LOGIN, email=email, password=password).status_code == 200
    for response in (
        ask(LOGIN, email=MAIL, password=PASSWORD),
        ask(LOGIN, email="eve@example.com", password=OTHER),
        register("grace@example.com"),
    ):
        assert (response.status_code, response["Retry-After"]) == (429, "60")
        assert response.json() == TOO_OFTEN
    assert (Account.objects.count(), CustomerToken.objects.count()) == (1, 1)


def test_one_too_many_costs_no_hash(ask, settings, hashed):
    settings.SIGN_INS_PER_MINUTE = 0
    assert ask(LOGIN, email=MAIL, password=PASSWORD).status_code == 429
    assert hashed == []


def test_each_of_several_in_one_document_counts(ask, settings):
    settings.SIGN_INS_PER_MINUTE, settings.ACCOUNT_TRIES = 15, 100
    one = f'createCustomerLogin(input: {{email: "{MAIL}", password: "{OTHER}"}})'
    many = " ".join(f"a{number}: {one} {{ customerLogin {{ _id }} }}" for number in range(10))
    assert ask(f"mutation {{ {many} }}").status_code == 200
    # What was done is told; the request as a whole is refused when nothing was.
    response = ask(f"mutation {{ {many} }}")
    done = [field for field, payload in response.json()["data"].items() if payload]
    refused = [error["path"] for error in response.json()["errors"]]
    assert (response.status_code, done) == (200, [f"a{number}" for number in range(5)])
    assert refused == [[f"a{number}"] for number in range(5, 10)]
    assert {error["message"] for error in response.json()["errors"]} == {"Rate limit exceeded"}
    assert ask(f"mutation {{ {many} }}").json() == TOO_OFTEN


def test_a_sign_out_beside_one_sign_in_too_many_is_told(ask, register, login, settings):
    register()
    bearer = login()["token"]
    settings.SIGN_INS_PER_MINUTE = 2
    one = f'createCustomerLogin(input: {{email: "{MAIL}", password: "{PASSWORD}"}})'
    both = f"createLogout(input: {{}}) {{ logout {{ success }} }} {one} {{ clientMutationId }}"
    response = ask(f"mutation {{ {both} }}", bearer=bearer)
    assert response.status_code == 200
    assert response.json()["data"] == {
        "createLogout": {"logout": {"success": True}},
        "createCustomerLogin": None,
    }


def test_others_are_not_hindered_nor_other_questions(ask, register, login, settings, frozen):
    register()
    bearer = login()["token"]
    settings.SIGN_INS_PER_MINUTE = 2
    assert ask(LOGIN, email=MAIL, password=PASSWORD).status_code == 429
    assert login(address="192.0.2.2")["success"] is True
    assert verified(ask, bearer)["isValid"] is True
    assert ask(LOGOUT, bearer=bearer).status_code == 200
    frozen(NOW + timedelta(minutes=1))
    assert login()["success"] is True


# --- Whatever is sent ----------------------------------------------------------------------------

HOSTILE = [
    *("", " ", "\0", "a\0b", "a\nb", "\u200f\u202e", "__proto__", "constructor", "x" * 10_000),
    *("%", "'; --", '"', "\\", "😀" * 100, "\ufffe", "{}", "null", "ada@bücher.example"),
]


@pytest.mark.slow
@pytest.mark.parametrize("field", [*NAMES, "email", "password"])
def test_whatever_is_entered_is_answered_in_our_own_words(register, login, field, settings):
    settings.ACCOUNT_TRIES = settings.SIGN_INS_PER_MINUTE = 1_000
    for text in HOSTILE:
        given = {field: text} | ({"confirmPassword": text} if field == "password" else {})
        response = register(**given)
        assert response.status_code == 200, text
        for error in response.json().get("errors", ()):
            assert not error["message"].startswith("Something went wrong on our side."), text
        if field in ("email", "password"):
            login(**{field: text})


@pytest.mark.slow
@pytest.mark.parametrize("field", [*NAMES, "email", "password", "clientMutationId"])
def test_what_is_no_text_is_named(register, field):
    assert register(**{field: 1e400}).status_code == 400
    for value in (None, 5, True, ["a"], {"a": "b"}):
        answer = register(**{field: value}).json()
        if field == "clientMutationId" and value is None:
            assert list(answer) == ["data"]
            continue
        assert list(answer) == ["errors"], value
        for error in answer["errors"]:
            assert error["message"].startswith("Variable '$input' got an invalid value"), value


@pytest.mark.parametrize("text", [r"\ud800", r"\udc00\ud800", r"a\ud83d"])
def test_half_a_character_is_refused(ask, register, post, text):
    body = json.dumps({"query": LOGIN, "variables": {"input": {"email": "@@", "password": "p"}}})
    response = post(body.replace("@@", text).encode())
    assert response.status_code == 400
    assert response.json() == {"errors": [{"message": "The request is not UTF-8 text."}]}
    login = f'createCustomerLogin(input: {{email: "{text}", password: "p"}})'
    written = ask(f"mutation {{ {login} {{ customerLogin {{ _id }} }} }}").json()
    assert "Syntax Error: Invalid Unicode escape sequence" in written["errors"][0]["message"]


def test_a_password_stands_in_no_answer(register, login, ask):
    assert PASSWORD not in register().content.decode()
    for answer in (
        ask(LOGIN, email=MAIL, password=PASSWORD),
        ask(LOGIN, email="ada", password=PASSWORD + "!"),
        register(confirmPassword=OTHER),
        register(firstName=PASSWORD, lastName=""),
    ):
        assert PASSWORD not in answer.content.decode()
