"""POST /webhooks/woocommerce: verify, store once, answer. A refusal stores nothing."""

import base64
import hashlib
import hmac
import json

import pytest
from django.db import connection
from django.test import Client
from django_tasks_db.models import DBTaskResult

from downloads.models import Message
from storefront.models import WebhookSecret
from storefront.platforms.woocommerce.platform import WOOCOMMERCE
from tests.conftest import sign
from tests.factories import NOW, ShopFactory
from tests.storefront.platforms.woocommerce.sending import (  # noqa: F401 (fixtures)
    ADDRESS,
    DOMAIN,
    SECRET,
    published,
    woo_deliver,
    woo_store,
)
from tests.storefront.webhooks.test_views import everything_stored

TOPIC = "order.updated"
KEY = "wc_order_58d2d042d1d"
RECEIVED = (200, {"message": "Received."})
HEARD = (200, {"message": "Heard."})
REFUSED = (401, {"message": "The signature does not match."})


@pytest.fixture
def post(deliver):
    """Return a function that posts a message and leaves it waiting."""

    def send(topic=TOPIC, payload=None, **given):
        payload = published("order") if payload is None else payload
        return deliver(topic, payload, is_applied=False, **given)

    return send


def stored():
    """Return how many messages and how many tasks there are."""
    return Message.objects.count(), DBTaskResult.objects.count()


def answer_of(response):
    return response.status_code, response.json()


def test_each_secret_is_fresh():
    secrets = {WOOCOMMERCE.new_secret() for _time in range(3)}
    assert (len(secrets), {len(secret) for secret in secrets}) == (3, {43})


def test_a_signed_message_is_stored_and_a_bell_is_rung(post, store):
    assert answer_of(post()) == RECEIVED
    assert stored() == (1, 1)
    message = Message.objects.get()
    assert (message.shop, message.source, message.topic) == (store, "woocommerce", "order")
    assert (message.state, message.received_at) == ("waiting", NOW)
    number, time, digest = message.delivery_id[:3], message.delivery_id[4:23], message.delivery_id
    assert (number, time) == ("727", "2017-03-22T19:28:08")
    assert (digest[23], len(digest[24:])) == (":", 32)


def test_no_cookie_and_no_csrf_token_is_needed(store):
    body = json.dumps(published("order")).encode()
    response = Client(enforce_csrf_checks=True).post(
        f"{ADDRESS}/{DOMAIN}",
        body,
        content_type="application/json",
        headers={"X-WC-Webhook-Topic": TOPIC, "X-WC-Webhook-Signature": sign(body, SECRET)},
    )
    assert (answer_of(response), response.cookies) == (RECEIVED, {})


# --- Whose it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "https://woo.example/",
        "https://woo.example",
        "http://woo.example/shop/",
        "https://www.woo.example/",
        "https://WOO.example:8443/",
        "woo.example",
    ],
)
def test_the_shop_is_known_by_its_home_page(post, source):
    assert answer_of(post(Source=source)) == RECEIVED


@pytest.mark.parametrize(
    "source",
    [
        None,
        "",
        "https://other.example/",
        "https://other.example/woo.example",
        "https://woo.example.other.example/",
        "https://woo.example@other.example/",
        "https://[woo.example/",
        "/woo.example",
        "x" * 999,
    ],
)
def test_a_secret_signs_for_its_own_shop_alone(post, source):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="woocommerce", secret="another secret")
    assert answer_of(post(Source=source)) == REFUSED
    assert stored() == (0, 0)


def test_the_address_says_the_shop_whatever_the_header_says(post):
    for source in (None, "https://other.example/"):
        assert answer_of(post(address=f"{ADDRESS}/{DOMAIN}", Source=source)) == RECEIVED
    assert Message.objects.count() == 1
    assert answer_of(post(address=f"{ADDRESS}/other.example")) == REFUSED


# --- The signature -----------------------------------------------------------------------------

