"""JSON that is none, or too much: each route that reads it refuses it, and none falls over."""

import base64
import hashlib
import hmac
import itertools

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver

from downloads.json_names import MOST_DEPTH
from downloads.models import Message
from storefront.inbox import apply_messages
from storefront.models import SecretKey, StorefrontKey, WebhookSecret
from tests.conftest import sign
from tests.factories import NOW, ShopFactory
from tests.storefront.http.asking import CountedInput, ask, every_path

KEY = b"twenty-four bytes, or 25."
GENERIC_SECRET = "whsec_" + base64.b64encode(KEY).decode()
WOO_SECRET = "q7Zp-2rT_wooCommerce-secret-of-the-test"
SHOPIFY_SECRET = "hush-hush-hush-hush-hush-hush-hu"
# No JSON of ours: each route that reads any says 400.
BROKEN = {
    "a space": b" ",
    "a word": b"hello",
    "cut off": b'{"query": "{ __typename }"',
    "two documents": b"{} {}",
    "not UTF-8": b'{"query": "\xff\xfe"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "half a character in bytes": b'{"query": "\xed\xa0\x80"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a number without end": b'{"a": ' + b"9" * 20_000 + b"}",
    "lists without end": b"[" * 30_000,
    "objects without end": b'{"a":' * 6_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
}
# JSON by the letter, and hardly meant: refused or taken, as each route says, and nothing worse.
ODD = {
    "half a character": rb'{"query": "{ __typename }", "a": "\ud800", "\udfff": 1, "id": "\ud800"}',
    "a zero byte": rb'{"query": "\u0000", "id": "\u0000", "email": "\u0000", "type": "\u0000"}',
    "a number that is none": b'{"query": "{ __typename }", "id": 1e999, "platform_id": 1e999}',
    "a long number": b'{"id": ' + b"9" * 4_000 + b', "platform_id": ' + b"9" * 4_000 + b"}",
    "nothing in it": b"{}",
    "null": b"null",
    "a list": b"[]",
    "lists for texts": b'{"query": [], "variables": [], "id": [], "type": [], "data": []}',
    "a name twice": rb'{"id": 1, "\u0069d": 2}',
    "a mark of ours": b'{"id": {"stands twice": true}, "data": {"stands twice": true}}',
}
ids = itertools.count(1)


def to_graphql(body, shop):
    return "/api/graphql", {"X-Storefront-Key": StorefrontKey.issue(shop, name="x")[1]}


def to_exchange(body, shop):
    bearer = SecretKey.issue(shop, name="x")[1]
    return "/api/v1/customer-tokens", {"Authorization": f"Bearer {bearer}"}


def to_provider(body, shop):
    return "/mail/bounces/postmark", {"Authorization": "Basic YTpi"}


def as_shopify(body, shop):
    return "/webhooks/shopify", {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-Webhook-Id": f"id-{next(ids)}",
        "X-Shopify-Hmac-Sha256": sign(body, SHOPIFY_SECRET),
    }


def as_woocommerce(body, shop, topic="order.created"):
    return "/webhooks/woocommerce", {
        "X-WC-Webhook-Source": f"https://{shop.domain}/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": f"id-{next(ids)}",
        "X-WC-Webhook-Signature": sign(body, WOO_SECRET),
    }


def as_unknown_topic(body, shop):
    return as_woocommerce(body, shop, topic="coupon.created")


