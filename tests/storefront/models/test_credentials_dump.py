"""Whoever has a copy of the database alone can use nothing in it."""

import base64
import dataclasses
import hashlib
import json
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.db import connection
from django.test import Client

from config.settings import PASSWORD_HASHERS
from downloads import fulfilment
from downloads.brand.trials import send_test_mail
from downloads.fulfilment.desk import addresses
from downloads.fulfilment.mails.staff_mails import mail_invitation
from downloads.models import Account, FigureClock, Grant, Invitation, Mail, Message, Order, Shop
from downloads.tokens import hash_token
from storefront.demo.example import BASIC_ORDER_TOKEN, ORDER_TOKEN, PAID_MESSAGE, make_example
from storefront.inbox import apply_messages
from storefront.mail import sender
from storefront.models import SecretKey, StaffSession, StorefrontKey
from storefront.signed_urls import account_url, counted_url, ticket_url
from storefront.staff.session_store import stored_key
from tests.conftest import WEBHOOKS, sign
from tests.factories import NOW, MessageFactory, ShopFactory
from tests.storefront.conftest import FACE_B

NO_SECRETS = {"grant", "customer_email", "admin", "staff_user"}
MERCHANTS_SECRET = "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"
PLATFORM_KEY, PLATFORM_SECRET = "ck_" + "6b1e08d2" * 5, "cs_" + "c47f93a5" * 5
LATER_ORDER = {"id": 7001, "order_number": 7, "token": "9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b"}
LOGIN = """mutation ($email: String!, $password: String!) {
  createCustomerLogin(input: {email: $email, password: $password}) {customerLogin {token}}
}"""
CREATE = """mutation ($email: String!, $password: String!) {
  createCustomer(input: {firstName: "Joan", lastName: "Clarke", email: $email,
    password: $password, confirmPassword: $password}) {customer {email}}
}"""
FORGOT = """mutation ($email: String!) {
  createForgotPassword(input: {email: $email}) {forgotPassword {message}}
}"""
# What the mails to staff link to and nobody opens without a sign-in, but by this way.
CLOSED = re.compile("/admin/(?!password/)")
NEW_CUSTOMER = {"email": "joan@example.com", "password": "banburismus at bletchley"}


@pytest.fixture
def example(db, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    return make_example(at=NOW)


def as_customer(example, query, **variables):
    response = Client().post(
        FACE_B,
        {"query": query, "variables": variables},
        content_type="application/json",
        headers={"X-Storefront-Key": example.storefront_key},
    )
    assert response.status_code == 200
    assert "errors" not in response.json()
    return response.json()["data"]


def sign_in_customer(example):
    given = {"email": example.customer_email, "password": example.customer_password}
    return as_customer(example, LOGIN, **given)["createCustomerLogin"]["customerLogin"]["token"]


def exchange(example):
    response = Client().post(
        "/api/v1/customer-tokens",
        {"email": example.customer_email},
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {example.secret_api_key}",
            "Idempotency-Key": "of one night",
        },
    )
    assert response.status_code == 201
    return response.json()["token"]


def sign_in_staff(example):
    client = Client()
    given = {"username": example.admin, "password": example.admin_password}
    assert client.post("/admin/login/", given).status_code == 302
    shop = Shop.objects.get(domain="my-store")
    pasted = {"shop": shop.pk, "source": "shopify", "secret": MERCHANTS_SECRET}
    added = client.post("/admin/storefront/webhooksecret/add/", pasted)
    assert added.status_code == 302
    opened = {"shop": shop.pk, "source": "woocommerce", "address": "https://shop.example"}
    opened |= {"key": PLATFORM_KEY, "secret": PLATFORM_SECRET}
    assert client.post("/admin/storefront/platformaccess/add/", opened).status_code == 302
    return client


def send_message(example, body, *, number):
    response = Client().post(
        WEBHOOKS,
        body,
        content_type="application/json",
        headers={
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Shop-Domain": "my-store",
            "X-Shopify-Webhook-Id": f"dump-{number}",
            "X-Shopify-Hmac-Sha256": sign(body, example.shopify_webhook_secret),
        },
    )
    assert response.status_code == 200