BODY = json.dumps(published("order")).encode()
GOOD = sign(BODY, SECRET)
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()
SIGNATURES = {
    "absent": None,
    "empty": "",
    "of other bytes": sign(BODY + b" ", SECRET),
    "of the same order, written otherwise": sign(
        json.dumps(published("order"), indent=1).encode(), SECRET
    ),
    "of nothing": sign(b"", SECRET),
    "with another secret": sign(BODY, "not the secret"),
    "with no secret": sign(BODY, ""),
    "cut off": GOOD[:-1],
    "cut to a few letters": GOOD[:8],
    "without its padding": GOOD.rstrip("="),
    "with more padding": f"{GOOD}=",
    "padded as if two were missing": f"{GOOD.rstrip('=')}==",
    "with something behind": GOOD + "A",
    "with other last bits": GOOD[:-2] + chr(ord(GOOD[-2]) + 1) + "=",
    "in other case": GOOD.swapcase(),
    "twice": f"{GOOD}, {GOOD}",
    "in hex": DIGEST.hex(),
    "in capital hex": DIGEST.hex().upper(),
    "base64 of the hex": base64.b64encode(DIGEST.hex().encode()).decode(),
    "by SHA-1": base64.b64encode(hmac.new(SECRET.encode(), BODY, "sha1").digest()).decode(),
    "a digest without a key": base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
    "no base64": "not base64 at all!",
    "outside ASCII": "ünsigned",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/{DOMAIN}"])
def test_a_wrong_signature_is_401_and_stores_nothing(post, address, signature):
    assert answer_of(post(address=address, Signature=signature)) == REFUSED
    assert stored() == (0, 0)
    assert WebhookSecret.objects.get().used_at is None


def test_any_flipped_byte_is_401(post):
    for position in range(0, len(BODY), 97):
        flipped = bytearray(BODY)
        flipped[position] ^= 1
        assert answer_of(post(payload=bytes(flipped), Signature=GOOD)) == REFUSED
    assert stored() == (0, 0)
    assert answer_of(post(payload=BODY, Signature=GOOD)) == RECEIVED


@pytest.mark.parametrize("sent", [BODY + b"\n", b"", b"{", b'{"id": 727}', b"webhook_id=1"])
def test_a_good_signature_of_another_body_is_401(post, sent):
    assert answer_of(post(payload=sent, Signature=GOOD)) == REFUSED
    assert stored() == (0, 0)


def test_another_shops_secret_signs_nothing_here(post):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="woocommerce", secret="another secret")
    assert answer_of(post(secret="another secret")) == REFUSED
    assert answer_of(post(address=f"{ADDRESS}/{DOMAIN}", secret="another secret")) == REFUSED
    assert stored() == (0, 0)


def test_the_shops_secret_of_another_platform_signs_nothing(post):
    WebhookSecret.objects.update(source="shopify")
    assert answer_of(post()) == REFUSED
    assert stored() == (0, 0)


def test_both_secrets_sign_while_one_rotates(post, store):
    WebhookSecret.keep(store, source="woocommerce", secret="the next one")
    assert answer_of(post()) == RECEIVED
    assert answer_of(post(payload={"id": 1}, secret="the next one")) == RECEIVED
    assert answer_of(post(secret="neither")) == REFUSED
    assert Message.objects.count() == 2


# --- The knock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/{DOMAIN}", f"{ADDRESS}/no.example"])
def test_the_first_ping_is_answered_and_does_nothing(client, store, address):
    response = client.post(address, b"webhook_id=123", "application/x-www-form-urlencoded")
    assert answer_of(response) == HEARD
    assert stored() == (0, 0)
    assert WebhookSecret.objects.get().used_at is None


NO_PINGS = {
    "more fields": b"webhook_id=123&status=completed",
    "a field before": b"a=1&webhook_id=123",
    "twice": b"webhook_id=1&webhook_id=2",
    "no number": b"webhook_id=",
    "a word": b"webhook_id=abc",
    "a negative number": b"webhook_id=-1",
    "digits of another script": "webhook_id=١٢٣".encode(),
    "a very long number": b"webhook_id=" + b"1" * 21,
    "an end of line": b"webhook_id=123\n",
    "a NUL": b"webhook_id=123\0",
    "spaces": b" webhook_id=123",
    "other case": b"WEBHOOK_ID=123",
    "JSON": b'{"webhook_id": 123}',
    "an order behind": b"webhook_id=123" + BODY,
    "nothing": b"",
}


@pytest.mark.parametrize("body", NO_PINGS.values(), ids=NO_PINGS)
def test_a_ping_with_anything_else_in_it_needs_a_signature(client, store, body):
    for content_type in ("application/x-www-form-urlencoded", "application/json"):
        response = client.post(
            ADDRESS,
            body,
            content_type,
            headers={"X-WC-Webhook-Source": f"https://{DOMAIN}/", "X-WC-Webhook-Topic": TOPIC},
        )
        assert answer_of(response) == REFUSED
    assert stored() == (0, 0)


