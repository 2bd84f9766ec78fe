"""Who asks: the key names the shop, the bearer its customer."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.tokens import hash_token
from storefront.authentication import StorefrontCaller, storefront_key
from storefront.http.errors import KeyRefused, Unauthenticated
from storefront.models import CustomerToken, StorefrontKey
from tests.factories import NOW, CustomerFactory, ShopFactory

LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def issued(db):
    """A key's row and the key itself."""
    return StorefrontKey.issue(ShopFactory(), name="Storefront")


@pytest.fixture
def signed_in(customer):
    """A bearer's row and the bearer itself."""
    return CustomerToken.issue(customer, at=NOW)


def caller(customer, authorization, *, at=NOW):
    return StorefrontCaller(shop=customer.shop, authorization=authorization, at=at)


def test_a_key_names_its_shop_in_one_query(issued, django_assert_num_queries):
    row, key = issued
    with django_assert_num_queries(2):  # the key, and once an hour its last use
        assert storefront_key(key, at=NOW).shop == row.shop
    with django_assert_num_queries(1):
        assert storefront_key(key, at=LATER).shop == row.shop


@pytest.mark.parametrize("header", [None, ""])
def test_no_key_is_missing(db, header):
    with pytest.raises(KeyRefused) as refused:
        storefront_key(header, at=NOW)
    assert str(refused.value) == "X-STOREFRONT-KEY header is required for this operation"
    assert refused.value.code == "missing_key"


@pytest.mark.parametrize(
    "bend",
    [
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key.upper(),
        lambda key: f" {key}",
        lambda key: f"{key},{key}",
        lambda key: hash_token(key),
        lambda key: key.removeprefix("pk_storefront_"),
        lambda key: "pk_storefront_",
        lambda key: "ключ\0\ud800",
    ],
    ids=["cut", "longer", "upper", "spaced", "twice", "hash", "bare", "prefix", "no text"],
)
def test_an_unknown_key_is_invalid(issued, bend):
    with pytest.raises(KeyRefused) as refused:
        storefront_key(bend(issued[1]), at=NOW)
    assert (str(refused.value), refused.value.code) == ("Invalid API key", "invalid_key")


def test_a_revoked_key_is_invalid(issued):
    row, key = issued
    assert StorefrontKey.objects.filter(pk=row.pk).revoke(NOW) == 1
    with pytest.raises(KeyRefused, match=r"\AInvalid API key\Z"):
        storefront_key(key, at=NOW)


def test_a_key_is_valid_until_its_end(issued):
    row, key = issued
    row.expires_at = LATER
    row.save()
    assert storefront_key(key, at=NOW) == row
    with pytest.raises(KeyRefused, match=r"\AInvalid API key\Z"):
        storefront_key(key, at=LATER)


def test_a_bearer_names_its_customer_in_one_query(customer, signed_in, django_assert_num_queries):
    for at, queries in ((NOW, 2), (LATER, 1)):  # once an hour, its last use
        asking = caller(customer, f"Bearer {signed_in[1]}", at=at)
        with django_assert_num_queries(queries):
            assert asking.customer == customer
            assert asking.customer.shop_id == customer.shop_id
    assert CustomerToken.objects.get().used_at == NOW


