"""The list of orders: which stand out, and by what they are found."""

import re

import pytest

from downloads import fulfilment
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    LineFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)

URL = "/admin/downloads/order/"


def listed(client, **asked):
    orders = client.get(URL, asked).context["cl"].queryset
    return sorted(orders.values_list("number", flat=True))


@pytest.mark.parametrize(
    ("asked", "numbers"), [("any", [1, 2, 3]), ("test", [4]), ("part", [5]), ("odd", range(1, 7))]
)
def test_orders_are_listed_by_their_notes(staff, asked, numbers):
    facts = (
        *({"notes": ["A note."]}, {"is_token_taken": True}, {"former_platform_id": 9}),
        *({"is_test": True}, {"parent_platform_id": 8}, {}),
    )
    for number, each in enumerate(facts, 1):
        OrderFactory(number=number, **each)
    assert listed(staff, notes=asked) == list(numbers)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("any", [1, 2, 3]),
        ("product", [1]),
        ("variant", [2]),
        ("files", [3]),
        ("odd", [1, 2, 3, 4]),
    ],
)
def test_orders_with_nothing_to_download_are_listed_by_the_reason(staff, asked, numbers):
    shop = ShopFactory()
    book = AttachmentFactory(product__shop=shop, product__product_id=501).product
    products = (
        ProductFactory(shop=shop, variant_id=None),
        ProductFactory(shop=shop, product_id=501),
        ProductFactory(shop=shop),
        book,
    )
    for number, product in enumerate(products, 1):
        order = OrderFactory(shop=shop, number=number, platform_id=number)
        LineFactory(order=order, product=product)
        fulfilment.settle(order, at=NOW)
    assert listed(staff, missing=asked) == numbers


def test_an_order_is_found_by_its_own_address(staff):
    customer = CustomerFactory(email="ada@example.com")
    own = {"shop": customer.shop, "customer": customer}
    OrderFactory(**own, number=1, email="grace@example.com")
    OrderFactory(**own, number=2, email="ada@example.com")
    assert listed(staff, q="grace@example.com") == [1]


@pytest.mark.parametrize(
    ("facts", "mark"), [({"is_test": True}, "test"), ({"parent_platform_id": 8}, "sub-order")]
)
def test_an_order_unlike_the_others_is_marked(staff, facts, mark):
    marked = f'<span class="mark">{mark}</span>'
    OrderFactory()
    assert marked not in staff.get(URL).content.decode()
    OrderFactory(**facts)
    assert staff.get(URL).content.decode().count(marked) == 1


def test_the_address_stands_below_the_buyers_name(staff):
    OrderFactory(customer__first_name="Ada", email="ada@example.com")
    page = staff.get(URL).content.decode()
    assert re.search(r'<bdi>.?Ada.?</bdi><br><bdi class="quiet">ada@example\.com</bdi>', page)
