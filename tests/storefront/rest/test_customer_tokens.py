"""`POST /api/v1/customer-tokens`: a shop's own server asks for its customer's bearer."""

import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from downloads import fulfilment
from downloads.models import Account, Reader
from downloads.tokens import hash_token, with_checksum
from storefront.models import CustomerToken, SecretKey, StorefrontKey, TokenExchange
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory
from tests.racing import at_once
from tests.storefront.conftest import FACE_B, PRIVATE

EXCHANGE = "/api/v1/customer-tokens"
LIST = "/api/shop/customer-downloadable-products"
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
NO_CUSTOMER = {"message": "This shop has no such customer.", "error": "not_found"}
REUSED = {
    "message": "This Idempotency-Key was sent for another customer. Send a new one for each "
    "request.",
    "error": "invalid_request",
}
AN_HOUR_ON = "2026-03-01T13:00:00+00:00"


@pytest.fixture
def ada(db):
    return CustomerFactory(email="ada@example.com", platform_id=7001)


@pytest.fixture
def secret(ada):
    """The secret key of the shop of `ada`: its row and the key itself."""
    return SecretKey.issue(ada.shop, name="Server")


@pytest.fixture
def ask(client, secret):
    """Return a function that asks as the shop's server does; `name` is its Idempotency-Key."""

    def send(body, *, name=None, key=secret[1], **headers):
        headers = {"Authorization": f"Bearer {key}"} | headers
        if name is not None:
            headers["Idempotency-Key"] = name
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(EXCHANGE, content, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def bought(client, ada):
    """Return a function that lists what a bearer shows on both of the storefront's faces."""
    key = StorefrontKey.issue(ada.shop, name="Storefront")[1]

    def read(bearer, key=key):
        sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}
        rest = client.get(LIST, headers=sent)
        query = {"query": "{ customerDownloadableProducts { edges { node { _id } } } }"}
        answer = client.post(FACE_B, query, content_type="application/json", headers=sent).json()
        if "errors" in answer:
            assert (rest.status_code, rest.json()["error"]) == (401, "unauthenticated")
            return None
        edges = answer["data"]["customerDownloadableProducts"]["edges"]
        ids = [edge["node"]["_id"] for edge in edges]
        assert [row["id"] for row in rest.json()] == ids
        return ids

    return read


def by_mail(customer):
    return {"email": customer.email}


def facts():
    """Return all that an exchange makes, to compare before with after."""
    return list(CustomerToken.objects.values()), list(TokenExchange.objects.values())


@pytest.mark.parametrize(
    "named",
    [
        {"email": "ada@example.com"},
        {"email": " ADA@Example.com "},
        {"platform_id": 7001},
        {"platform_id": "7001"},
    ],
    ids=str,
)
def test_a_customer_is_named_by_address_or_by_number(ada, ask, named):
    answered = ask(named)
    row = CustomerToken.objects.get()
    assert (answered.status_code, row.origin) == (201, "exchange")
    # By an address it is for its owner, and for nobody with a number.
    by_address = (None, "ada@example.com")
    whose = (row.customer.platform_id, row.email)
    assert whose == (by_address if "email" in named else (7001, ""))
    assert answered.json() == {
        "token": answered.json()["token"],
        "expires_at": AN_HOUR_ON,
    }
    number, text = answered.json()["token"].split("|")
    assert (int(number), hash_token(text)) == (row.pk, row.secret_hash)


