"""Credentials: usable until their end, or until they are revoked."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from downloads.errors import SealBroken
from downloads.models import Reader
from storefront.models import (
    CustomerToken,
    SecretKey,
    StorefrontKey,
    TokenExchange,
    WebhookSecret,
)
from tests.factories import NOW, CustomerFactory, ShopFactory
from tests.tidied import tidy

SECOND = timedelta(seconds=1)


def make_key():
    return StorefrontKey.issue(ShopFactory(), name="test")[0]


def make_secret_key():
    return SecretKey.issue(ShopFactory(), name="test")[0]


def make_bearer():
    return CustomerToken.issue(CustomerFactory(), at=NOW)[0]


def make_secret():
    return WebhookSecret.keep(ShopFactory(), source="shopify", secret="shpss_1234")


@pytest.mark.parametrize("make", [make_key, make_secret_key, make_bearer, make_secret])
@pytest.mark.parametrize(
    ("facts", "is_usable"),
    [
        ({"expires_at": None}, True),
        ({"expires_at": NOW + SECOND}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW - SECOND}, False),
        ({"expires_at": None, "revoked_at": NOW}, False),
        ({"expires_at": NOW + SECOND, "revoked_at": NOW}, False),
    ],
    ids=str,
)
def test_a_row_and_the_database_say_the_same_of_it(db, make, facts, is_usable):
    row = make()
    for name, value in facts.items():
        setattr(row, name, value)
    row.save()
    assert row.is_usable(NOW) is is_usable
    assert type(row).objects.usable(NOW).exists() is is_usable


def test_revoking_counts_only_what_was_open(db):
    keys = [StorefrontKey.issue(ShopFactory(), name="test")[0] for _ in range(3)]
    StorefrontKey.objects.filter(pk=keys[0].pk).revoke(NOW)
    assert StorefrontKey.objects.all().revoke(NOW + SECOND) == 2
    times = StorefrontKey.objects.order_by("pk").values_list("revoked_at", flat=True)
    assert list(times) == [NOW, NOW + SECOND, NOW + SECOND]


def test_a_keys_rate_is_a_setting(db, settings):
    settings.STOREFRONT_KEY_RATE_PER_MINUTE = 7
    assert make_key().rate_per_minute == 7


def test_a_bearers_life_is_a_setting(db, settings):
    settings.CUSTOMER_TOKEN_DAYS = 2
    assert make_bearer().expires_at == NOW + timedelta(days=2)


def test_a_credential_is_named_without_its_secret(db):
    row, key = StorefrontKey.issue(ShopFactory(), name="Storefront")
    assert str(row) == f"Storefront ({key[:20]}…)"
    customer = CustomerFactory(first_name="Ada", last_name="Byron")
    row, _bearer = CustomerToken.issue(customer, at=NOW)
    assert str(row) == f"Token {row.pk} of Ada Byron"


def test_a_bearer_says_whence_it_came_and_lasts_as_long_as_asked(db):
    customer = CustomerFactory()
    made = [
        CustomerToken.issue(customer, at=NOW, **asked)[0]
        for asked in ({}, {"origin": CustomerToken.Origin.SIGN_IN, "lasts": SECOND})
    ]
    assert [row.origin for row in made] == ["admin", "sign_in"]
    assert made[1].expires_at == NOW + SECOND


def test_what_ended_long_ago_is_forgotten_by_whichever_end(db, settings):
    settings.ENDED_TOKEN_DAYS = 2
    last = NOW - timedelta(days=2)
    ends = (
        {"expires_at": last, "revoked_at": None},
        {"expires_at": NOW, "revoked_at": last},
        {"expires_at": last - SECOND, "revoked_at": None},
        {"expires_at": NOW, "revoked_at": last - SECOND},
        {"expires_at": None, "revoked_at": None},
    )
    rows = [make_bearer() for _ in ends]
    for row, facts in zip(rows, ends, strict=True):
        CustomerToken.objects.filter(pk=row.pk).update(**facts)
    past = CustomerToken.objects.past_retention(NOW).order_by("pk")
    assert list(past) == [rows[2], rows[3]]


def test_forgetting_counts_tokens_and_not_what_goes_with_them(db):
    row = make_secret_key()
    customer = CustomerFactory(shop=row.shop)
    TokenExchange.answer(row, Reader(customer), name="n", at=NOW)
    assert tidy(CustomerToken, at=NOW + timedelta(days=99)) == 1
    assert not TokenExchange.objects.exists()


def test_a_webhook_secret_is_stored_sealed_and_named_by_its_end(db):
    row = make_secret()
    row.refresh_from_db()
    assert (str(row), row.hint, row.reveal()) == ("Webhook secret …1234", "1234", "shpss_1234")
    values = WebhookSecret.objects.values().get()
    assert [value for value in values.values() if "shpss" in str(value)] == []
    # Sealing twice never looks the same.
    assert make_secret().sealed != row.sealed


def test_a_webhook_secret_is_opened_by_any_of_the_keys(db, settings):
    row = make_secret()
    fresh = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [fresh, *settings.ENCRYPTION_KEYS]
    assert row.reveal() == "shpss_1234"
    settings.ENCRYPTION_KEYS = [fresh]
    with pytest.raises(SealBroken) as error:
        row.reveal()
    assert str(error.value) == "A stored secret cannot be opened with ENCRYPTION_KEYS."


def test_a_tampered_webhook_secret_is_not_opened(db):
    row = make_secret()
    row.sealed = row.sealed[:-4] + "AAA="
    with pytest.raises(SealBroken):
        row.reveal()


@pytest.mark.parametrize("secret", ["", "abc", "ünïcode", "x" * 1000])
def test_any_text_can_be_a_webhook_secret(db, secret):
    row = WebhookSecret.keep(ShopFactory(), source="shopify", secret=secret)
    row.refresh_from_db()
    assert (row.reveal(), row.hint) == (secret, secret[-4:])