def test_a_ping_with_a_signature_is_a_message_and_refused(post):
    assert answer_of(post(payload=b"webhook_id=123", Signature="x")) == REFUSED
    assert stored() == (0, 0)
    # Signed, it is still no message.
    response = post(payload=b"webhook_id=123")
    assert (response.status_code, stored()) == (400, (0, 0))


# --- Once --------------------------------------------------------------------------------------


def test_two_attempts_with_the_same_content_are_one_message(post):
    assert answer_of(post()) == answer_of(post()) == RECEIVED
    assert stored() == (1, 1)


def test_created_updated_and_restored_are_one_topic(post):
    for topic in ("order.created", "order.updated", "order.restored"):
        assert answer_of(post(topic)) == RECEIVED
    for topic in ("product.created", "product.updated", "product.restored", "product.published"):
        assert answer_of(post(topic, published("product"))) == RECEIVED
    assert list(Message.objects.order_by("pk").values_list("topic", flat=True)) == [
        "order",
        "product",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "completed"},
        {"date_modified_gmt": "2017-03-22T19:28:09"},
        {"id": 728},
        {"total": "29.36"},
        {"billing": {"email": "john@example.com"}},
        {"customer_id": 5},
        {"order_key": "wc_order_another_one"},
    ],
    ids=str,
)
def test_two_contents_of_the_same_second_are_both_stored(post, change):
    post()
    post(payload=published("order", **change))
    assert Message.objects.count() == 2


def test_what_is_not_kept_makes_no_other_message(post):
    post()
    post(payload=published("order", customer_note="Leave it at the door", version="9.9.9"))
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        ({}, "::"),
        ({"id": True, "date_modified_gmt": "now then"}, "::"),
        ({"id": 2**63, "date_modified_gmt": ["x"]}, "::"),
        ({"id": 2**63 - 1, "date_modified_gmt": "9" * 33}, f"{2**63 - 1}::"),
        ({"id": 5, "date_modified_gmt": "1\0"}, "5::"),
        ({"id": 5, "date_modified": "2017-03-22T16:28:08"}, "5:2017-03-22T16:28:08:"),
    ],
    ids=str,
)
def test_an_odd_message_has_a_key_too(post, payload, begins):
    assert answer_of(post(payload=payload)) == RECEIVED
    key = Message.objects.get().delivery_id
    assert (key[: len(begins)], len(key)) == (begins, len(begins) + 32)


@pytest.mark.parametrize(
    "topic", ["coupon.created", "customer.deleted", "order.invented", "action.woocommerce_new", "x"]
)
def test_any_other_topic_is_stored_without_its_content(post, topic):
    assert answer_of(post(topic, {"id": 1, "email": "ada@example.com"})) == RECEIVED
    message = Message.objects.get()
    assert (message.state, message.topic, message.body, message.person) == (
        "ignored",
        topic,
        "",
        "",
    )
    assert stored() == (1, 0)


def test_two_messages_of_one_second_are_two_under_one_delivery_id(post):
    for topic in (TOPIC, "coupon.updated"):
        for number in (1, 2, 1):
            post(topic, {"id": number}, Delivery_ID="a6b5c4")
    keys = Message.objects.order_by("pk").values_list("topic", "delivery_id")
    assert [(topic, key[:3]) for topic, key in keys] == [
        ("order", "1::"),
        ("order", "2::"),
        ("coupon.updated", "1::"),
        ("coupon.updated", "2::"),
    ]


@pytest.mark.parametrize("topic", [None, "", " ", "order updated", "x" * 101])
def test_a_message_without_a_topic_is_set_aside(deliver, topic):
    assert answer_of(deliver(topic, {"id": 1})) == RECEIVED
    aside = Message.objects.get()
    assert (aside.topic, aside.state) == ("unclear", Message.State.SET_ASIDE)
    assert aside.error == "The message does not say its topic."


def test_a_new_and_a_repeated_delivery_cost_so_many_queries(post, django_assert_num_queries):
    post()
    # Seen before, where there is one writer; store, if its secret still stands. The bell.
    seen = int(connection.vendor == "sqlite")
    with django_assert_num_queries(seen + 1 + 1):
        post(payload=published("order", id=1))
    with django_assert_num_queries(3):
        post()
    with django_assert_num_queries(1):
        post(Signature="wrong")


# --- What is kept ------------------------------------------------------------------------------