def test_the_answer_is_private_json_with_the_keys_rate(ada, ask):
    answered = ask(by_mail(ada))
    assert {name: answered.headers.get(name) for name in PRIVATE} == PRIVATE
    assert answered.headers["Content-Type"] == "application/json"
    told = {name: answered.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")}
    assert told == {"Limit": "600", "Remaining": "599"}
    assert "Set-Cookie" not in answered.headers
    assert "Access-Control-Allow-Origin" not in answered.headers


def test_no_browser_of_another_site_is_let_in(ask, ada):
    answered = ask(by_mail(ada), Origin="https://shop.example")
    assert "Access-Control-Allow-Origin" not in answered.headers


def test_a_bearer_shows_what_its_customer_bought_and_no_more(ada, ask, bought):
    grant = GrantFactory(order__shop=ada.shop, order__customer=ada)
    GrantFactory(order__shop=ada.shop, order__customer=CustomerFactory(shop=ada.shop))
    assert bought(ask(by_mail(ada)).json()["token"]) == [grant.pk]


def test_a_bearer_is_nobody_in_another_shop(ada, ask, bought):
    other = StorefrontKey.issue(ShopFactory(), name="Storefront")[1]
    token = ask(by_mail(ada)).json()["token"]
    assert (bought(token), bought(token, key=other)) == ([], None)


def test_a_bearer_lasts_as_long_as_the_setting_says(ada, ask, bought, frozen, settings):
    settings.EXCHANGED_TOKEN_SECONDS = 90
    answer = ask(by_mail(ada)).json()
    assert answer["expires_at"] == "2026-03-01T12:01:30+00:00"
    end = NOW + timedelta(seconds=90)
    seen = []
    for at in (end - MOMENT, end):
        frozen(at)
        seen.append(bought(answer["token"]))
    assert seen == [[], None]


def test_an_exchange_takes_the_same_queries_for_each_customer(ada, ask, django_assert_num_queries):
    guests = CustomerFactory.create_batch(2, shop=ada.shop)
    ask(by_mail(guests[0]))
    for customer in guests:
        with django_assert_num_queries(5):  # key, customer, the bearer between two marks
            ask(by_mail(customer))


# Who is not there


def erased(ada):
    fulfilment.erase_customer(ada, at=NOW)


def foreign(ada):
    ada.shop = ShopFactory()
    ada.save()


def unconfirmed(ada):
    """Whom nobody but an account leads to whose address was never shown to be its owner's."""
    shop = ada.shop
    ada.delete()
    empty = CustomerFactory(shop=shop, email=None)
    Account.objects.create(
        shop=shop, email="ada@example.com", first_name="A", last_name="B", customer=empty
    )


@pytest.mark.parametrize("gone", [lambda ada: ada.delete(), erased, foreign, unconfirmed])
@pytest.mark.parametrize("named", [{"email": "ada@example.com"}, {"platform_id": 7001}], ids=str)
def test_nobody_of_this_shop_is_told_from_nobody_at_all(ada, secret, ask, gone, named):
    unknown = ask({"email": "nobody@example.com"})
    gone(ada)
    answered = ask(named)
    assert (answered.status_code, answered.json()) == (404, NO_CUSTOMER)
    assert answered.content == unknown.content
    assert facts() == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {"email": ""},
        {"email": " "},
        {"email": None},
        {"email": "None"},
        {"email": "%"},
        {"platform_id": None},
        {"platform_id": 0},
        {"platform_id": ""},
        {},
        {"email": None, "platform_id": None},
    ],
    ids=str,
)
def test_an_empty_customer_is_never_named(ada, ask, body):
    unconfirmed(ada)
    assert ask(body).status_code == 400
    assert facts() == ([], [])


def test_somebody_erased_loses_the_bearers_at_once(ada, ask, bought):
    token = ask(by_mail(ada), name="n").json()["token"]
    erased(ada)
    assert bought(token) is None


# What is no request

