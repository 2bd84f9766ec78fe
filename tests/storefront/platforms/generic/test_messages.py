"""POST /webhooks/generic/{shop}: a shop of one's own is heard, and nobody in its name."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import timedelta

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.models import Customer, Grant, Message, Order, Product, RemovedProduct
from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from tests.factories import NOW, LinkFactory, ProductFactory, ShopFactory
from tests.storefront.conftest import PRIVATE, headers_of

KEY = b"twenty-four bytes, or 25."
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(KEY[::-1]).decode()
TOKEN = "3b5d7f9a1c2e4a6b8d0f1e3c5a7b9d2f"
DOMAIN = "own.example"
URL = f"/webhooks/generic/{DOMAIN}"
JSON = PRIVATE | {"content-type": "application/json"}
RECEIVED = (200, {"message": "Received."})
REFUSED = (401, {"message": "The signature does not match."})
SECOND = timedelta(seconds=1)
FACE_A = "/api/v2/customer-account-orders"

BOOK = {
    "id": 123456,
    "variant_id": 1234567,
    "name": "My new Book",
    "variant_name": "Paper back",
    "sku": "my-sku",
    "vendor": "my-store",
    "tags": ["books"],
}
ORDER = {
    "id": 2**63 - 1,
    "number": 1061,
    "payment": "paid",
    "placed_at": "2026-02-28T09:58:00Z",
    "updated_at": "2026-02-28T10:58:00+01:00",
    "cancelled_at": None,
    "total": "39.90",
    "currency": "EUR",
    "token": TOKEN,
    "customer": {"id": 7, "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron"},
    "lines": [{"id": 1, "quantity": 3, "kept": 2, "product": BOOK}],
    "refunds": [{"id": 9, "refunded_at": "2026-02-28T09:59:00Z", "lines": []}],
}


def sign(body, *, id, sent_at, secret=SECRET):
    """Return a signature, written here anew: not by the code under test."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{id}.{sent_at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def written(kind, content, **more):
    return json.dumps({"type": kind, "timestamp": "2026-02-28T10:00:00Z", "data": content} | more)


@pytest.fixture
def shop(db):
    shop = ShopFactory(domain=DOMAIN)
    WebhookSecret.keep(shop, source="generic", secret=SECRET)
    return shop


@pytest.fixture
def send(client, shop, django_capture_on_commit_callbacks):
    """Return a function that posts bytes with the three headers, signed unless told otherwise.

    `signed` is what is signed in place of what is sent; `headers` replace what is sent (None sends
    none).
    """
    ids = (f"msg_{number}" for number in itertools.count(1))

    def post(body, *, url=URL, id=None, at=NOW, secret=SECRET, signed=None, headers=None):
        body = body.encode() if isinstance(body, str) else body
        name, sent_at = next(ids) if id is None else id, str(int(at.timestamp()))
        covered = {"body": body, "id": name, "sent_at": sent_at} | (signed or {})
        sent = {
            "webhook-id": name,
            "webhook-timestamp": sent_at,
            "webhook-signature": sign(covered.pop("body"), secret=secret, **covered),
        } | (headers or {})
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(
                url,
                body,
                content_type="application/json",
                headers={name: value for name, value in sent.items() if value is not None},
            )

    return post


@pytest.fixture
def say(send):
    """Return a function that sends a message and has it applied; it returns the message."""

    def tell(kind, content, **more):
        assert answer_of(send(written(kind, content, **more))) == RECEIVED
        apply_messages.call()
        return Message.objects.order_by("pk").last()

    return tell


def answer_of(response):
    return response.status_code, response.json()


def stored():
    """Return how many messages and how many tasks there are."""
    return Message.objects.count(), DBTaskResult.objects.count()


BODY = written("order.paid", ORDER)


# --- What is signed ----------------------------------------------------------------------------


def test_a_signed_message_is_stored_and_a_bell_is_rung(send, shop):
    response = send(BODY, id="msg_1")
    assert (answer_of(response), headers_of(response)) == (RECEIVED, JSON)
    assert stored() == (1, 1)
    message = Message.objects.get()
    assert (message.shop, message.source, message.topic) == (shop, "generic", "order.paid")
    assert (message.delivery_id, message.about_customer) == ("msg_1", 7)
    assert WebhookSecret.objects.get().used_at == NOW


def test_the_domain_counts_in_any_case(send):
    assert answer_of(send(BODY, url="/webhooks/generic/Own.EXAMPLE")) == RECEIVED


