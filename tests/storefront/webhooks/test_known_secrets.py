"""A secret that is kept in memory signs nothing that the database would not let it sign."""

from datetime import timedelta

import pytest
from django.utils import timezone

from downloads.encryption import reseal
from downloads.models import Message, Shop
from storefront.models import WebhookSecret
from storefront.webhooks import known_secrets
from tests.conftest import WEBHOOK_SECRET
from tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=2)


@pytest.fixture
def post(deliver):
    """Return a function that posts a message, whose secret is known here by now, and no other."""
    known_secrets.known_secrets._known.clear()

    def send(**given):
        return deliver("orders/create", {"id": 1}, is_applied=False, **given).status_code

    assert send() == 200
    return send


def revoke():
    WebhookSecret.objects.all().revoke(timezone.now())


def end():
    WebhookSecret.objects.update(expires_at=timezone.now())


def give_to_another_shop():
    WebhookSecret.objects.update(shop=ShopFactory())


def give_to_another_platform():
    WebhookSecret.objects.update(source="woocommerce")


def replace_it():
    other = WebhookSecret.keep(Shop.objects.first(), source="shopify", secret="another")
    sealed = other.sealed
    other.delete()
    WebhookSecret.objects.update(sealed=sealed)


def delete():
    WebhookSecret.objects.all().delete()


def move_the_shop():
    Shop.objects.update(domain="elsewhere.example")


@pytest.mark.parametrize(
    "change",
    [
        *(revoke, end, delete, replace_it, give_to_another_shop),
        *(give_to_another_platform, move_the_shop),
    ],
)
def test_what_the_database_no_longer_lets_sign_is_refused_at_once(post, change):
    change()
    assert post() == 401
    assert Message.objects.count() == 1


def test_one_that_is_sealed_anew_signs_as_before(post):
    [secret] = WebhookSecret.objects.all()
    WebhookSecret.objects.update(sealed=reseal(secret.sealed))
    assert (post(), post()) == (200, 200)
    assert Message.objects.count() == 3


def test_one_beside_it_signs_as_well(post):
    WebhookSecret.keep(Shop.objects.get(), source="shopify", secret="another")
    assert (post(secret="another"), post(secret=WEBHOOK_SECRET)) == (200, 200)
    assert Message.objects.count() == 3


def test_its_use_is_noted_again_after_an_hour(post):
    [known] = known_secrets.known_secrets._known.values()
    past = timezone.now() - HOURS
    known_secrets.known_secrets.keep(known.secret, known.text, at=past)
    known_secrets.known_secrets._known[known.secret.source, known.shop.domain] = known._replace(
        noted_at=past
    )
    WebhookSecret.objects.update(used_at=past)
    assert post() == 200
    assert WebhookSecret.objects.get().used_at > past + timedelta(hours=1)


def test_no_more_shops_are_kept_than_so_many(post, monkeypatch):
    monkeypatch.setattr(known_secrets, "MOST", 2)
    kept = known_secrets.KnownSecrets()
    secrets = [
        WebhookSecret.keep(ShopFactory(), source="shopify", secret="secret") for _ in range(3)
    ]
    for secret in secrets:
        kept.keep(secret, "secret", at=timezone.now())
    assert [known.secret for known in kept._known.values()] == secrets[1:]
