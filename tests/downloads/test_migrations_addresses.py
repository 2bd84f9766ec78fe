"""Addresses of an earlier version are spelled as mailboxes are, and no row is lost."""

import pytest
from django.db import IntegrityError, transaction

from downloads.models import Account, Customer, DataRequest, Shop
from tests.downloads.there_and_back import MANY, STORED, fill_addresses
from tests.migrating import begin_at, migrate_to

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

BEFORE, AFTER = "0022_end_of_addresses", "0024_spell_addresses"
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


def stored(model):
    rows = model.objects.filter(shop__domain__in=["one.example", "two.example"]).order_by("pk")
    return list(rows.values_list("shop__domain", "email"))


def test_each_address_is_spelled_as_its_mailbox_and_no_row_is_lost(newest):
    assert stored(Customer) == SPELLED
    assert stored(Account) == [row for row in SPELLED if row[1]]
    requests = [email for _shop, email in stored(DataRequest)]
    assert requests[1:4] == ["ada@bücher.example", "ada@bücher.example", "hans@straße.example"]
    assert Account.objects.exclude(customer=None).count() == len(STORED) - 1


@pytest.mark.parametrize("typed", ["ada@bücher.example", "Ada@XN--BCHER-KVA.example"])
def test_a_mailbox_known_twice_is_found_twice_by_either_spelling(newest, typed):
    shop = Shop.objects.get(domain="one.example")
    assert shop.customers.with_email(typed).count() == 2
    assert shop.accounts.with_email(typed).count() == 2


def test_there_and_back_and_there_again_is_as_there_once():
    fill_addresses(begin_at("downloads", BEFORE))
    migrate_to("downloads", AFTER)
    earlier = migrate_to("downloads", BEFORE).get_model("downloads", "Customer")
    assert stored(earlier) == SPELLED
    migrate_to("downloads", AFTER)
    assert stored(Customer) == SPELLED


def test_many_addresses_are_spelled_in_batches(newest):
    spelled = Customer.objects.filter(shop__domain=MANY, email__endswith="@bücher.example")
    assert spelled.count() == 2001


def test_the_same_mailbox_is_still_refused_and_a_lookalike_is_not(newest):
    rows = Account.objects
    shop = Shop.objects.get(domain="two.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.create(shop=shop, email="KIM@example.com")
    rows.create(shop=shop, email="\u212aim@example.com")
