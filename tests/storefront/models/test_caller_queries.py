"""Key, bearer and grant in one round trip. What is found is what each finds by itself."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Grant
from downloads.tokens import hash_token, make_token, with_checksum
from storefront.models import CustomerToken, StorefrontKey, caller_queries
from storefront.models.caller_queries import NOTHING, Bearer, find_bearer, find_caller
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory

LATER = NOW + timedelta(seconds=1)
OWN = "ada@example.com"


@pytest.fixture
def grant(customer):
    return GrantFactory(order__shop=customer.shop, order__customer=customer)


@pytest.fixture
def key(customer):
    return StorefrontKey.issue(customer.shop, name="Storefront")


@pytest.fixture
def find(key):
    """Return a function that asks for a bearer and a grant beside the key."""

    def ask(text, grant, at=NOW):
        row, found = find_caller(
            hash_token(key[1]), Bearer.read(f"Bearer {text}"), grant=grant.pk, at=at
        )
        assert row == key[0]
        return found

    return ask


def test_all_three_come_in_one_round_trip(customer, key, grant, find, round_trips):
    row, bearer = CustomerToken.issue(customer, at=NOW)
    found = find(bearer, grant)
    assert (found.token, found.grant) == (row, grant)
    assert round_trips == [3]


def test_what_they_name_is_loaded(customer, key, grant, django_assert_num_queries):
    bearer = Bearer.read(f"Bearer {CustomerToken.issue(customer, at=NOW)[1]}")
    with django_assert_num_queries(3):
        row, found = find_caller(hash_token(key[1]), bearer, grant=grant.pk, at=NOW)
        assert (row.shop, found.token.customer) == (customer.shop, customer)
        assert found.grant.status(NOW) == Grant.AVAILABLE
        assert (found.grant.order.shown_number, found.grant.bought_product.name) == (
            grant.order.shown_number,
            grant.bought_product.name,
        )


def test_without_a_bearer_the_key_comes_alone(key, grant, round_trips):
    row, found = find_caller(hash_token(key[1]), None, grant=grant.pk, at=NOW)
    assert (row, found) == (key[0], NOTHING)
    assert round_trips == [1]


def test_a_bearers_own_secret_alone_shows_a_grant(customer, grant, find):
    row, bearer = CustomerToken.issue(customer, at=NOW)
    neighbour, _other = CustomerToken.issue(CustomerFactory(shop=customer.shop), at=NOW)
    secret = bearer.partition("|")[2]
    for wrong in (f"{row.pk}|{with_checksum(make_token())}", f"{neighbour.pk}|{secret}"):
        assert find(wrong, grant)[1:] == (None, None)


def test_anothers_grant_does_not_come(customer, find):
    _row, bearer = CustomerToken.issue(customer, at=NOW)
    same_shop = GrantFactory(order__shop=customer.shop)
    for other in (same_shop, GrantFactory()):
        assert find(bearer, other).grant is None
    same_shop.pk = 2**63
    assert find(bearer, same_shop).grant is None


def test_an_ended_bearer_is_not_found(customer, grant, find):
    row, bearer = CustomerToken.issue(customer, at=NOW, lasts=timedelta(seconds=1))
    assert find(bearer, grant).token == row
    assert find(bearer, grant, at=LATER).token is None
    CustomerToken.objects.revoke(NOW)
    assert find(bearer, grant).token is None
    assert find_bearer(Bearer.read(f"Bearer {bearer}"), at=NOW) is None


def test_a_person_sees_what_each_of_their_numbers_bought(customer, grant, find):
    other = CustomerFactory(shop=customer.shop)
    _row, bearer = CustomerToken.issue(other, at=NOW)
    assert find(bearer, grant).grant is None
    fulfilment.merge_customers(customer, into=other, at=NOW)
    assert find(bearer, grant).grant == grant


def test_an_owners_grant_does_not_come_with_their_bearer(customer, grant, find):
    row, bearer = CustomerToken.issue(customer, at=NOW, email=OWN)
    assert find(bearer, grant)[1:] == (row, None)


def test_another_shops_bearer_is_for_its_caller_to_refuse(find):
    grant = GrantFactory(order__shop=ShopFactory(), order__customer=CustomerFactory())
    row, bearer = CustomerToken.issue(grant.order.customer, at=NOW)
    assert find(bearer, grant).token == row


def test_a_grant_asked_for_again_is_asked_for_by_its_person(customer, grant, find, round_trips):
    row, bearer = CustomerToken.issue(customer, at=NOW)
    for _ in range(2):
        found = find(bearer, grant)
        assert (found.token, found.grant) == (row, grant)
    assert round_trips == [3, 3]
    assert find(bearer, GrantFactory(order__shop=customer.shop)).grant is None
    CustomerToken.objects.revoke(NOW)
    assert find(bearer, grant)[1:] == (None, None)


def test_who_is_one_with_somebody_else_since_sees_what_they_see(customer, grant, find, round_trips):
    other = CustomerFactory(shop=customer.shop)
    row, bearer = CustomerToken.issue(other, at=NOW)
    assert find(bearer, grant).grant is None
    fulfilment.merge_customers(customer, into=other, at=NOW)
    own = CustomerFactory(shop=customer.shop)
    fulfilment.merge_customers(other, into=own, at=NOW)
    round_trips.clear()
    assert [find(bearer, grant).grant for _ in range(2)] == [grant, grant]
    assert round_trips == [3, 1, 3]
    fulfilment.unmerge_customer(other, at=NOW)
    assert find(bearer, GrantFactory(order__shop=own.shop, order__customer=own)).grant is None
    # The number of a bearer alone, with another secret, is nobody's.
    assert find(f"{row.pk}|{with_checksum(make_token())}", grant)[1:] == (None, None)


def test_the_persons_of_few_bearers_are_kept(customer, grant, find, monkeypatch):
    monkeypatch.setattr(caller_queries, "MOST_PERSONS", 2)
    monkeypatch.setattr(caller_queries, "_PERSONS", caller_queries._Persons())
    for _ in range(4):
        assert find(CustomerToken.issue(customer, at=NOW)[1], grant).grant == grant
    assert len(caller_queries._PERSONS._known) == 2