@pytest.mark.parametrize("word", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_word_bearer_is_read_in_any_case(customer, signed_in, word):
    assert caller(customer, word + signed_in[1]).customer == customer


MALFORMED = {
    "none": lambda bearer: "",
    "the word alone": lambda bearer: "Bearer",
    "nothing behind it": lambda bearer: "Bearer ",
    "bare": lambda bearer: bearer,
    "another scheme": lambda bearer: f"Basic {bearer}",
    "glued": lambda bearer: f"Bearer{bearer}",
    "the number alone": lambda bearer: f"Bearer {bearer.partition('|')[0]}",
    "the secret alone": lambda bearer: f"Bearer {bearer.partition('|')[2]}",
    "no number": lambda bearer: f"Bearer |{bearer.partition('|')[2]}",
    "another number": lambda bearer: f"Bearer 9{bearer}",
    "a negative number": lambda bearer: f"Bearer -{bearer}",
    "unicode digits": lambda bearer: f"Bearer ١|{bearer.partition('|')[2]}",
    "a number past 64 bits": lambda bearer: f"Bearer {'9' * 19}|{bearer.partition('|')[2]}",
    "a wrong secret": lambda bearer: f"Bearer {bearer[:-1]}{'x' if bearer[-1] != 'x' else 'y'}",
    "a short secret": lambda bearer: f"Bearer {bearer[:-4]}",
    "a long secret": lambda bearer: f"Bearer {bearer}{'x' * 200}",
    "a third part": lambda bearer: f"Bearer {bearer}|x",
    "a space behind": lambda bearer: f"Bearer {bearer} ",
    "a line behind": lambda bearer: f"Bearer {bearer}\n",
    "twice": lambda bearer: f"Bearer {bearer}, Bearer {bearer}",
    "NUL": lambda bearer: f"Bearer {bearer}\0",
    "its hash": lambda bearer: f"Bearer {bearer.partition('|')[0]}|{hash_token(bearer)}",
}


@pytest.mark.parametrize("bend", MALFORMED.values(), ids=MALFORMED)
def test_a_bad_bearer_is_nobody(customer, signed_in, bend):
    with pytest.raises(Unauthenticated) as refused:
        _ = caller(customer, bend(signed_in[1])).customer
    assert str(refused.value) == "Unauthenticated. Please login to perform this action"


def test_a_stored_hash_is_no_bearer(customer, signed_in):
    row, _bearer = signed_in
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {row.pk}|{row.secret_hash}").customer


def test_a_revoked_bearer_is_nobody(customer, signed_in):
    row, bearer = signed_in
    assert CustomerToken.objects.filter(pk=row.pk).revoke(NOW) == 1
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {bearer}").customer


def test_a_bearer_lives_thirty_days(customer, signed_in):
    _row, bearer = signed_in
    end = NOW + timedelta(days=30)
    last = end - timedelta(microseconds=1)
    assert caller(customer, f"Bearer {bearer}", at=last).customer == customer
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {bearer}", at=end).customer


def test_another_shops_bearer_is_nobody(customer, signed_in):
    with pytest.raises(Unauthenticated):
        _ = caller(CustomerFactory(), f"Bearer {signed_in[1]}").customer


def test_a_neighbours_number_with_ones_own_secret_is_nobody(customer, signed_in):
    row, _bearer = CustomerToken.issue(CustomerFactory(shop=customer.shop), at=NOW)
    secret = signed_in[1].partition("|")[2]
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {row.pk}|{secret}").customer


def test_a_bearer_is_stored_as_a_hash(signed_in):
    row, bearer = signed_in
    row.refresh_from_db()
    number, secret = bearer.split("|")
    assert (int(number), len(secret)) == (row.pk, CustomerToken.SECRET_LENGTH)
    assert row.secret_hash == hash_token(secret)


def test_a_gone_customers_bearer_is_nobody(customer, signed_in):
    shop = customer.shop
    customer.delete()
    with pytest.raises(Unauthenticated):
        _ = StorefrontCaller(shop, f"Bearer {signed_in[1]}", NOW).customer


def test_an_erased_customers_bearer_is_nobody(customer, signed_in):
    fulfilment.erase_customer(customer, at=NOW)
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {signed_in[1]}").customer


def test_a_refused_bearer_was_not_used(customer, signed_in):
    with pytest.raises(Unauthenticated):
        _ = caller(CustomerFactory(), f"Bearer {signed_in[1]}").customer
    assert CustomerToken.objects.get().used_at is None


def test_signing_out_closes_this_bearer_alone(customer, signed_in):
    other = CustomerToken.issue(customer, at=NOW)[1]
    caller(customer, f"Bearer {signed_in[1]}").sign_out()
    with pytest.raises(Unauthenticated):
        _ = caller(customer, f"Bearer {signed_in[1]}").customer
    assert caller(customer, f"Bearer {other}").customer == customer


def test_nobody_signs_out_another_shops_customer(customer, signed_in):
    with pytest.raises(Unauthenticated):
        caller(CustomerFactory(), f"Bearer {signed_in[1]}").sign_out()
    assert CustomerToken.objects.get().revoked_at is None