def as_own_shop(body, shop):
    name, sent_at = f"id-{next(ids)}", str(int(NOW.timestamp()))
    signed = hmac.new(KEY, f"{name}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    return f"/webhooks/generic/{shop.domain}", {
        "webhook-id": name,
        "webhook-timestamp": sent_at,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


# By the name of the route.
READERS = {
    "face-b": (to_graphql,),
    "customer-tokens": (to_exchange,),
    "bounces": (to_provider,),
    "webhook": (as_shopify, as_woocommerce, as_unknown_topic),
    "shop-webhook": (as_own_shop,),
}
# They read forms, or nothing of a body.
NO_JSON = {
    "docs",
    "docs-folder",
    "document",
    *("home", "healthz", "readyz", "face-a", "openapi", "graphiql", "order", "download", "click"),
    *("downloadables", "downloadable", "downloadable-download", "purchased-download"),
    *("links", "account", "invitation", "brand-logo", "brand-sheet"),
}
# A platform that is refused goes silent: what it signed is stored, and set aside.
HEARD = (*READERS["webhook"], *READERS["shop-webhook"])
# It may be JSON, and costs too much to be read to its end.
UNREAD = ("objects without end", "deep and closed", "a number without end", "lists without end")
ALL = [reader for readers in READERS.values() for reader in readers]


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def shop(db, settings):
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": "a:b"}
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = settings.GRAPHQL_MAX_BODY_BYTES = 100_000
    shop = ShopFactory(domain="own.example")
    for source, secret in (
        ("shopify", SHOPIFY_SECRET),
        ("woocommerce", WOO_SECRET),
        ("generic", GENERIC_SECRET),
    ):
        WebhookSecret.keep(shop, source=source, secret=secret)
    return shop


@pytest.fixture
def send(client, shop, caplog):
    """Return a function that posts a body with good credentials and returns the status."""

    def post(reader, body):
        path, headers = reader(body, shop)
        answer = client.post(
            path,
            body,
            content_type="application/json",
            headers=headers | {"Accept": "application/graphql-response+json"},
        )
        assert [record for record in caplog.records if record.exc_info] == []
        return answer.status_code

    return post


@pytest.mark.slow
@pytest.mark.parametrize("reader", ALL, ids=lambda reader: reader.__name__)
def test_what_is_no_json_is_refused(send, reader):
    statuses = {name: send(reader, body) for name, body in BROKEN.items()}
    stored = UNREAD if reader in HEARD else ()
    assert statuses == dict.fromkeys(BROKEN, 400) | dict.fromkeys(stored, 200)
    # Nothing of it is kept but why it could not be read.
    rows = Message.objects.values_list("state", "body")
    assert {state for state, _body in rows} <= {"waiting", "ignored"}
    assert all(len(body) < 500 for _state, body in rows)


@pytest.mark.slow
@pytest.mark.parametrize("reader", ALL, ids=lambda reader: reader.__name__)
def test_what_is_odd_is_no_fault_of_ours(send, reader, caplog):
    for name, body in ODD.items():
        assert send(reader, body) in (200, 400, 404), name
        apply_messages.call()
        assert [record for record in caplog.records if record.exc_info] == [], name


@pytest.mark.parametrize("reader", ALL, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_what_is_nested_is_read_to_a_depth(send, reader, opened, closed):
    before = b'{"query": "{ __typename }", "type": "a", "email": "a@b.example", "x": '
    deepest, deeper = (
        before + opened * depth + b"1" + closed * depth + b"}"
        for depth in (MOST_DEPTH - 1, MOST_DEPTH)
    )
    assert send(reader, deepest) in (200, 404)
    assert send(reader, deeper) == (200 if reader in HEARD else 400)


@pytest.mark.slow
@pytest.mark.django_db
def test_no_route_falls_over_what_a_stranger_posts(caplog):
    handler, statuses = WSGIHandler(), {}
    for path in every_path():
        for name in ("not UTF-8", "deep and closed", "a name twice"):
            body = (BROKEN | ODD)[name]
            sent = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
            reply = ask(path, body=CountedInput(body), handler=handler, **sent)
            statuses[path, name] = reply.status
    assert {key: one for key, one in statuses.items() if not 300 <= one < 500} == {}
    assert [record for record in caplog.records if record.exc_info] == []


def test_each_route_that_programs_post_to_is_tried_here():
    open_to_programs = {
        entry.name
        for entry in get_resolver("storefront.urls").url_patterns
        if getattr(entry.callback, "csrf_exempt", False)
    }
    assert open_to_programs - NO_JSON == set(READERS)
