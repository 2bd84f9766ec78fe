"""`manage.py reseal_secrets`: after it, the first key alone is enough."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from downloads.errors import SealBroken
from downloads.models import Reader
from storefront.models import CustomerToken, SecretKey, TokenExchange, WebhookSecret
from tests.factories import NOW, ShopFactory


def run():
    out = StringIO()
    call_command("reseal_secrets", stdout=out)
    return out.getvalue()


def said(*, secrets=0, tokens=0):
    return (
        f"{secrets} secrets are sealed with the first key.\n"
        f"{tokens} tokens that shops' servers asked for are, too.\n"
    )


@pytest.fixture
def secret(db):
    return WebhookSecret.keep(ShopFactory(name="My store"), source="shopify", secret="shpss_1234")


@pytest.fixture
def fresh_key(settings):
    """A new key, put in front of the old one."""
    key = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [key, *settings.ENCRYPTION_KEYS]
    return key


def test_without_secrets_there_is_nothing_to_seal(db):
    assert run() == said(secrets=0)


def test_the_old_key_is_needed_no_more(secret, fresh_key, settings):
    WebhookSecret.keep(secret.shop, source="shopify", secret="shpss_5678")
    assert run() == said(secrets=2)
    settings.ENCRYPTION_KEYS = [fresh_key]
    revealed = [row.reveal() for row in WebhookSecret.objects.order_by("pk")]
    assert revealed == ["shpss_1234", "shpss_5678"]


def test_ended_secrets_are_sealed_anew_too(secret, fresh_key, settings):
    WebhookSecret.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert run() == said(secrets=1)
    settings.ENCRYPTION_KEYS = [fresh_key]
    assert WebhookSecret.objects.get().reveal() == "shpss_1234"


def test_nothing_but_the_seal_moves(secret, fresh_key):
    before = WebhookSecret.objects.values().get()
    run()
    after = WebhookSecret.objects.values().get()
    assert {name for name in before if before[name] != after[name]} == {"sealed"}


def test_what_no_key_opens_is_named_and_the_others_are_sealed(secret, settings):
    key = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [key]
    other = WebhookSecret.keep(secret.shop, source="shopify", secret="shpss_5678")
    before = WebhookSecret.objects.get(pk=secret.pk).sealed
    with pytest.raises(CommandError) as error:
        run()
    assert str(error.value) == (
        "No key opens: Webhook secret …1234 of My store. Put the key they were sealed with back "
        "into ENCRYPTION_KEYS, or enter these secrets anew."
    )
    assert WebhookSecret.objects.get(pk=secret.pk).sealed == before
    assert WebhookSecret.objects.get(pk=other.pk).reveal() == "shpss_5678"
    with pytest.raises(SealBroken):
        secret.reveal()


# What shops' servers asked for


@pytest.fixture
def exchange(customer):
    """Return a function that asks for a token by a name and returns the bearer."""
    key = SecretKey.issue(customer.shop, name="Server")[0]

    def ask(name):
        return TokenExchange.answer(key, Reader(customer), name=name, at=NOW)[1]

    return ask


def test_a_repetition_needs_the_old_key_no_more(exchange, secret, fresh_key, settings):
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[1:]
    first = [exchange(name) for name in ("a", "b")]
    settings.ENCRYPTION_KEYS = [fresh_key, *settings.ENCRYPTION_KEYS]
    assert run() == said(secrets=1, tokens=2)
    settings.ENCRYPTION_KEYS = [fresh_key]
    assert [exchange(name) for name in ("a", "b")] == first


@pytest.mark.parametrize("end", [{"revoked_at": NOW}, {"expires_at": NOW}], ids=str)
def test_an_ended_token_is_left_as_it_is(exchange, fresh_key, end):
    exchange("a")
    CustomerToken.objects.update(**end)
    before = TokenExchange.objects.values().get()
    assert run() == said()
    assert TokenExchange.objects.values().get() == before


def test_a_token_no_key_opens_stops_nothing(exchange, settings, secret):
    exchange("a")
    WebhookSecret.objects.all().delete()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    exchange("b")
    assert run() == said(tokens=1)


def test_tokens_are_sealed_anew_though_a_secret_cannot_be_opened(exchange, secret, settings):
    settings.ENCRYPTION_KEYS = [old := Fernet.generate_key().decode()]
    first = exchange("a")
    settings.ENCRYPTION_KEYS = [fresh := Fernet.generate_key().decode(), old]
    with pytest.raises(CommandError):
        run()
    settings.ENCRYPTION_KEYS = [fresh]
    assert exchange("a") == first