NOWHERE = [
    KEY,
    "969 Market",
    "94103",
    "555-5555",
    "203.0.113.77",
    "Mozilla/9.9",
    "Privet Drive",
    "txn_9",
    "Happy Birthday",
    SECRET,
]


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
def test_nothing_secret_is_stored_and_nothing_personal_beside_the_name(
    deliver,
    is_applied,
):
    order = published(
        "order",
        customer_ip_address="203.0.113.77",
        customer_user_agent="Mozilla/9.9",
        customer_note="leave it at 4 Privet Drive",
        transaction_id="txn_9",
        payment_url=f"https://woo.example/checkout/order-pay/727/?key={KEY}",
    )
    order["line_items"][0]["meta_data"] = [{"key": "engraving", "value": "Happy Birthday"}]
    for topic in ("order.created", "customer.updated", "product.updated", "product.deleted"):
        deliver(topic, order, is_applied=is_applied)
    values = everything_stored()
    assert "woo.example" in values
    assert [word for word in NOWHERE for value in values if word in value] == []


def test_of_the_published_order_so_much_is_stored_until_it_is_applied(post):
    post()
    message = Message.objects.get()
    assert json.loads(message.body) == {
        "id": 727,
        "date_created_gmt": "2017-03-22T19:28:02",
        "date_created": "2017-03-22T16:28:02",
        "date_modified_gmt": "2017-03-22T19:28:08",
        "date_modified": "2017-03-22T16:28:08",
        "number": "727",
        "status": "processing",
        "payment_method": "bacs",
        "parent_id": 0,
        "date_paid_gmt": "2017-03-22T19:28:08",
        "date_paid": "2017-03-22T16:28:08",
        "total": "29.35",
        "currency": "USD",
        "line_items": [
            {
                "id": 315,
                "name": "Woo Single #1",
                "product_id": 93,
                "variation_id": 0,
                "quantity": 2,
                "sku": "",
            },
            {
                "id": 316,
                "name": "Ship Your Idea &ndash; Color: Black, Size: M Test",
                "product_id": 22,
                "variation_id": 23,
                "quantity": 1,
                "sku": "Bar3",
            },
        ],
        "token_sha256": hashlib.sha256(KEY.encode()).hexdigest(),
    }
    assert json.loads(message.person) == {
        "customer_id": 0,
        "billing": {
            "email": "john.doe@example.com",
            "first_name": "John",
            "last_name": "Doe",
        },
    }
    assert message.about_customer is None


def test_whom_it_is_about_is_noted(post):
    post(payload=published("refunded-order"))
    assert Message.objects.get().about_customer == 26


def test_once_applied_a_message_keeps_its_name_alone(deliver):
    deliver(TOPIC, published("order"))
    message = Message.objects.get()
    assert (message.state, message.body, message.person) == ("applied", "", "")


ODD = {
    "texts for objects": {"id": 1, "billing": "Bob", "line_items": "none"},
    "lists for objects": {"id": 1, "billing": [1], "line_items": [[1]]},
    "objects for texts": {"id": {"a": 1}, "status": {"b": [2]}, "order_key": {"c": 3}},
    "truth for numbers": {"id": True, "customer_id": True},
    "numbers beyond all": {"id": 10**400, "customer_id": 10**400},
    "fractions": {"id": 1.5, "total": 1e308, "customer_id": 1e400},
    "half a letter": {"id": 1, "billing": {"email": "\ud83d"}, "order_key": "\ud83d" * 20},
    "nothing": {},
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD)
@pytest.mark.parametrize("topic", [TOPIC, "product.updated", "product.deleted", "coupon.updated"])
def test_an_odd_object_is_stored_and_refused_later_at_the_worst(
    deliver,
    topic,
    payload,
):
    body = json.dumps(payload).replace("Infinity", "1e400").encode()
    assert answer_of(deliver(topic, body)) == RECEIVED
    assert "fault of ours" not in Message.objects.get().error


def test_no_log_line_tells_a_secret(deliver, logged):
    order = published("order")
    signature = sign(json.dumps(order).encode(), SECRET)
    deliver(TOPIC, order)
    deliver(TOPIC, order, Signature=signature[:-2])
    deliver(TOPIC, b"{")
    lines = logged()
    assert len(lines) >= 4
    words = [*NOWHERE, signature, signature[:-2], "john.doe@example.com"]
    assert [word for word in words for line in lines if word in line] == []
