"""POST /webhooks/shopify: verify, store once, answer. A refusal stores nothing."""

import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client, RequestFactory
from django_tasks_db.models import DBTaskResult

from downloads.models import Message
from storefront.models import WebhookSecret
from storefront.webhooks import views as webhooks
from tests.conftest import WEBHOOK_SECRET, WEBHOOKS, sign
from tests.factories import NOW, ShopFactory
from tests.storefront.conftest import PRIVATE, headers_of

TOPIC = "orders/create"
ORDER = {"id": 1}
TOKEN = "b1946ac92492d2347c6235b4d2611184"
JSON = PRIVATE | {"content-type": "application/json"}
LIMIT = 2 * 1024 * 1024
ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
SECOND = timedelta(seconds=1)


@pytest.fixture
def post(deliver):
    """Return a function that posts a message and leaves it waiting."""

    def send(topic=TOPIC, payload=ORDER, **given):
        return deliver(topic, payload, is_applied=False, **given)

    return send


def stored():
    """Return how many messages and how many tasks there are."""
    return Message.objects.count(), DBTaskResult.objects.count()


def answer_of(response):
    return response.status_code, response.json()


def require_without_topic():
    """Fail unless the one message is set aside for saying no topic."""
    aside = Message.objects.get()
    assert (aside.topic, aside.state) == ("unclear", Message.State.SET_ASIDE)
    assert aside.error == "The message does not say its topic."


RECEIVED = (200, {"message": "Received."})
REFUSED = (401, {"message": "The signature does not match."})


def test_a_signed_message_is_stored_and_a_bell_is_rung(post, merchant):
    response = post(Webhook_Id=ID)
    assert (answer_of(response), headers_of(response)) == (RECEIVED, JSON)
    assert stored() == (1, 1)
    assert Message.objects.values().get() == {
        "id": Message.objects.get().pk,
        "shop_id": merchant.pk,
        "source": "shopify",
        "topic": "orders/create",
        "delivery_id": ID,
        "body": '{"id": 1, "token_sha256": null}',
        "person": "{}",
        "about_customer": None,
        "about_order": 1,
        "state": "waiting",
        "attempts": 0,
        "error": "",
        "received_at": NOW,
        "due_at": NOW,
        "applied_at": None,
    }
    task = DBTaskResult.objects.get()
    assert (task.task_path, task.args_kwargs) == (
        "storefront.inbox.apply_messages",
        {"args": [], "kwargs": {}},
    )


def test_the_domain_counts_in_any_case(post):
    assert answer_of(post(Shop_Domain="My-Store.EXAMPLE")) == RECEIVED


def test_no_cookie_and_no_csrf_token_is_needed(merchant):
    body = json.dumps(ORDER).encode()
    response = Client(enforce_csrf_checks=True).post(
        WEBHOOKS,
        body,
        content_type="application/json",
        headers={
            "X-Shopify-Topic": TOPIC,
            "X-Shopify-Shop-Domain": merchant.domain,
            "X-Shopify-Hmac-Sha256": sign(body),
        },
    )
    assert answer_of(response) == RECEIVED
    assert response.cookies == {}


# --- The signature -----------------------------------------------------------------------------

BODY = json.dumps(ORDER).encode()
GOOD = sign(BODY)
SIGNATURES = {
    "absent": None,
    "empty": "",
    "of other bytes": sign(BODY + b" "),
    "of the same order, written otherwise": sign(json.dumps(ORDER, indent=1).encode()),
    "of nothing": sign(b""),
    "with another secret": sign(BODY, "not the secret"),
    "with no secret": sign(BODY, ""),
    "cut off": GOOD[:-1],
    "cut to a few letters": GOOD[:8],
    "without its padding": GOOD.rstrip("="),
    "with something behind": GOOD + "A",
    "in other case": GOOD.swapcase(),
    "twice": f"{GOOD}, {GOOD}",
    "in hex": sign(BODY).encode().hex(),
    "no base64": "not base64 at all!",
    "outside ASCII": "ünsigned",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_wrong_signature_is_401_and_stores_nothing(post, signature):
    response = post(Hmac_Sha256=signature)
    assert (answer_of(response), headers_of(response)) == (REFUSED, JSON)
    assert stored() == (0, 0)
    assert WebhookSecret.objects.get().used_at is None


@pytest.mark.parametrize(
    "sent",
    [BODY + b"\n", json.dumps(ORDER, separators=(",", ":")).encode(), b'{"id": 2}', b"", b"{"],
    ids=str,
)
def test_a_good_signature_of_another_body_is_401(post, sent):
    assert answer_of(post(payload=sent, Hmac_Sha256=GOOD)) == REFUSED
    assert stored() == (0, 0)


@pytest.mark.parametrize(
    "domain", ["other.example", "unknown.example", "", None, "my-store", "x" * 999]
)
def test_a_secret_signs_for_its_own_shop_alone(post, domain):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="shopify", secret="another secret")
    assert answer_of(post(Shop_Domain=domain)) == REFUSED
    assert stored() == (0, 0)


