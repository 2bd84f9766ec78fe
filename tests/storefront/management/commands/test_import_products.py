"""`manage.py import_products FILE… --shop DOMAIN`: the same door as the messages."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from downloads.models import Product
from tests.conftest import PAYLOADS
from tests.factories import AttachmentFactory, ProductFactory, ShopFactory

REAL = PAYLOADS / "shopify-product.json"
TAGS = ["Emotive", "Flash Memory", "MP3", "Music"]


@pytest.fixture
def shop(db):
    return ShopFactory(domain="my-store.example")


class Outcome:
    """What one run of the command wrote, and whether it failed."""

    def __init__(self, *files, shop="my-store.example"):
        out, err = StringIO(), StringIO()
        self.failure = None
        try:
            call_command(
                "import_products", *map(str, files), "--shop", shop, stdout=out, stderr=err
            )
        except CommandError as error:
            self.failure = (str(error), error.returncode)
        self.summary, self.problems = out.getvalue(), err.getvalue().splitlines()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file to import."""

    def to_file(content, name="products.json"):
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        return file

    return to_file


def small(number, **values):
    product = {
        "id": number,
        "title": f"Book {number}",
        "updated_at": "2025-06-15T10:30:00+02:00",
        "tags": "paper",
        "variants": [{"id": number * 10, "title": "Default Title", "sku": "b"}],
    }
    return product | values


def names():
    return list(Product.objects.order_by("variant_id").values_list("name", flat=True))


def test_the_real_product_is_new_then_unchanged(shop):
    first = Outcome(REAL)
    assert (first.summary, first.problems, first.failure) == (
        "1 new, 0 changed, 0 unchanged, 0 refused\n",
        [],
        None,
    )
    rows = list(Product.objects.order_by("pk").values())
    assert {row["variant_id"] for row in rows} == {808950810, 49148385, 39072856, 457924702}
    assert [(row["shop_id"], row["vendor"], row["tags"]) for row in rows] == [
        (shop.pk, "Apple", TAGS)
    ] * 4
    assert Outcome(REAL).summary == "0 new, 0 changed, 1 unchanged, 0 refused\n"
    assert list(Product.objects.order_by("pk").values()) == rows


def test_a_product_entered_by_hand_is_described_and_keeps_its_assets(shop):
    product = ProductFactory(shop=shop, variant_id=49148385)
    AttachmentFactory(product=product)
    assert Outcome(REAL).summary == "0 new, 1 changed, 0 unchanged, 0 refused\n"
    product.refresh_from_db()
    assert (product.name, product.variant_name, product.attachments.count()) == (
        "IPod Nano - 8GB",
        "Red",
        1,
    )


def test_an_older_file_changes_nothing(shop, write):
    newer = small(1, title="Newer", updated_at="2025-06-16T10:30:00+02:00")
    Outcome(write(json.dumps(newer)))
    assert Outcome(write(json.dumps(small(1)))).summary == (
        "0 new, 0 changed, 1 unchanged, 0 refused\n"
    )
    assert names() == ["Newer"]


def test_a_file_and_a_message_go_through_one_door(deliver, merchant, payload):
    deliver("products/update", payload("product"))
    assert Outcome(REAL).summary == "0 new, 0 changed, 1 unchanged, 0 refused\n"


def test_several_products_come_in_one_file_or_one_a_line(shop, write):
    several = write(json.dumps({"products": [small(1), small(2), small(1)]}))
    assert Outcome(several).summary == "2 new, 0 changed, 1 unchanged, 0 refused\n"
    lines = write("\n".join(json.dumps(row) for row in (small(3), {"product": small(4)})), "lines")
    assert Outcome(several, lines).summary == "2 new, 0 changed, 3 unchanged, 0 refused\n"
    assert names() == ["Book 1", "Book 2", "Book 3", "Book 4"]


def test_a_refused_product_is_named_by_its_place_and_the_others_go_in(shop, write):
    wrong = small(2, variants=[{"id": 20}, {"id": "x"}])
    file = write(json.dumps({"products": [small(1), wrong, small(3)]}))
    outcome = Outcome(file)
    assert outcome.problems == [
        f"{file}, product 2: refused: product.variants[1].id: "
        "expected a whole number from 0 to 9223372036854775807"
    ]
    assert outcome.summary == "2 new, 0 changed, 0 unchanged, 1 refused\n"
    assert outcome.failure == (
        "1 refused, named above; mend them and import the file again.",
        1,
    )
    assert names() == ["Book 1", "Book 3"]


def test_a_file_of_orders_is_refused_as_a_whole(shop):
    file = PAYLOADS / "shopify-order.json"
    assert Outcome(file).problems == [
        f"{file}, the file: refused: "
        'Expected {"product": …} or {"products": […]} as the Admin API prints them.'
    ]
    assert names() == []


def test_a_variant_named_twice_stops_no_other_product(shop, write):
    twice = small(1)
    twice["variants"] *= 2
    Outcome(write(json.dumps({"products": [twice, small(2)]})))
    assert names() == ["Book 1", "Book 2"]


def test_another_shops_product_of_the_same_number_is_its_own(shop, write):
    other = ShopFactory(domain="other.example")
    Outcome(REAL)
    assert Outcome(REAL, shop="other.example").summary == (
        "1 new, 0 changed, 0 unchanged, 0 refused\n"
    )
    assert Product.objects.filter(shop=other).count() == 4


def test_an_unknown_shop_is_refused_with_the_known_ones(shop):
    assert Outcome(REAL, shop="nowhere.example").failure == (
        'There is no shop "nowhere.example". Known shops: my-store.example.',
        1,
    )