def test_the_secret_may_have_been_stored_without_its_prefix(send, shop):
    WebhookSecret.objects.all().delete()
    WebhookSecret.keep(shop, source="generic", secret=SECRET.removeprefix("whsec_"))
    assert answer_of(send(BODY)) == RECEIVED


GOOD = {"id": "msg_1", "at": NOW}
FORGERIES = {
    "another body": {"signed": {"body": BODY.replace("paid", "Paid").encode()}},
    "a body with a space behind": {"signed": {"body": BODY.encode() + b" "}},
    "another id": {"signed": {"id": "msg_2"}},
    "another time": {"signed": {"sent_at": str(int(NOW.timestamp()) - 1)}},
    "no id in it": {"signed": {"id": ""}},
    "another secret": {"secret": OTHER_SECRET},
    "stale by 301 seconds": {"at": NOW - 301 * SECOND},
    "ahead by 301 seconds": {"at": NOW + 301 * SECOND},
    "of long ago": {"at": NOW - timedelta(days=400)},
    "no id": {"headers": {"webhook-id": None}},
    "an empty id": {"id": ""},
    "no time": {"headers": {"webhook-timestamp": None}},
    "no signature": {"headers": {"webhook-signature": None}},
    "an empty signature": {"headers": {"webhook-signature": ""}},
    "another version alone": {"headers": {"webhook-signature": "v1a,AAAA"}},
    "outside ASCII": {"headers": {"webhook-signature": "v1,ünsigned"}},
    "an id outside ASCII": {"headers": {"webhook-id": "ü"}},
    "as Shopify signs": {"headers": {"X-Shopify-Hmac-Sha256": "AAAA", "webhook-signature": None}},
}


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_401_and_stores_nothing(send, forged):
    response = send(BODY, **GOOD | forged)
    assert (answer_of(response), headers_of(response)) == (REFUSED, JSON)
    assert stored() == (0, 0)
    assert WebhookSecret.objects.get().used_at is None


@pytest.mark.parametrize("place", range(0, len(BODY), 7))
def test_a_flipped_byte_is_401(send, place):
    flipped = bytearray(BODY.encode())
    flipped[place] ^= 1
    assert answer_of(send(bytes(flipped), signed={"body": BODY.encode()})) == REFUSED
    assert stored() == (0, 0)