def test_an_address_with_a_nul_in_it_is_of_no_shop(client, merchant):
    """PostgreSQL cannot even look for one."""
    response = client.post("/webhooks/shopify/%00", b"{}", content_type="application/json")
    assert answer_of(response) == REFUSED


def test_two_shops_with_one_secret_are_still_two(post, merchant):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="shopify", secret=WEBHOOK_SECRET)
    assert answer_of(post(Shop_Domain="other.example")) == RECEIVED
    assert Message.objects.get().shop == other


@pytest.mark.parametrize(
    "ended",
    [{"revoked_at": NOW - SECOND}, {"expires_at": NOW}, {"expires_at": NOW - SECOND}],
    ids=str,
)
def test_an_ended_secret_signs_nothing(post, ended):
    WebhookSecret.objects.update(**ended)
    assert answer_of(post()) == REFUSED
    assert stored() == (0, 0)


def test_a_secret_that_ends_later_still_signs(post):
    WebhookSecret.objects.update(expires_at=NOW + SECOND)
    assert answer_of(post()) == RECEIVED


def test_a_shop_without_a_secret_is_refused_like_an_unknown_one(post):
    WebhookSecret.objects.all().delete()
    assert answer_of(post()) == REFUSED
    assert answer_of(post(secret="")) == REFUSED
    assert stored() == (0, 0)


def test_a_secret_of_another_platform_signs_nothing(post):
    WebhookSecret.objects.update(source="another")
    assert answer_of(post()) == REFUSED
    assert stored() == (0, 0)


def test_both_secrets_sign_while_one_rotates(post, merchant):
    fresh = WebhookSecret.keep(merchant, source="shopify", secret="the next one")
    assert answer_of(post()) == RECEIVED
    fresh.refresh_from_db()
    assert fresh.used_at is None
    assert answer_of(post(secret="the next one")) == RECEIVED
    fresh.refresh_from_db()
    assert fresh.used_at == NOW
    assert answer_of(post(secret="neither")) == REFUSED
    assert stored()[0] == 2


