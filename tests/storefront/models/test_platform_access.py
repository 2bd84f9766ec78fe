"""The access to a shop's platform: how it is stored, and which addresses it may have."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from downloads.errors import SealBroken
from storefront.models import PlatformAccess
from storefront.platforms.api_urls import clean_url, has_same_host
from tests.factories import ShopFactory
from tests.invariants.reconciliation.conftest import give_access
from tests.invariants.reconciliation.shopify import TOKEN
from tests.invariants.reconciliation.woocommerce import KEY, SECRET

ADDRESS = "https://my-store.myshopify.com"


@pytest.fixture
def access(db):
    return give_access(ShopFactory(name="My store"), "shopify", ADDRESS)


# --- The row ------------------------------------------------------------------------------------


def test_it_is_stored_sealed_and_named_by_its_end(db):
    row = give_access(ShopFactory(), "woocommerce", "https://shop.example")
    row.refresh_from_db()
    assert (str(row), row.hint) == ("Access to https://shop.example", SECRET[-4:])
    assert row.reveal() == (KEY, SECRET)
    values = map(str, PlatformAccess.objects.values().get().values())
    assert [value for value in values if KEY[:8] in value or SECRET[:8] in value] == []


def test_a_shop_has_one_for_each_platform(access):
    give_access(access.shop, "woocommerce", ADDRESS)
    with pytest.raises(IntegrityError), transaction.atomic():
        give_access(access.shop, "shopify", ADDRESS)


def test_it_is_resealed_with_the_others(db, settings, capsys):
    rows = [give_access(ShopFactory(), source, ADDRESS) for source in ("shopify", "woocommerce")]
    fresh = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [fresh, *settings.ENCRYPTION_KEYS]
    call_command("reseal_secrets")
    assert capsys.readouterr().out.startswith("2 secrets are sealed with the first key.\n")
    settings.ENCRYPTION_KEYS = [fresh]
    for row in rows:
        row.refresh_from_db()
    assert [row.reveal() for row in rows] == [("", TOKEN), (KEY, SECRET)]


def test_without_its_key_it_is_not_opened(access, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(SealBroken):
        access.reveal()


# --- Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        (" https://Shop.Example/ ", "https://shop.example"),
        ("shop.example/wp/", "https://shop.example/wp"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", None),
    ],
)
def test_an_address_is_stored_in_one_form(entered, stored):
    assert clean_url(entered) == (stored or entered)


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "http://shop.example",
        "ftp://shop.example",
        "https://user:word@shop.example",
        "https://shop.example/?a=b",
        "https://shop.example/#a",
        "https://shop.example:x",
        "https://[::1",
        "https://shop example",
        "https://localhost",
        "https://shop.internal",
        "https://127.0.0.1",
        "https://127.1",
        "https://10.0.0.1",
        "https://[::1]",
        "https://169.254.169.254",
        "https://shop.example\\@localhost",
    ],
)
def test_an_address_that_is_not_public_or_not_private_enough_is_refused(entered):
    with pytest.raises(ValidationError):
        clean_url(entered)


def test_private_networks_are_a_setting(settings):
    settings.ALLOW_PRIVATE_PLATFORMS = True
    assert clean_url("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("https://a.example/shop", True),
        ("https://b.example", False),
        ("https://a.example:444", False),
        ("http://a.example", False),
    ],
)
def test_what_is_meant_for_one_host_goes_to_no_other(other, is_same):
    assert has_same_host("https://a.example", other) is is_same