@pytest.mark.parametrize("offset", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_tolerated(send, offset):
    assert answer_of(send(BODY, at=NOW + offset * SECOND)) == RECEIVED


@pytest.mark.parametrize("url", ["/webhooks/generic", "/webhooks/generic/unknown.example"])
def test_the_shop_stands_in_the_address(send, url):
    assert answer_of(send(BODY, url=url, headers={"X-Shopify-Shop-Domain": DOMAIN})) == REFUSED
    assert stored() == (0, 0)


def test_a_secret_signs_for_its_own_shop_alone(send):
    other = ShopFactory(domain="other.example")
    WebhookSecret.keep(other, source="generic", secret=OTHER_SECRET)
    assert answer_of(send(BODY, secret=OTHER_SECRET)) == REFUSED
    assert answer_of(send(BODY, url="/webhooks/generic/other.example")) == REFUSED
    assert stored() == (0, 0)
    assert answer_of(send(BODY, url="/webhooks/generic/other.example", secret=OTHER_SECRET)) == (
        RECEIVED
    )
    assert Message.objects.get().shop == other


@pytest.mark.parametrize("source", ["shopify", "woocommerce"])
def test_a_secret_of_another_platform_signs_nothing(send, source):
    WebhookSecret.objects.update(source=source)
    assert answer_of(send(BODY)) == REFUSED


def test_both_secrets_sign_while_one_rotates(send, shop):
    WebhookSecret.keep(shop, source="generic", secret=OTHER_SECRET)
    assert answer_of(send(BODY)) == answer_of(send(BODY, secret=OTHER_SECRET)) == RECEIVED
    both = " ".join(
        sign(BODY.encode(), id="msg_x", sent_at=str(int(NOW.timestamp())), secret=secret)
        for secret in ("whsec_" + base64.b64encode(b"a third").decode(), SECRET)
    )
    assert answer_of(send(BODY, id="msg_x", headers={"webhook-signature": both})) == RECEIVED


# --- Once --------------------------------------------------------------------------------------


def test_a_replay_is_answered_alike_and_stored_once(send):
    assert [answer_of(send(BODY, id="msg_1")) for _time in range(3)] == [RECEIVED] * 3
    assert stored() == (1, 1)


def test_a_retry_signed_anew_is_stored_once(send):
    for minutes in range(4):
        assert answer_of(send(BODY, id="msg_1", at=NOW + timedelta(minutes=minutes))) == RECEIVED
    assert stored() == (1, 1)


def test_a_replay_under_another_id_is_refused(send):
    send(BODY, id="msg_1")
    assert answer_of(send(BODY, id="msg_2", signed={"id": "msg_1"})) == REFUSED
    assert stored() == (1, 1)


def test_a_full_stop_moved_between_id_and_time_gets_nothing_in(send):
    # Standard Webhooks wants no full stop in an id: the signed text would have two readings.
    seconds = str(int(NOW.timestamp()))
    taken = send(BODY, id=f"msg.{seconds}")
    assert answer_of(taken) == RECEIVED
    signature = sign(BODY.encode(), id=f"msg.{seconds}", sent_at=seconds)
    moved = {"webhook-id": "msg", "webhook-signature": signature}
    answer = answer_of(send(f"{seconds}.{BODY}", headers=moved))
    assert answer[0] == 400
    assert stored() == (1, 1)


@pytest.mark.parametrize("id", ["x" * 101, "two words"])
def test_an_id_that_cannot_be_kept_gives_way_to_the_content(send, id):
    for body in (BODY, BODY + " ", BODY):
        assert answer_of(send(body, id=id)) == RECEIVED
    ids = Message.objects.values_list("delivery_id", flat=True)
    assert {(name[:7], len(name)) for name in ids} == {("sha256:", 71)}
    assert len(ids) == 2


# --- The body ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [None, "", 7, ["order.paid"], {}, True, "order paid", "ördered", "x" * 101]
)
def test_a_message_without_a_type_is_set_aside(send, kind):
    assert answer_of(send(json.dumps({"type": kind, "data": ORDER}))) == RECEIVED
    apply_messages.call()
    aside = Message.objects.get()
    assert (aside.topic, aside.state) == ("unclear", Message.State.SET_ASIDE)
    assert aside.error == "The message does not say its topic."


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": "\xff"}'])
def test_a_signed_body_that_is_no_json_is_400(send, body):
    response = send(body)
    assert (response.status_code, headers_of(response)) == (400, JSON)
    assert stored() == (0, 0)


@pytest.mark.parametrize("body", [b"[]", b'"order.paid"', b"[" * 10**5])
def test_signed_json_that_is_no_object_is_set_aside(send, body):
    assert answer_of(send(body)) == RECEIVED
    apply_messages.call()
    assert Message.objects.get().state == Message.State.SET_ASIDE


def test_an_unknown_type_is_stored_without_content(send):
    assert answer_of(send(written("cart.updated", ORDER))) == RECEIVED
    message = Message.objects.get()
    assert (message.state, message.body, message.person) == ("ignored", "", "")
    assert (message.about_customer, stored()) == (None, (1, 0))


def test_so_much_is_stored_until_it_is_applied(send):
    private = {"note": "4 Privet Drive", "phone": "+49-30-555-0101", "token_sha256": "mine"}
    customer = ORDER["customer"] | {"phone": "+49-30-555-0101"}
    line = ORDER["lines"][0] | {"engraving": "Happy Birthday"}
    sent = ORDER | private | {"customer": customer, "lines": [line]}
    send(written("order.paid", sent, secret="k3y0fsomething"))
    message = Message.objects.get()
    kept = {name: value for name, value in ORDER.items() if name not in ("token", "customer")}
    kept["token_sha256"] = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert json.loads(message.body) == {"timestamp": "2026-02-28T10:00:00Z", "data": kept}
    assert json.loads(message.person) == {"customer": ORDER["customer"]}


def test_the_order_status_token_is_stored_nowhere(send):
    for body in (BODY, written("order.paid", ORDER | {"token": "short-0badc0ffe"})):
        send(body)
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            values += [str(value) for row in cursor.fetchall() for value in row]
    assert DOMAIN in values
    words = [TOKEN, "short-0badc0ffe", SECRET, "v1,"]
    assert [word for word in words for value in values if word in value] == []


# --- What it does ------------------------------------------------------------------------------


@pytest.fixture
def book(shop):
    """The book's own variant with a link of ten downloads."""
    product = ProductFactory(shop=shop, variant_id=1234567)
    fulfilment.attach_to_product(product, LinkFactory(shop=shop), limit=10, at=NOW)
    return product


