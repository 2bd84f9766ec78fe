"""Orders of an earlier version are seen by exactly whom they were seen by before."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from downloads.models import Customer, Grant, Order, Reader
from tests.factories import CustomerFactory, GrantFactory, OrderFactory, ShopFactory

pytestmark = pytest.mark.django_db

carry = import_module("downloads.migrations.0030_carry_addresses").carry


class Editor:
    """All that the migration asks of the editor of the schema."""

    connection = connection


@pytest.fixture
def customers():
    """Buyers as they were: one a mailbox in each shop, with two orders each, and nobody's."""
    shops = ShopFactory.create_batch(2)
    made = [
        CustomerFactory(shop=shop, email=email, platform_id=number)
        for shop in shops
        for email, number in (
            ("Ada@Example.com", 5),
            ("guest@example.com", None),
            ("hans@straße.example", 6),
            ("hans@strasse.example", None),
            (None, 7),
            (None, None),
        )
    ]
    for customer in made:
        for _ in range(2):
            order = OrderFactory(shop=customer.shop, customer=customer, email="")
            GrantFactory(order=order)
    GrantFactory(order=OrderFactory(shop=shops[0], customer=None))
    # As one was given by mistake to a buyer of another shop.
    GrantFactory(order=OrderFactory(shop=shops[1], customer=made[0], email=""))
    return made


def seen_before(customer):
    """Return what a bearer and an address showed before an order had an address of its own."""
    return set(Order.objects.filter(customer=customer, shop=customer.shop_id))


def seen(reader):
    grants = Grant.objects.seen_by(reader).select_related("order")
    return {grant.order for grant in grants}


@pytest.mark.parametrize("times", [1, 2])
def test_each_order_is_seen_by_whom_it_was_seen_by(customers, times):
    before = {customer: seen_before(customer) for customer in customers}
    for _ in range(times):
        carry(apps, Editor)
    for customer, orders in before.items():
        assert seen(Reader(customer)) == orders
        if customer.email is not None:
            assert seen(Reader(customer, customer.email)) == orders
    assert Customer.objects.count() == len(customers)


def test_nobody_sees_by_an_address_that_no_buyer_had(customers):
    carry(apps, Editor)
    assert seen(Reader(customers[0], "nobody@example.com")) == set()
    assert Order.objects.filter(customer__email=None).exclude(email="").count() == 0