TOO_DEEP = "The body is nested too deeply, or has a number that is too long or none."
WORDS = {
    "nothing": (b"", "The body is not JSON: Expecting value at character 0."),
    "an empty object": (b"{}", "Name the customer by one of: email, platform_id."),
    "both": (
        b'{"email": "ada@example.com", "platform_id": 7001}',
        "Name the customer by one of: email, platform_id.",
    ),
    "another word": (b'{"mail": "a"}', "Name the customer by one of: email, platform_id."),
    "half an object": (b'{"email": ', "The body is not JSON: Expecting value at character 10."),
    "a form": (
        b"email=ada%40example.com",
        "The body is not JSON: Expecting value at character 0.",
    ),
    "no number": (b'{"platform_id": NaN}', TOO_DEEP),
    "not UTF-8": (b'{"email": "\xe9@example.com"}', "The body is not UTF-8 text."),
    "digits past any": (b'{"platform_id": 1%s}' % (b"0" * 9000), TOO_DEEP),
    "nested lists": (b"[" * 100_000, TOO_DEEP),
    "nested objects": (b'{"a":' * 100_000, TOO_DEEP),
    "a list": (b"[1]", "Expected a JSON object, got a list."),
    "a text": (b'"x"', "Expected a JSON object, got text."),
    "null": (b"null", "Expected a JSON object, got nothing."),
    "no address": (b'{"email": "ada"}', "email: Enter a valid email address."),
    "a list for an address": (b'{"email": ["a@b.com"]}', "email: Enter a valid email address."),
    "NUL": (b'{"email": "a\\u0000@b.com"}', "email: Null characters are not allowed."),
    "half a character": (
        b'{"email": "\\ud800@b.com"}',
        "email: Surrogate characters are not allowed: U+D800.",
    ),
    "truth": (b'{"platform_id": true}', "platform_id: A valid integer is required."),
    "a fraction": (b'{"platform_id": 1.5}', "platform_id: A valid integer is required."),
    "a word": (b'{"platform_id": "x"}', "platform_id: A valid integer is required."),
    "below one": (
        b'{"platform_id": 0}',
        "platform_id: Ensure this value is greater than or equal to 1.",
    ),
    "past 64 bits": (
        b'{"platform_id": 9223372036854775808}',
        "platform_id: Ensure this value is less than or equal to 9223372036854775807.",
    ),
}


@pytest.mark.parametrize(("body", "message"), WORDS.values(), ids=WORDS)
def test_what_names_no_customer_is_refused_in_words(ada, ask, body, message):
    answered = ask(body, name="n")
    assert answered.status_code == 400
    assert answered.json()["error"] == "invalid_request"
    assert answered.json()["message"] == message
    assert facts() == ([], [])