def test_a_paid_order_opens_its_downloads_on_both_faces(say, client, book, graphql):
    assert say("order.paid", ORDER).state == "applied"
    shown = client.get(FACE_A, {"id": TOKEN}).json()["order"]
    assert (shown["order_number"], len(shown["lines"])) == (1061, 1)
    assert shown["lines"][0]["assets"][0]["limits"] == {"downloaded": 0, "limit": 20}
    query = "{customerDownloadableProducts {edges {node {status order {incrementId grandTotal}}}}}"
    body = graphql(query, customer=Customer.objects.get()).json()
    [edge] = body["data"]["customerDownloadableProducts"]["edges"]
    assert edge["node"] == {
        "status": "available",
        "order": {"incrementId": "1061", "grandTotal": 39.9},
    }


def test_every_field_of_an_order_arrives(say):
    say("order.paid", ORDER)
    order = Order.objects.get()
    assert (order.platform_id, order.number, order.payment) == (2**63 - 1, 1061, "paid")
    assert (str(order.grand_total), order.currency) == ("39.90", "EUR")
    assert order.reported_at.isoformat() == "2026-02-28T09:58:00+00:00"
    assert order.placed_at.isoformat() == "2026-02-28T09:58:00+00:00"
    line = order.lines.get()
    assert (line.platform_id, line.quantity, line.current_quantity) == (1, 3, 2)
    words = Product.objects.values(*{*BOOK, "product_id"} - {"id"}).get()
    assert words | {"id": words.pop("product_id")} == BOOK
    customer = order.customer
    assert (customer.platform_id, customer.email) == (7, None)
    assert (customer.first_name, customer.last_name) == ("Ada", "Byron")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("payment", "status"),
    [
        ("pending", "pending"),
        ("authorized", "pending"),
        ("paid", "completed"),
        ("voided", "pending"),
        ("refunded", "closed"),
    ],
)
@pytest.mark.parametrize("kind", ["order.created", "order.updated", "order.paid"])
def test_the_order_says_what_is_paid_and_its_type_does_not(say, kind, payment, status):
    say(kind, ORDER | {"payment": payment})
    assert Order.objects.get().status == status


@pytest.mark.slow
def test_a_cancelled_order_is_closed(say, book):
    say("order.paid", ORDER)
    later = {"updated_at": "2026-02-28T12:00:00Z", "cancelled_at": "2026-02-28T12:00:00Z"}
    say("order.cancelled", ORDER | later)
    assert Order.objects.get().status == "canceled"
    assert Grant.objects.get().status(NOW) == "expired"


def test_a_refund_gives_units_back_also_before_its_order(say, book):
    line = {"line_id": 1, "quantity": 1}
    refund = {"id": 10, "refunded_at": "2026-02-28T11:00:00Z", "lines": [line, line]}
    assert say("refund.created", refund | {"order_id": ORDER["id"]}).state == "applied"
    say("order.paid", ORDER | {"lines": [{"id": 1, "quantity": 3, "product": BOOK}]})
    assert Grant.objects.get().allowed == 10


def test_a_refund_told_in_both_ways_counts_once(say, book):
    refund = {
        "id": 10,
        "refunded_at": "2026-02-28T11:00:00Z",
        "lines": [{"line_id": 1, "quantity": 1}],
    }
    say("refund.created", refund | {"order_id": ORDER["id"]})
    whole = {"lines": [{"id": 1, "quantity": 3, "kept": 2, "product": BOOK}], "refunds": [refund]}
    say("order.updated", ORDER | whole)
    assert Grant.objects.get().allowed == 20


def test_without_its_own_time_an_order_stands_at_its_messages(say):
    say("order.paid", ORDER | {"updated_at": None})
    assert Order.objects.get().reported_at.isoformat() == "2026-02-28T10:00:00+00:00"