def test_a_secrets_last_use_is_noted_to_the_hour(post, frozen):
    times = []
    for minutes in (0, 59, 61, 90, 122):
        frozen(NOW + timedelta(minutes=minutes))
        post()
        times.append((WebhookSecret.objects.get().used_at - NOW).seconds // 60)
    assert times == [0, 0, 61, 61, 122]


def test_a_secret_that_cannot_be_opened_asks_to_come_again(post, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    response = post()
    assert answer_of(response) == (
        503,
        {"message": "A stored secret cannot be opened with ENCRYPTION_KEYS."},
    )
    assert headers_of(response) == JSON | {"retry-after": "30"}
    assert stored() == (0, 0)


def test_a_secret_that_cannot_be_opened_does_not_stop_the_others(post, merchant, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    WebhookSecret.keep(merchant, source="shopify", secret="a later one")
    assert answer_of(post(secret="a later one")) == RECEIVED
    assert post(secret="neither").status_code == 503
    assert stored() == (1, 1)


# --- The body ----------------------------------------------------------------------------------

DEEP = "The body is nested too deeply, or has a number that is too long or none."
NO_JSON = {
    "empty": (b"", "The body is not JSON: Expecting value at character 0."),
    "spaces": (b"  ", "The body is not JSON: Expecting value at character 2."),
    "cut off": (b'{"id": 1', "The body is not JSON: Expecting ',' delimiter at character 8."),
    "two objects": (b"{}{}", "The body is not JSON: Extra data at character 2."),
    "a form": (b"id=1", "The body is not JSON: Expecting value at character 0."),
    "not UTF-8": (b'{"id": "\xff"}', "The body is not UTF-8 text."),
    "UTF-16": ("{}".encode("utf-16"), "The body is not UTF-8 text."),
    "no number": (b'{"id": NaN}', DEEP),
    "infinity": (b'{"id": -Infinity}', DEEP),
}
NO_OBJECT = {
    "nested brackets": (b"[" * 100_000, DEEP),
    "nested and closed": (b"[" * 100_000 + b"]" * 100_000, DEEP),
    "nested objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, DEEP),
    "nested in a field": (b'{"line_items":' + b"[" * 100_000 + b"]" * 100_000 + b"}", DEEP),
    "a list": (b"[]", "Expected a JSON object, got a list."),
    "a text": (b'"order"', "Expected a JSON object, got text."),
    "a number": (b"7", "Expected a JSON object, got a number."),
    "null": (b"null", "Expected a JSON object, got nothing."),
    "a long number": (b'{"id": ' + b"9" * 5_000 + b"}", DEEP),
}
BODIES = NO_JSON | NO_OBJECT


@pytest.mark.parametrize(("body", "message"), NO_JSON.values(), ids=NO_JSON)
def test_a_signed_body_that_is_no_json_is_400(post, body, message):
    response = post(payload=body)
    assert (answer_of(response), headers_of(response)) == ((400, {"message": message}), JSON)
    assert stored() == (0, 0)


@pytest.mark.parametrize(("body", "message"), NO_OBJECT.values(), ids=NO_OBJECT)
def test_signed_json_that_says_nothing_is_stored_and_set_aside(deliver, body, message):
    for _ in range(2):
        assert answer_of(deliver(TOPIC, body)) == RECEIVED
    aside = Message.objects.get()
    assert (aside.topic, aside.state, aside.error) == (TOPIC, Message.State.SET_ASIDE, message)


def test_json_that_says_nothing_of_a_topic_never_heard_is_no_matter_of_ours(deliver):
    assert answer_of(deliver("never/heard", b"[]")) == RECEIVED
    assert Message.objects.get().state == Message.State.IGNORED


def test_a_body_that_is_no_object_needs_its_signature_first(post):
    for body, _message in BODIES.values():
        assert answer_of(post(payload=body, Hmac_Sha256=GOOD)) == REFUSED
    assert stored() == (0, 0)


def of_size(size):
    return b'{"note": "' + b"x" * (size - 12) + b'"}'


def test_a_body_of_exactly_the_limit_is_stored(post, settings):
    assert settings.WEBHOOK_MAX_BYTES == LIMIT == len(of_size(LIMIT))
    assert answer_of(post(payload=of_size(LIMIT))) == RECEIVED


@pytest.mark.parametrize("size", [LIMIT + 1, 3 * LIMIT])
def test_a_body_beyond_the_limit_is_413_also_when_signed(post, size):
    response = post(payload=of_size(size))
    assert answer_of(response) == (413, {"message": "A message may have at most 2097152 bytes."})
    assert headers_of(response) == JSON
    assert stored() == (0, 0)


def test_nothing_of_a_body_beyond_the_limit_is_read(settings):
    settings.WEBHOOK_MAX_BYTES = 10
    request = RequestFactory().post(WEBHOOKS, b"x" * 11, content_type="application/json")
    assert webhooks.receive(request, source="shopify").status_code == 413
    assert len(request.read()) == 11


def test_a_body_in_chunks_is_asked_for_with_its_length(client, merchant):
    response = client.generic("POST", WEBHOOKS, b"", HTTP_TRANSFER_ENCODING="chunked")
    message = "Send the request with its Content-Length, not in chunks."
    assert answer_of(response) == (411, {"message": message})
    assert stored() == (0, 0)


ODD = {
    "texts for objects": {"customer": "Bob", "line_items": "none", "refunds": 7},
    "lists for objects": {"customer": [1], "line_items": [[1]], "refunds": [[[]]]},
    "objects for texts": {"id": {"a": 1}, "email": {"b": [2]}, "token": {"c": 3}},
    "truth for numbers": {"id": True, "customer": {"id": True}},
    "numbers beyond all": {"id": 10**400, "customer": {"id": 10**400}},
    "fractions": {"id": 1.5, "total_price": 1e308, "customer": {"id": 1e400}},
    "half a letter": {"email": "\ud83d", "token": "\ud83d" * 20, "customer": {"id": 1}},
    "nothing": {},
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "topic", [TOPIC, "refunds/create", "products/update", "customers/redact", "never/heard"]
)
def test_an_odd_object_is_stored_and_refused_later_at_the_worst(deliver, topic, payload):
    body = json.dumps(payload).replace("Infinity", "1e400").encode()
    assert answer_of(deliver(topic, body)) == RECEIVED
    assert "fault of ours" not in Message.objects.get().error


# --- What is written outside -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posts_are_heard(client, merchant, method):
    response = getattr(client, method)(WEBHOOKS)
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert stored() == (0, 0)


@pytest.mark.parametrize("source", ["magento", "Shopify", "shopify-2"])
def test_an_unknown_platform_is_404(client, merchant, source):
    response = client.post(f"/webhooks/{source}", BODY, content_type="application/json")
    assert answer_of(response) == (404, {"message": "No such platform."})
    assert stored() == (0, 0)


@pytest.mark.parametrize("topic", [None, "", " ", "orders create", "örders/create", "x" * 101])
def test_a_message_without_a_topic_is_set_aside(deliver, topic):
    assert answer_of(deliver(topic, ORDER, Topic=topic)) == RECEIVED
    require_without_topic()


@pytest.mark.parametrize("number", [None, "", "two words", "x" * 101, "ünique"])
def test_a_message_without_an_id_is_known_by_its_content(post, number):
    for payload in ({"id": 1}, {"id": 2}, {"id": 1}):
        assert answer_of(post(payload=payload, Webhook_Id=number)) == RECEIVED
    ids = list(Message.objects.order_by("pk").values_list("delivery_id", flat=True))
    assert len(ids) == 2
    assert {(name[:7], len(name)) for name in ids} == {("sha256:", 71)}


def test_the_longest_names_are_kept_whole(post):
    post("t" * 100, Webhook_Id="i" * 100)
    message = Message.objects.get()
    assert (message.topic, message.delivery_id) == ("t" * 100, "i" * 100)


# --- Once --------------------------------------------------------------------------------------


def test_the_same_delivery_is_stored_once_and_answered_alike(post):
    first, again = post(Webhook_Id=ID), post(Webhook_Id=ID)
    assert answer_of(first) == answer_of(again) == RECEIVED
    assert stored() == (1, 1)


def test_the_same_id_with_another_body_is_the_same_delivery(post):
    post(payload={"id": 1}, Webhook_Id=ID)
    assert answer_of(post(payload={"id": 2}, Webhook_Id=ID)) == RECEIVED
    assert json.loads(Message.objects.get().body)["id"] == 1


def test_a_repeated_delivery_is_not_applied_again(deliver):
    for _time in range(2):
        assert answer_of(deliver("app/uninstalled", {}, Webhook_Id=ID)) == RECEIVED
    assert Message.objects.get().state == "applied"
    assert DBTaskResult.objects.count() == 1


def test_the_same_id_under_another_topic_or_of_another_shop_is_another(post):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="shopify", secret="another secret")
    post(Webhook_Id=ID)
    post("orders/paid", Webhook_Id=ID)
    post(Webhook_Id=ID, Shop_Domain="other.example", secret="another secret")
    assert stored() == (3, 1)


def test_an_unknown_topic_is_stored_and_rings_no_bell(post):
    assert answer_of(post("carts/update", {"id": 1, "email": "ada@example.com"})) == RECEIVED
    message = Message.objects.get()
    assert (message.state, message.body, message.person) == ("ignored", "", "")
    assert stored() == (1, 0)


# --- What it costs -----------------------------------------------------------------------------


def test_a_new_and_a_repeated_delivery_cost_so_many_queries(post, django_assert_num_queries):
    post()
    # Seen before, where there is one writer; store, if its secret still stands. The bell.
    seen = int(connection.vendor == "sqlite")
    with django_assert_num_queries(seen + 1 + 1):
        post(Webhook_Id=ID)
    # Whether it stands is asked by itself, where nothing is stored.
    with django_assert_num_queries(3):
        post(Webhook_Id=ID)
    with django_assert_num_queries(1):
        post(Webhook_Id=ID, Hmac_Sha256="wrong")
    with django_assert_num_queries(0):
        post(payload=of_size(LIMIT + 1))


# --- What is kept ------------------------------------------------------------------------------

PRIVATE_FIELDS = {
    "token": TOKEN,
    "cart_token": "cart-0badc0ffee0ddf00d",
    "checkout_token": "checkout-deadbeefcafe",
    "order_status_url": f"https://my-store.example/1/orders/{TOKEN}/authenticate?key=k3y0fstatus",
    "phone": "+49-30-555-0101",
    "browser_ip": "203.0.113.77",
    "client_details": {"user_agent": "Mozilla/9.9", "browser_ip": "203.0.113.77"},
    "note": "leave it at 4 Privet Drive",
    "billing_address": {"address1": "Chestnut Street 92", "phone": "555-625-1199"},
    "shipping_address": {"address1": "Chestnut Street 92", "zip": "40202"},
    "payment_details": {"credit_card_number": "XXXX-XXXX-XXXX-4242"},
    "note_attributes": [{"name": "engraving", "value": "Happy Birthday"}],
}
NOWHERE = [
    TOKEN,
    "cart-0badc0ffee0ddf00d",
    "checkout-deadbeefcafe",
    "k3y0fstatus",
    "555-0101",
    "203.0.113.77",
    "Mozilla/9.9",
    "Privet Drive",
    "Chestnut",
    "555-625-1199",
    "40202",
    "4242",
    "Happy Birthday",
    "Louisville",
    WEBHOOK_SECRET,
]


def everything_stored():
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            values += [str(value) for row in cursor.fetchall() for value in row]
    return values


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
def test_nothing_secret_is_stored_and_nothing_personal_beside_the_name(
    deliver, payload, is_applied
):
    order = payload("order") | PRIVATE_FIELDS
    order["line_items"][0]["properties"] = [{"name": "engraving", "value": "Happy Birthday"}]
    signature = sign(json.dumps(order).encode())
    deliver(TOPIC, order, is_applied=is_applied)
    deliver("orders/updated", {"order": order}, is_applied=is_applied)
    values = everything_stored()
    assert "my-store.example" in values
    found = [word for word in [*NOWHERE, signature] for value in values if word in value]
    assert found == []


def test_of_the_real_order_so_much_is_stored_until_it_is_applied(deliver, payload):
    def line(number, variant, name):
        return {
            "id": number,
            "quantity": 1,
            "title": "IPod Nano - 8gb",
            "name": f"IPod Nano - 8gb - {name}",
            "product_id": 632910392,
            "variant_id": variant,
            "variant_title": name,
            "sku": f"IPOD2008{name.upper()}",
            "vendor": None,
        }

    deliver(TOPIC, payload("order"), is_applied=False)
    message = Message.objects.get()
    assert json.loads(message.body) == {
        "id": 450789469,
        "order_number": 1001,
        "name": "#1001",
        "test": False,
        "financial_status": "authorized",
        "created_at": "2008-01-10T11:00:00-05:00",
        "updated_at": "2008-01-10T11:00:00-05:00",
        "cancelled_at": None,
        "currency": "USD",
        "total_price": "409.94",
        "line_items": [
            line(466157049, 39072856, "green"),
            line(518995019, 49148385, "red"),
            line(703073504, 457924702, "black"),
        ],
        "token_sha256": "8f0a88218e0b3a8c717eb9d90e7e0f2e12bddeb3121a11d9cdbae1737c08a384",
    }
    assert json.loads(message.person) == {
        "email": "bob.norman@hostmail.com",
        "customer": {
            "id": 207119551,
            "email": "bob.norman@hostmail.com",
            "first_name": "Bob",
            "last_name": "Norman",
        },
    }
    assert message.about_customer == 207119551


def test_once_applied_a_message_keeps_its_name_alone(deliver, payload):
    deliver(TOPIC, payload("order"))
    message = Message.objects.get()
    assert (message.state, message.body, message.person) == ("applied", "", "")


# --- What is logged ----------------------------------------------------------------------------


def fail(*args, **kwargs):
    raise RuntimeError("ours")


def test_no_log_line_tells_a_secret(deliver, payload, logged, client, monkeypatch):
    order = payload("order") | PRIVATE_FIELDS
    signature = sign(json.dumps(order).encode())
    client.raise_request_exception = False
    deliver(TOPIC, order)
    deliver(TOPIC, order, Hmac_Sha256=signature[:-2])
    deliver(TOPIC, b"{")
    for name in ("store", "store_if"):
        monkeypatch.setattr(webhooks, name, fail)
    assert deliver(TOPIC, order).status_code == 500
    lines = logged()
    assert len(lines) >= 6
    words = [*NOWHERE, signature, signature[:-2], "bob.norman@hostmail.com", "Norman"]
    assert [word for word in words for line in lines if word in line] == []
