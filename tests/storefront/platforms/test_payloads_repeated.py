"""JSON in which a name stands twice: no right hangs on which of the two a parser takes."""

import json
from importlib import import_module

import pytest

from downloads.errors import DuplicateField
from downloads.models import Message
from storefront.inbox import _apply
from storefront.models import SecretKey, StorefrontKey
from storefront.platforms.base import Envelope
from storefront.platforms.payloads import parse_message
from storefront.platforms.registry import PLATFORMS
from storefront.platforms.schemas import stored_fields
from tests.factories import ShopFactory

TOKENS = {"shopify": ("token",), "woocommerce": ("order_key",), "generic": ("token",)}
ORDERS = {
    "shopify": ("orders/create",),
    "woocommerce": ("order.created",),
    "generic": ("order.created",),
}


def paths_in(schema):
    """Return the path of each field of a schema, and of each inside it."""

    def paths(fields, before=()):
        for name, inner in fields.items():
            yield (*before, name)
            yield from paths(inner or {}, (*before, name))

    stored = (stored_fields(schema, personal=personal) for personal in (False, True))
    return {path for fields in stored for path in paths(fields)}


def said_twice(path):
    """Return an object's text in which what stands at a path stands twice."""
    *before, name = path
    text = f"{{{json.dumps(name)}: 1, {json.dumps(name)}: 2}}"
    for outer in reversed(before):
        text = f"{{{json.dumps(outer)}: {text}}}"
    return text


def deciding():
    """Yield each platform and topic, with each path of what is read there."""
    for name, platform in PLATFORMS.items():
        module = import_module(f"storefront.platforms.{name}.messages")
        for topic, told in module.TOPICS.items():
            tokens = {(token,) for token in TOKENS[name] if topic in ORDERS[name]}
            # What is put in the place of a token is ours.
            for path in sorted(paths_in(told.schema) - {("token_sha256",)} | tokens):
                yield pytest.param(platform, topic, path, id=f"{name} {topic} {'.'.join(path)}")


@pytest.mark.parametrize(("platform", "topic", "path"), list(deciding()))
def test_a_field_that_decides_sets_the_message_aside(platform, topic, path):
    text = said_twice(path)
    if platform.name == "generic":
        text = f'{{"type": "{topic}", "timestamp": "2026-03-01T12:00:00Z", "data": {text}}}'
    payload, names = parse_message(text.encode())
    assert names == [path[-1]]
    said = platform.parse(Envelope("shop.example", topic, "id", ""), payload)
    message = Message(source=said.source, topic=said.topic, body=said.body, person=said.person)
    with pytest.raises(DuplicateField):
        _apply(message)


@pytest.fixture
def deliver_text(deliver):
    """Return a function that posts an order's text, has it applied, and returns the status."""
    return lambda text: deliver("orders/create", text.encode()).status_code


def test_a_signed_message_is_stored_set_aside_at_once_and_says_why(deliver_text):
    assert deliver_text('{"id": 1, "id": 2, "line_items": []}') == 200
    message = Message.objects.get()
    assert (message.state, message.attempts) == (Message.State.SET_ASIDE, 1)
    assert message.error == "message.id: stands twice, and which of them counts is not told"


def test_a_field_nobody_reads_is_noted_and_the_message_applied(deliver_text, caplog):
    order = {
        "id": 1,
        "order_number": 1001,
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
        "financial_status": "paid",
        "line_items": [],
    }
    text = json.dumps(order)[:-1] + ', "landing_site": "a", "landing_site": "b"}'
    assert deliver_text(text) == 200
    assert Message.objects.get().state == Message.State.APPLIED
    assert "repeats names: landing_site" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        '{"query": "{ __typename }", "query": "{ a }"}',
        '{"query": "{ __typename }", "variables": {"id": 1, "id": 2}}',
        r'{"query": "{ __typename }", "variables": {"a": {"id": 1, "\u0069d": 2}}}',
        '{"query": "{ __typename }", "extensions": {"a": 1, "a": 1}}',
    ],
)
def test_graphql_names_it(db, client, body):
    key = StorefrontKey.issue(ShopFactory(), name="x")[1]
    sent = {"content_type": "application/json", "headers": {"X-Storefront-Key": key}}
    answer = client.post("/api/graphql", body, **sent)
    assert answer.status_code == 400
    message = answer.json()["errors"][0]["message"]
    assert message.endswith("stands twice in one object: send each name once.")


def test_the_exchange_names_it(db, client):
    key = SecretKey.issue(ShopFactory(), name="x")[1]
    body = '{"email": "ada@example.com", "email": "eve@example.com"}'
    sent = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    answer = client.post("/api/v1/customer-tokens", body, **sent)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        '"email" stands twice in one object: send each name once.',
    )


ENVELOPES = [
    ("generic", "", '{"type": "order.paid", "type": "order.cancelled"}', "message.type"),
    (
        "generic",
        "",
        '{"type": "order.paid", "timestamp": "a", "timestamp": "b", "data": {}}',
        "message.timestamp",
    ),
    ("generic", "", '{"type": "order.paid", "data": {"id": 1}, "data": {}}', "message.data"),
    ("generic", "", '{"type": "product.deleted", "data": {}, "data": {}}', "message.data"),
    ("shopify", "orders/paid", '{"order": {"id": 1}, "order": {"id": 2}}', "message.order"),
    ("shopify", "orders/paid", '{"order": {"id": 1, "id": 2}}', "message.id"),
]


@pytest.mark.parametrize(("name", "topic", "text", "place"), ENVELOPES)
def test_what_is_written_around_a_message_decides_too(name, topic, text, place):
    payload, _names = parse_message(text.encode())
    said = PLATFORMS[name].parse(Envelope("own.example", topic, "id", ""), payload)
    assert (said.is_known, bool(said.topic)) == (True, True)
    message = Message(source=said.source, topic=said.topic, body=said.body, person=said.person)
    with pytest.raises(DuplicateField, match=f"^{place}: stands twice"):
        _apply(message)


def test_a_name_goes_to_the_log_in_one_line(deliver_text, caplog):
    name = "x\\u000aERROR all is lost\\u202e"
    assert deliver_text(f'{{"{name}": 1, "{name}": 2}}') == 200
    (line,) = [each.getMessage() for each in caplog.records if "repeats" in each.getMessage()]
    assert line.endswith("repeats names: x\\nERROR all is lost\\u202e")


# --- Forms, addresses, and mail providers --------------------------------------------------------


@pytest.mark.parametrize("name", ["query", "operationName", "variables", "extensions"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_graphql_takes_each_field_of_a_form_or_an_address_once(client, settings, key, name, method):
    settings.GRAPHQL_ALLOW_GET = settings.GRAPHQL_ALLOW_FORMS = True
    sent = {"query": ["{ __typename }"], name: ["{ __typename }", "{}"]}
    answer = getattr(client, method)("/api/graphql", sent, headers={"X-Storefront-Key": key[1]})
    assert answer.json() == {"errors": [{"message": f'"{name}" stands twice: send it once.'}]}


def test_a_mail_provider_is_told(db, client, settings):
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": "a:b"}
    body = '{"RecordType": "Bounce", "MessageID": "one", "MessageID": "two"}'
    sent = {"content_type": "application/json", "headers": {"Authorization": "Basic YTpi"}}
    answer = client.post("/mail/bounces/postmark", body, **sent)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        '"MessageID" stands twice in one object: send each name once.',
    )