def mailed():
    """Send what waits to be mailed; return the secret end of every link, by its mail."""
    assert Client().post("/links", {"email": "ada@example.com"}).status_code == 200
    assert sender.send_due(clock=lambda: NOW)
    return {
        f"mail {number} {path}": re.split("[./]", path.rstrip("/"))[-1]
        for number, mail in enumerate(outbox.outbox)
        for path in re.findall(r"http://localhost:8000(/\S+)", mail.body)
        if not CLOSED.match(path)
    }


def invite(shop, email):
    """Invite somebody by mail; return the token."""
    invitation, token = fulfilment.memberships.invite(shop, email, "support", at=NOW)
    assert mail_invitation(invitation, token, at=NOW)
    return token


def write_to_others(order):
    """Have an order's mail sent once to somebody else, and another's to another address."""
    addresses.send_once(order, "friend@example.com", at=NOW)
    moved = Order.objects.get(number=1051)
    addresses.correct_and_send(moved, "hopper@example.com", former=moved.email, at=NOW)


def write_to_staff(shop, example):
    """Have each kind of mail sent to staff, for the reason that it is sent for."""
    Shop.objects.filter(pk=shop.pk).update(mails_used_up=True, mails_figures=True)
    person = User.objects.get(username=example.staff_user)
    person.email = "manager@example.com"
    person.save()
    grant = Grant.objects.with_facts().get(asset__title="Garden at dawn")
    for number in range(grant.limit):
        end, nonce = NOW + timedelta(days=1), f"dump-{number}"
        fulfilment.spend(grant, nonce=nonce, valid_until=end, at=NOW - timedelta(hours=1))
    FigureClock.objects.create(seen_until=NOW, next_at=NOW, as_of=NOW)
    MessageFactory(shop=shop, state=Message.State.SET_ASIDE)
    assert fulfilment.tell_of_used_up(at=NOW) == 1
    assert fulfilment.tell_figures(at=NOW) == 1
    assert fulfilment.warn_of_set_aside(at=NOW) == 1
    assert fulfilment.warn_of_wrong_tries(person, at=NOW)
    fulfilment.mail_password_link(person, at=NOW)
    send_test_mail(shop, person.email, at=NOW)
    invite(shop, "colleague@example.com")


@pytest.fixture
def secrets(example, django_capture_on_commit_callbacks):
    """All that was handed out or entered in a day with the example, by what it is."""
    staff = sign_in_staff(example)
    paid = PAID_MESSAGE.read_bytes()
    with django_capture_on_commit_callbacks(execute=True):
        send_message(example, paid, number=1)
    apply_messages.call()
    # This one still waits, for the worker that its task names.
    waiting = json.dumps(json.loads(paid) | LATER_ORDER).encode()
    with django_capture_on_commit_callbacks(execute=True):
        send_message(example, waiting, number=2)
    as_customer(example, CREATE, **NEW_CUSTOMER)
    as_customer(example, FORGOT, email=example.customer_email)
    order = Order.objects.get(number=1050)
    write_to_others(order)
    write_to_staff(order.shop, example)
    links = mailed()
    kinds = set(Mail.objects.filter(state=Mail.State.SENT).values_list("kind", flat=True))
    assert kinds == {*Mail.Kind}
    assert {name.split("/")[1] for name in links} == {"orders", "accounts", "invitations", "admin"}
    waiting_token = invite(order.shop, "new@example.com")
    assert Invitation.objects.exclude(sealed_token="").count() == 1
    grant = order.grants.with_facts().get(pk=example.grant)
    account = Account.objects.get(email=example.customer_email)
    later = {
        "signed in": sign_in_customer(example),
        "exchanged": exchange(example),
        "session": staff.session.session_key,
        "csrf": staff.get("/admin/").context["csrf_token"],
        "rotated": StorefrontKey.objects.get().rotate(at=NOW)[1],
        "rotated secret key": SecretKey.objects.get().rotate(at=NOW)[1],
        "pasted": MERCHANTS_SECRET,
        "platform key": PLATFORM_KEY,
        "platform secret": PLATFORM_SECRET,
        "chosen": NEW_CUSTOMER["password"],
        "page ticket": ticket_url(order).rpartition(".")[2],
        "account ticket": account_url(account, at=NOW).rpartition(".")[2],
        "address": counted_url(grant, at=NOW).rpartition("/")[2],
        "invitation": waiting_token,
        "order": ORDER_TOKEN,
        "basic order": BASIC_ORDER_TOKEN,
        "paid order": json.loads(paid)["token"],
        "waiting order": LATER_ORDER["token"],
        "key of signatures": django_settings.SECRET_KEY,
        "key of seals": django_settings.ENCRYPTION_KEYS[0],
    }
    assert StorefrontKey.objects.count() == 2
    assert Message.objects.filter(state=Message.State.WAITING).count() == 1
    given = {name: str(value) for name, value in dataclasses.asdict(example).items()}
    return later | links | {name: value for name, value in given.items() if name not in NO_SECRETS}