def test_a_product_is_described_with_all_its_variants(say):
    product = {
        "id": 5,
        "name": "Atlas",
        "vendor": "Ada",
        "tags": ["maps", "new"],
        "updated_at": "2026-02-28T10:00:00Z",
        "variants": [{"id": 51, "name": "Paper", "sku": "a-1"}, {"id": 52}],
    }
    say("product.updated", product)
    rows = Product.objects.order_by("variant_id").values_list(
        "product_id", "variant_id", "name", "variant_name", "sku", "vendor", "tags"
    )
    assert list(rows) == [
        (5, 51, "Atlas", "Paper", "a-1", "Ada", ["maps", "new"]),
        (5, 52, "Atlas", None, None, "Ada", ["maps", "new"]),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "variants", [{}, {"variants": None}, {"variants": []}, {"variants": [{"sku": "a-1"}]}], ids=str
)
def test_a_product_without_variants_is_the_one_its_orders_mention(say, variants):
    say("product.updated", {"id": 5, "name": "Atlas", "sku": "a-1"} | variants)
    line = {"id": 1, "quantity": 1, "product": {"id": 5, "name": "Atlas, as sold"}}
    say("order.paid", ORDER | {"lines": [line]})
    assert Product.objects.values_list("product_id", "variant_id", "name", "sku").get() == (
        5,
        5,
        "Atlas",
        "a-1",
    )


def test_a_line_that_was_typed_in_is_known_by_its_words(say):
    product = {"name": "Gift", "tags": ["by hand"]}
    say("order.paid", ORDER | {"lines": [{"id": 1, "quantity": 1, "product": product}]})
    values = Product.objects.values_list("product_id", "variant_id", "name", "tags").get()
    assert values == (None, None, "Gift", [])


def test_a_deleted_product_stays_with_its_buyers(say, book):
    say("order.paid", ORDER)
    say("product.deleted", {"id": 123456})
    assert RemovedProduct.objects.get().product_id == 123456
    assert Grant.objects.get().status(NOW) == "available"


# --- Who is forgotten --------------------------------------------------------------------------

BY_NUMBER = {"customer": {"id": 7}}
BY_ADDRESS = {"customer": {"email": "Ada@Example.com"}}
BY_ORDER = {"orders": [ORDER["id"]]}
GUEST = {"customer": {"email": "ada@example.com", "first_name": "Ada"}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("buyer", "person"),
    [
        ({}, BY_NUMBER),
        ({}, BY_NUMBER | BY_ORDER),
        (GUEST, BY_ADDRESS),
        (GUEST, BY_ORDER),
        (GUEST, {"customer": {"id": 0}} | BY_ORDER),
    ],
    ids=str,
)
def test_an_erased_customer_is_forgotten(say, buyer, person):
    say("order.paid", ORDER | buyer)
    assert say("customer.erased", person).state == "applied"
    assert list(Customer.objects.values_list("email", "first_name", "last_name")) == [
        (None, "", "")
    ]
    assert Order.objects.get().status == "completed"


def test_a_late_message_brings_nothing_of_them_back(say):
    say("customer.erased", BY_NUMBER)
    say("order.paid", ORDER)
    assert Customer.objects.values_list("platform_id", "email", "first_name").get() == (
        7,
        None,
        "",
    )


@pytest.mark.parametrize("person", [BY_NUMBER, BY_ADDRESS], ids=str)
def test_what_waits_forgets_them_too(send, say, person):
    send(written("order.paid", ORDER | {"id": None}))
    apply_messages.call()
    waiting = Message.objects.get()
    assert (waiting.state, "ada@example.com" in waiting.person) == ("set_aside", True)
    say("customer.erased", person)
    waiting.refresh_from_db()
    assert (waiting.person, waiting.about_customer) == ("", 7)


def test_what_is_applied_later_is_still_theirs(send, say, frozen):
    send(BODY)
    Message.objects.update(due_at=NOW + SECOND)
    say("customer.erased", BY_NUMBER)
    frozen(NOW + SECOND)
    apply_messages.call()
    customer = Order.objects.get().customer
    assert (customer.platform_id, customer.email, customer.first_name) == (7, None, "")


def test_an_erasure_that_another_emptied_is_applied_all_the_same(send):
    for _time in range(2):
        send(written("customer.erased", BY_ADDRESS))
    apply_messages.call()
    assert set(Message.objects.values_list("state", "error")) == {("applied", "")}


@pytest.mark.parametrize(
    "person", [{}, {"customer": {}}, {"customer": None}, {"customer": {"email": "nobody"}}], ids=str
)
def test_an_erasure_of_nobody_is_named_as_wrong(say, person):
    message = say("customer.erased", person)
    assert message.error == "data.customer: expected an id or a mail address"
    assert message.state == "set_aside"


# --- What is wrong is named --------------------------------------------------------------------

