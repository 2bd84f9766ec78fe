"""One interface, one file a platform: adding a platform touches nothing else."""

import hmac
import inspect
import json

import pytest
from django.contrib.auth.models import User

from downloads.models import Message, Shop
from storefront import platforms
from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from storefront.platforms.base import Source, sources, title_of
from tests.factories import ShopFactory

# All that a platform needs: its file, and no line anywhere else.
CORNER_SHOP = """
import hmac
import json

from downloads import fulfilment
from downloads.fulfilment import Said
from downloads.incoming import ShopReport
from storefront.platforms.payloads import Reader
from storefront.platforms.base import Envelope

NAME = "corner"
TITLE = "The shop at the corner"
WHERE_TO_SET_UP = "Ask at the counter."


def read_envelope(headers):
    return Envelope(
        shop_domain=headers.get("X-Corner", ""),
        topic="renamed",
        delivery_id=headers.get("X-Corner-Slip", ""),
        signature=headers.get("X-Corner-Seal", ""),
    )


def is_ping(body):
    return body == b"knock"


def is_signed(envelope, body, *, secret, at):
    expected = hmac.digest(secret.encode(), body, "sha256").hex()
    return hmac.compare_digest(expected.encode(), envelope.signature.encode())


def new_secret():
    return None


def complaint_about(secret):
    return None if secret.startswith("corner") else "Secrets of the corner begin with corner."


def hear(envelope, payload):
    body = json.dumps({"name": payload.get("name"), "told": payload.get("told")})
    return Said(NAME, envelope.topic, envelope.delivery_id, body=body)


def apply(message, *, at):
    said = Reader(json.loads(message.body), "shop")
    report = ShopReport(name=said.text("name"), reported_at=said.time("told"))
    fulfilment.record_shop(message.shop, report)
"""
SECRET = "corner secret, long enough"
BODY = json.dumps({"name": "Corner & Sons", "told": "2026-02-28T10:00:00Z"}).encode()


@pytest.fixture
def corner(tmp_path, monkeypatch):
    """A platform that nothing knows of but its own file."""
    (tmp_path / "corner.py").write_text(CORNER_SHOP, encoding="utf-8")
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(tmp_path)])
    sources.cache_clear()
    yield sources()["corner"]
    sources.cache_clear()


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


def test_a_platform_is_added_by_its_file_alone(send):
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


def test_the_admin_keeps_a_secret_of_it_as_its_file_says(merchant, corner):
    form = {"shop": ShopFactory().pk, "source": "corner", "secret": "not of the corner at all"}
    page = merchant.post("/admin/storefront/webhooksecret/add/", form).content.decode()
    assert "Secrets of the corner begin with corner." in page
    assert not WebhookSecret.objects.exists()
    form["secret"] = SECRET
    assert merchant.post("/admin/storefront/webhooksecret/add/", form).status_code == 302
    assert WebhookSecret.objects.get().reveal() == SECRET


def test_without_its_file_it_is_unknown_again(client, db):
    assert "corner" not in sources()
    assert client.post("/webhooks/corner").status_code == 404
    assert title_of("corner") == "Corner"


# --- Those that are there ----------------------------------------------------------------------

WORDS = ("NAME", "TITLE", "WHERE_TO_SET_UP")
VERBS = [name for name, _verb in inspect.getmembers(Source, inspect.isfunction) if name[0] != "_"]


def test_so_much_is_asked_of_a_platform():
    assert VERBS == [
        "apply",
        "complaint_about",
        "hear",
        "is_ping",
        "is_signed",
        "new_secret",
        "read_envelope",
    ]
    assert set(Source.__annotations__) == set(WORDS)


@pytest.mark.parametrize("name", sorted(sources()))
def test_each_platform_offers_all_of_it(name):
    platform = sources()[name]
    assert platform.__name__ == f"storefront.platforms.{name}"
    assert [type(getattr(platform, word)) for word in WORDS] == [str] * 3
    for verb in VERBS:
        asked = inspect.signature(getattr(Source, verb)).parameters.values()
        taken = inspect.signature(getattr(platform, verb)).parameters.values()
        assert [(each.name, each.kind) for each in taken] == [
            (each.name, each.kind) for each in asked if each.name != "self"
        ]


@pytest.mark.parametrize("name", sorted(sources()))
def test_a_fresh_secret_is_one_the_platform_takes(name):
    secret = sources()[name].new_secret()
    assert secret is None or len(secret) >= 32
    assert secret is None or sources()[name].complaint_about(secret) is None