def dump():
    """Return every row of every table as text, and what sessions hold, unpacked too."""
    rows = [repr(session.get_decoded()) for session in StaffSession.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [" ".join(as_text(value) for value in row) for row in cursor.fetchall()]
    return "\n".join(rows)


def as_text(value):
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def forms_of(secret):
    """Return how a secret may be written so that anybody can read it, and the hashes that people
    take for safe where a secret is a word."""
    plain = secret.encode()
    raw = [plain]
    if len(secret) % 2 == 0 and set(secret) <= set("0123456789abcdef"):
        raw.append(bytes.fromhex(secret))
    for each in raw:
        yield each.decode("latin-1")
        yield each.hex()
        yield base64.b64encode(each).decode().rstrip("=")
        yield base64.urlsafe_b64encode(each).decode().rstrip("=")
    yield secret[::-1]
    yield json.dumps(secret)[1:-1]


def is_in(text, secret):
    # A bearer is worth nothing without what stands behind its number.
    secret = secret.rpartition("|")[2]
    return any(form in text or form.upper() in text for form in forms_of(secret))


@pytest.mark.slow
def test_every_table_is_in_the_dump(secrets):
    text = dump()
    for known in ("ada@example.com", "joan@example.com", "merchant", hash_token(ORDER_TOKEN)):
        assert known in text
    assert stored_key(secrets["session"]) in text
    tables = set(connection.introspection.table_names())
    assert {model._meta.db_table for model in apps.get_models()} <= tables


@pytest.mark.slow
def test_nothing_that_was_handed_out_is_in_the_dump(secrets):
    text = dump()
    assert [name for name, secret in secrets.items() if is_in(text, secret)] == []


@pytest.mark.slow
def test_no_password_is_kept_as_a_hash_that_can_be_guessed(secrets):
    text = dump()
    entered = [name for name in secrets if not name.startswith("mail ")]
    names = [name for name in entered if "password" in name or name == "chosen"]
    assert names == ["chosen", "customer_password", "admin_password", "staff_password"]
    for name in names:
        plain = secrets[name].encode()
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            assert hashlib.new(algorithm, plain).hexdigest() not in text
    assert text.count("argon2$argon2id$") == 4


@pytest.mark.parametrize(
    "spelt",
    [
        str,
        lambda secret: secret.encode().hex(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(bytes.fromhex(secret)).decode(),
    ],
    ids=["plain", "hex", "HEX", "base64", "raw"],
)
def test_a_secret_would_be_found_in_each_of_its_forms(db, spelt):
    shop = ShopFactory()
    assert not is_in(dump(), ORDER_TOKEN)
    Shop.objects.filter(pk=shop.pk).update(page_text=f"so: {spelt(ORDER_TOKEN)}.")
    assert is_in(dump(), ORDER_TOKEN)
