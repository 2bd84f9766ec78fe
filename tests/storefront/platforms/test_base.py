"""One base class, one entry in a list: adding a platform touches nothing else."""

import hmac
import json

import pytest
from django.contrib.auth.models import User
from django.utils.dateparse import parse_datetime

from downloads import fulfilment
from downloads.fulfilment import InboundMessage
from downloads.incoming import ShopReport
from downloads.models import Message, Shop
from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from storefront.platforms.base import Envelope, Platform
from storefront.platforms.registry import PLATFORMS, title_of
from tests.factories import ShopFactory


class CornerShop(Platform):
    """All that a platform needs."""

    name = "corner"
    title = "The shop at the corner"
    where_to_set_up = "Ask at the counter."

    def read_envelope(self, headers):
        return Envelope(
            shop_domain=headers.get("X-Corner", ""),
            topic="renamed",
            delivery_id=headers.get("X-Corner-Slip", ""),
            signature=headers.get("X-Corner-Seal", ""),
        )

    def is_ping(self, body):
        return body == b"knock"

    def is_signed(self, envelope, body, *, secret, at):
        expected = hmac.digest(secret.encode(), body, "sha256").hex()
        return hmac.compare_digest(expected.encode(), envelope.signature.encode())

    def complaint_about(self, secret):
        return None if secret.startswith("corner") else "Secrets of the corner begin with corner."

    def parse(self, envelope, payload):
        body = json.dumps({"name": payload.get("name"), "told": payload.get("told")})
        return InboundMessage(self.name, envelope.topic, envelope.delivery_id, body=body)

    def apply(self, message, *, at):
        shop = json.loads(message.body)
        report = ShopReport(name=shop["name"], reported_at=parse_datetime(shop["told"]))
        fulfilment.record_shop(message.shop, report)


SECRET = "corner secret, long enough"
BODY = json.dumps({"name": "Corner & Sons", "told": "2026-02-28T10:00:00Z"}).encode()


@pytest.fixture
def corner(monkeypatch):
    """A platform that nothing knows of but the list."""
    monkeypatch.setitem(PLATFORMS, "corner", CornerShop())


@pytest.fixture
def send(client, db, corner, django_capture_on_commit_callbacks):
    """Return a function that posts a message of a shop at the corner, and has it applied."""
    WebhookSecret.keep(ShopFactory(domain="corner.example"), source="corner", secret=SECRET)

    def post(body, *, secret=SECRET):
        seal = hmac.digest(secret.encode(), body, "sha256").hex()
        headers = {"X-Corner": "corner.example", "X-Corner-Slip": "1", "X-Corner-Seal": seal}
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(
                "/webhooks/corner", body, content_type="application/json", headers=headers
            )
        apply_messages.call()
        return response

    return post


@pytest.fixture
def merchant(client, db):
    """Somebody signed in to the admin."""
    client.force_login(User.objects.create_superuser("merchant"))
    return client


def test_a_platform_is_added_by_its_class_alone(send):
    for _time in range(2):
        assert send(BODY).status_code == 200
    message = Message.objects.get()
    assert (message.source, message.topic, message.state) == ("corner", "renamed", "applied")
    assert Shop.objects.get().name == "Corner & Sons"


def test_a_forgery_in_its_name_is_refused(send):
    assert send(BODY, secret="another secret, long enough").status_code == 401
    assert not Message.objects.exists()


def test_its_knock_is_answered(client, db, corner):
    answer = client.post("/webhooks/corner", b"knock", content_type="text/plain")
    assert (answer.status_code, answer.json()) == (200, {"message": "Heard."})


def test_the_admin_offers_it(merchant, corner):
    page = merchant.get("/admin/storefront/webhooksecret/add/").content.decode()
    assert "The shop at the corner" in page
    assert "Ask at the counter." in page
    assert title_of("corner") == "The shop at the corner"


def test_the_admin_keeps_a_secret_of_it_as_its_class_says(merchant, corner):
    form = {"shop": ShopFactory().pk, "source": "corner", "secret": "not of the corner at all"}
    page = merchant.post("/admin/storefront/webhooksecret/add/", form).content.decode()
    assert "Secrets of the corner begin with corner." in page
    assert not WebhookSecret.objects.exists()
    form["secret"] = SECRET
    assert merchant.post("/admin/storefront/webhooksecret/add/", form).status_code == 302
    assert WebhookSecret.objects.get().reveal() == SECRET


def test_what_is_not_in_the_list_is_unknown(client, db):
    assert "corner" not in PLATFORMS
    assert client.post("/webhooks/corner").status_code == 404
    assert title_of("corner") == "Corner"


@pytest.mark.parametrize("verb", ["read_envelope", "parse", "apply"])
def test_a_platform_that_lacks_a_verb_of_its_own_is_refused_at_the_start(verb):
    lacking = type("Lacking", (CornerShop,), {verb: getattr(Platform, verb)})
    with pytest.raises(TypeError, match=verb):
        lacking()


# --- Those that are there ----------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_a_fresh_secret_is_one_the_platform_takes(name):
    secret = PLATFORMS[name].new_secret()
    assert secret is None or len(secret) >= 32
    assert secret is None or PLATFORMS[name].complaint_about(secret) is None
