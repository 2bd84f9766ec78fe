"""Addresses of an earlier version are spelled as mailboxes are, and no row is lost."""

import pytest
from django.db import IntegrityError, transaction

from downloads.models import Account, Customer, DataRequest, Shop
from tests.factories import NOW
from tests.migrating import begin_at, migrate_to, migrate_to_newest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

BEFORE, AFTER = "0022_end_of_addresses", "0024_spell_addresses"
STORED = [
    ("one.example", "Grace@Example.com"),
    ("one.example", "ada@xn--bcher-kva.example"),
    ("one.example", "ada@b\u00fccher.example"),
    ("one.example", "hans@xn--strae-oqa.example"),
    ("one.example", "hans@strasse.example"),
    ("one.example", None),
    ("two.example", "ada@xn--bcher-kva.example"),
    ("two.example", "kim@example.com."),
]
SPELLED = [
    ("one.example", "grace@example.com"),
    # One mailbox, known twice: each keeps its row and its spelling.
    ("one.example", "ada@xn--bcher-kva.example"),
    ("one.example", "ada@bücher.example"),
    ("one.example", "hans@straße.example"),
    ("one.example", "hans@strasse.example"),
    ("one.example", None),
    ("two.example", "ada@bücher.example"),
    ("two.example", "kim@example.com"),
]


def fill(apps):
    """Store these addresses as they were before a mailbox had one spelling."""
    model = {
        name: apps.get_model("downloads", name)
        for name in ("Shop", "Customer", "Account", "DataRequest")
    }
    shops = {
        domain: model["Shop"].objects.create(name="Shop", domain=domain)
        for domain in ("one.example", "two.example")
    }
    for number, (domain, email) in enumerate(STORED):
        shop = shops[domain]
        customer = model["Customer"].objects.create(shop=shop, email=email)
        if email is not None:
            model["Account"].objects.create(shop=shop, customer=customer, email=email)
        model["DataRequest"].objects.create(
            shop=shop, platform_id=number, email=email or "", asked_at=NOW
        )


def stored(model):
    return list(model.objects.order_by("pk").values_list("shop__domain", "email"))


def test_each_address_is_spelled_as_its_mailbox_and_no_row_is_lost():
    fill(begin_at("downloads", BEFORE))
    migrate_to_newest()
    assert stored(Customer) == SPELLED
    assert stored(Account) == [row for row in SPELLED if row[1]]
    requests = [email for _shop, email in stored(DataRequest)]
    assert requests[1:4] == ["ada@bücher.example", "ada@bücher.example", "hans@straße.example"]
    assert Account.objects.exclude(customer=None).count() == len(STORED) - 1


@pytest.mark.parametrize("typed", ["ada@bücher.example", "Ada@XN--BCHER-KVA.example"])
def test_a_mailbox_known_twice_is_found_twice_by_either_spelling(typed):
    fill(begin_at("downloads", BEFORE))
    migrate_to_newest()
    shop = Shop.objects.get(domain="one.example")
    assert shop.customers.with_email(typed).count() == 2
    assert shop.accounts.with_email(typed).count() == 2


def test_there_and_back_and_there_again_is_as_there_once():
    fill(begin_at("downloads", BEFORE))
    migrate_to("downloads", AFTER)
    earlier = migrate_to("downloads", BEFORE).get_model("downloads", "Customer")
    assert stored(earlier) == SPELLED
    migrate_to("downloads", AFTER)
    assert stored(Customer) == SPELLED


def test_many_addresses_are_spelled_in_batches():
    apps = begin_at("downloads", BEFORE)
    shop = apps.get_model("downloads", "Shop").objects.create(name="Shop", domain="shop.example")
    customer = apps.get_model("downloads", "Customer")
    customer.objects.bulk_create(
        customer(shop=shop, email=f"ada{number}@xn--bcher-kva.example") for number in range(2001)
    )
    migrate_to_newest()
    assert Customer.objects.filter(email__endswith="@bücher.example").count() == 2001


def test_the_same_mailbox_is_still_refused_and_a_lookalike_is_not():
    fill(begin_at("downloads", BEFORE))
    migrate_to_newest()
    rows = Account.objects
    shop = Shop.objects.get(domain="two.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.create(shop=shop, email="KIM@example.com")
    rows.create(shop=shop, email="\u212aim@example.com")
