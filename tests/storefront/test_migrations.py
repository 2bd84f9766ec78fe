"""Credentials of an earlier version are carried over."""

import pytest

from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory
from tests.migrating import migrate_to, migrate_to_newest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_keys_without_a_checksum_are_shown_as_closed():
    apps = migrate_to("storefront", "0002_webhook_secrets")
    # The shop's own tables stay as they are.
    customer = CustomerFactory()
    key = {"shop_id": customer.shop_id, "name": "Old", "prefix": "pk_storefront_aaaaaa"}
    earlier_keys = apps.get_model("storefront", "StorefrontKey").objects
    earlier_keys.create(key_hash="1" * 64, **key)
    earlier_keys.create(key_hash="2" * 64, revoked_at=NOW, **key)
    tokens = apps.get_model("storefront", "CustomerToken").objects
    tokens.create(customer_id=customer.pk, secret_hash="3" * 64)
    migrate_to_newest()
    assert not StorefrontKey.objects.filter(revoked_at=None).exists()
    assert StorefrontKey.objects.get(key_hash="2" * 64).revoked_at == NOW
    assert CustomerToken.objects.get().origin == CustomerToken.Origin.ADMIN