def test_more_than_anybody_means_to_send_is_not_read(ada, ask, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answered = ask(b" " * 1001)
    told = {"message": "The request is too large.", "error": "invalid_request"}
    assert (answered.status_code, answered.json()) == (413, told)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_any_other_method_is_named_as_such(db, client, method):
    answered = getattr(client, method)(EXCHANGE)
    assert (answered.status_code, answered.headers["Allow"]) == (405, "POST, OPTIONS")
    if method != "head":
        told = {"message": f'Method "{method.upper()}" not allowed.', "error": "method_not_allowed"}
        assert answered.json() == told


# The key

MISSING = {
    "message": "Send the shop's secret key as Authorization: Bearer sk_…",
    "error": "missing_key",
}
INVALID = {"message": "Invalid API key", "error": "invalid_key"}


@pytest.mark.parametrize(
    "bend",
    [
        lambda key: "",
        lambda key: "Bearer",
        lambda key: "Bearer ",
        lambda key: key,
        lambda key: f"Basic {key}",
        lambda key: f"Bearer{key}",
        lambda key: f"Bearer x{key}",
        lambda key: f"Bearer {key} {key}",
        lambda key: f"Bearer {StorefrontKey.PREFIX}{'x' * 43}",
        lambda key: f"Bearer 1|{'x' * 43}",
    ],
)
def test_without_a_secret_key_nothing_is_answered(ask, secret, bend, django_assert_num_queries):
    with django_assert_num_queries(0):
        answered = ask(b"[", Authorization=bend(secret[1]))
    assert (answered.status_code, answered.json()) == (401, MISSING)
    assert answered.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "bend",
    [
        lambda key: key[:-1],
        lambda key: f"{key}x",
        lambda key: f"sk_{key}",
        lambda key: f"SK_{key[3:]}",
        lambda key: f"{key},{key}",
        lambda key: f"sk_{hash_token(key)}",
    ],
)
def test_a_mistyped_secret_key_is_invalid_without_a_query(
    ask, secret, bend, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answered = ask(b"[", key=bend(secret[1]))
    assert (answered.status_code, answered.json()) == (401, INVALID)
    assert answered.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_secret_key_is_invalid(ask):
    answered = ask(b"[", key=with_checksum("sk_" + "x" * 43))
    assert (answered.status_code, answered.json()) == (401, INVALID)


@pytest.mark.parametrize("word", ["bearer ", "BEARER ", "Bearer   "])
def test_the_word_bearer_is_read_in_any_case(ask, ada, secret, word):
    assert ask(by_mail(ada), Authorization=word + secret[1]).status_code == 201


@pytest.mark.parametrize("end", [{"revoked_at": NOW}, {"expires_at": NOW}], ids=str)
def test_an_ended_secret_key_is_invalid(ask, ada, end):
    SecretKey.objects.update(**end)
    answered = ask(by_mail(ada))
    assert (answered.status_code, answered.json()) == (401, INVALID)
    assert facts() == ([], [])


def test_past_the_keys_rate_nothing_is_read(ask, ada, frozen):
    SecretKey.objects.update(rate_per_minute=2)
    frozen(NOW + timedelta(seconds=20))
    assert [ask(body).status_code for body in (by_mail(ada), b"[", b"[")] == [201, 400, 429]
    answered = ask(by_mail(ada))
    told = {"message": "Rate limit exceeded", "error": "rate_limit_exceeded", "retry_after": 40}
    assert (answered.json(), answered.headers["Retry-After"]) == (told, "40")
    assert answered.headers["X-RateLimit-Remaining"] == "0"
    assert CustomerToken.objects.count() == 1


# One name, one bearer


def test_without_a_name_each_request_gets_a_bearer_of_its_own(ask, ada):
    tokens = {ask(by_mail(ada), name=name).json()["token"] for name in (None, None, "", "")}
    assert (len(tokens), TokenExchange.objects.count()) == (4, 0)


def test_a_repetition_gets_the_same_answer(ask, ada, frozen, bought):
    first = ask(by_mail(ada), name="order-17")
    frozen(NOW + HOUR - MOMENT)
    for named in (by_mail(ada), {"email": "ADA@example.com"}):
        again = ask(named, name="order-17")
        assert (again.status_code, again.content) == (201, first.content)
    assert CustomerToken.objects.count() == 1
    assert bought(again.json()["token"]) == []


def test_the_bearer_of_a_name_is_stored_sealed(ask, ada):
    token = ask(by_mail(ada), name="order-17").json()["token"]
    stored = [str(value) for rows in facts() for row in rows for value in row.values()]
    secret = token.partition("|")[2]
    assert [value for value in stored if secret in value or "order-17" in value] == []


def test_a_name_given_to_another_customer_is_refused_and_nothing_is_made(ask, ada):
    ask(by_mail(ada), name="n")
    before = facts()
    answered = ask(by_mail(CustomerFactory(shop=ada.shop)), name="n")
    assert (answered.status_code, answered.json()) == (422, REUSED)
    assert facts() == before


def test_a_name_is_free_again_after_its_bearers_end(ask, ada, frozen):
    first = ask(by_mail(ada), name="n").json()["token"]
    frozen(NOW + HOUR)
    second = ask(by_mail(ada), name="n").json()
    assert (second["token"] != first, second["expires_at"]) == (True, "2026-03-01T14:00:00+00:00")
    assert ask(by_mail(ada), name="n").json() == second


def test_a_name_is_free_again_once_its_bearer_is_revoked(ask, ada, bought):
    first = ask(by_mail(ada), name="n").json()["token"]
    CustomerToken.objects.all().revoke(NOW)
    second = ask(by_mail(ada), name="n").json()["token"]
    assert (bought(first), bought(second)) == (None, [])


def test_a_free_name_may_be_given_to_another_customer(ask, ada, frozen):
    ask(by_mail(ada), name="n")
    frozen(NOW + HOUR)
    assert ask(by_mail(CustomerFactory(shop=ada.shop)), name="n").status_code == 201


def test_the_keys_of_two_shops_share_no_names(ask, ada):
    grace = CustomerFactory()
    other = SecretKey.issue(grace.shop, name="Server")[1]
    first = ask(by_mail(ada), name="n").json()
    second = ask(by_mail(grace), name="n", key=other).json()
    assert first["token"] != second["token"]
    assert ask(by_mail(ada), name="n").json() == first


def test_a_name_has_at_most_255_characters(ask, ada):
    assert ask(by_mail(ada), name="n" * 255).status_code == 201
    answered = ask(by_mail(ada), name="n" * 256)
    told = "The Idempotency-Key is longer than 255 characters."
    assert (answered.status_code, answered.json()["message"]) == (400, told)
    assert CustomerToken.objects.count() == 1


def test_a_repetition_survives_a_new_encryption_key(ask, ada, settings):
    first = ask(by_mail(ada), name="n").json()
    fresh = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [fresh, *settings.ENCRYPTION_KEYS]
    assert ask(by_mail(ada), name="n").json() == first
    call_command("reseal_secrets")
    settings.ENCRYPTION_KEYS = [fresh]
    assert ask(by_mail(ada), name="n").json() == first


def test_a_seal_no_key_opens_costs_the_repetition_alone(ask, ada, settings, bought):
    first = ask(by_mail(ada), name="n").json()["token"]
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    second = ask(by_mail(ada), name="n")
    assert second.status_code == 201
    assert second.json()["token"] != first
    assert ask(by_mail(ada), name="n").json() == second.json()
    assert (bought(first), bought(second.json()["token"])) == ([], [])


def test_a_broken_seal_does_not_free_a_name_for_others(ask, ada, settings):
    ask(by_mail(ada), name="n")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert ask(by_mail(CustomerFactory(shop=ada.shop)), name="n").status_code == 422


def test_what_ended_long_ago_is_forgotten_with_its_name(ask, ada, settings):
    ask(by_mail(ada), name="n")
    at = NOW + HOUR + timedelta(days=settings.ENDED_TOKEN_DAYS)
    assert fulfilment.forget_rows(CustomerToken.objects.past_retention(at), at_most=9) == 0
    past = CustomerToken.objects.past_retention(at + MOMENT)
    assert fulfilment.forget_rows(past, at_most=9) == 1
    assert facts() == ([], [])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_equal_requests_at_once_get_one_bearer():
    """Each with a connection of its own; whoever comes second finds what the first has made."""
    ada = CustomerFactory()
    key = SecretKey.issue(ada.shop, name="Server")[0]

    def work(number):
        return lambda: TokenExchange.answer(key, Reader(ada), name=f"n{number % 2}", at=NOW)[1]

    bearers = at_once(*(work(number) for number in range(8)))
    assert (len(set(bearers[::2])), len(set(bearers[1::2]))) == (1, 1)
    assert (len(set(bearers)), CustomerToken.objects.count()) == (2, 2)
    assert TokenExchange.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_customers_at_once_one_has_the_name():
    ada = CustomerFactory()
    grace = CustomerFactory(shop=ada.shop)
    key = SecretKey.issue(ada.shop, name="Server")[0]
    answers = at_once(
        *(
            lambda customer=customer: TokenExchange.answer(key, Reader(customer), name="n", at=NOW)
            for customer in (ada, grace) * 4
        )
    )
    winners = {answer[0].customer_id for answer in answers if answer is not None}
    assert (len(winners), answers.count(None)) == (1, 4)
    assert CustomerToken.objects.count() == 1