NUMBER = "expected a whole number from 0 to 9223372036854775807"
WRONG = [
    ({"id": None}, "data.id: missing"),
    ({"id": "seven"}, f"data.id: {NUMBER}"),
    ({"id": 2**63}, f"data.id: {NUMBER}"),
    ({"id": -1}, f"data.id: {NUMBER}"),
    ({"id": True}, f"data.id: {NUMBER}"),
    ({"lines": None}, "data.lines: expected a list, got nothing"),
    ({"lines": ["book"]}, "data.lines[0]: expected an object, got text"),
]


@pytest.mark.parametrize(("changed", "error"), WRONG, ids=[error for _changed, error in WRONG])
def test_a_wrong_field_is_named_and_moves_nothing(say, changed, error):
    message = say("order.updated", ORDER | changed)
    assert (message.state, message.error) == ("set_aside", error)
    assert not Order.objects.exists()


OTHERS_WRONG = [
    ("order.cancelled", ORDER, "data.cancelled_at: missing"),
    ("refund.created", {"id": 1, "refunded_at": None}, "data.order_id: missing"),
    ("refund.created", {"id": 1, "order_id": 1, "lines": [{}]}, "data.lines[0].line_id: missing"),
    ("product.updated", {"id": 1}, "data.name: missing"),
    ("product.updated", {"name": "Atlas"}, "data.id: missing"),
    (
        "product.updated",
        {"id": 1, "name": "Atlas", "variants": [{"id": 1}, {}]},
        "data.variants[1].id: missing",
    ),
    (
        "product.updated",
        {"id": 1, "name": "Atlas", "variants": [{"id": 1}, {"id": 1}]},
        "data.variants: two of them have the same id",
    ),
    ("product.deleted", {}, "data.id: missing"),
    ("customer.erased", {"orders": 7}, "data.orders: expected a list of whole numbers"),
    ("customer.erased", {"customer": {"id": "x"}}, f"data.customer.id: {NUMBER}"),
]


@pytest.mark.parametrize(("kind", "content", "error"), OTHERS_WRONG, ids=str)
def test_a_wrong_field_of_another_message_is_named(say, kind, content, error):
    assert say(kind, content).error == error


@pytest.mark.parametrize("timestamp", [None, "today"])
@pytest.mark.parametrize("kind", ["order.paid", "product.updated"])
def test_a_message_of_no_time_is_told_so(say, kind, timestamp):
    content = ORDER | {"name": "Atlas", "updated_at": None, "placed_at": None}
    assert say(kind, content, timestamp=timestamp).error == "data.updated_at: missing"


@pytest.mark.parametrize(
    ("said", "counted"), [({}, "2026-02-28T10:00:00"), ({"timestamp": 7}, "2026-02-28T09:58:00")]
)
def test_an_order_whose_time_cannot_be_read_stands_at_another(say, said, counted):
    say("order.paid", ORDER | {"updated_at": "2026-02-30T10:00:00Z"}, **said)
    assert Order.objects.get().reported_at.isoformat() == f"{counted}+00:00"


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "nothing"), ("order", "text"), ([ORDER], "a list"), (7, "a number")],
)
def test_a_message_without_data_is_told_so(say, content, what):
    assert say("order.paid", content).error == f"data: expected an object, got {what}"


def test_one_number_for_two_things_is_refused(say):
    lines = [
        {"id": 1, "quantity": 1, "product": {"id": 5, "name": "Atlas"}},
        {"id": 2, "quantity": 1, "product": {"id": 3, "variant_id": 5, "name": "Globe"}},
    ]
    assert say("order.paid", ORDER | {"lines": lines}).error == (
        "data.lines: the products 5 and 3 both have a variant 5. "
        "A product without variant_id is its own variant."
    )


ODD = {
    "texts for objects": {"customer": "Bob", "lines": "none", "refunds": 7},
    "lists for objects": {"customer": [1], "lines": [[1]], "refunds": [[[]]], "variants": [[1]]},
    "objects for texts": {"id": {"a": 1}, "token": {"c": 3}, "name": {"b": [2]}, "tags": {"a": 1}},
    "truth for numbers": {"id": True, "customer": {"id": True}, "orders": [True]},
    "numbers beyond all": {"id": 10**400, "customer": {"id": 10**400}, "orders": [10**400]},
    "half a letter": {"name": "\ud83d", "token": "\ud83d" * 20, "customer": {"email": "\ud83d"}},
    "nothing": {},
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "kind", ["order.paid", "refund.created", "product.updated", "customer.erased", "never.heard"]
)
def test_an_odd_object_is_stored_and_refused_later_at_the_worst(say, kind, content):
    assert "fault of ours" not in say(kind, content).error
