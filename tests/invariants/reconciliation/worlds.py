"""A season of a shop: what it comes to, and what its platform said of it on the way."""

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.invariants.messages.life import START, Life
from tests.invariants.messages.woocommerce_life import REFUND, WooLife
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.woocommerce import WooShop
from tests.system.storms.storm import lives_of

Message = tuple[str, dict[str, Any]]
GONE = ("products/delete", "product.deleted")


@dataclass
class Season:
    """`tell` fills a stand-in with the truth; `truths` maps an order's number to its status, and
    `downloads` each line's to what is left of its limit after refunds, and whether it is open.

    Of the products that are `gone` no API tells any more what they were called.
    """

    messages: list[Message]
    gone: set[int]
    tell: Callable[[Any], None]
    truths: dict[int, str]
    downloads: dict[int, tuple[int, bool]]


# --- Shopify ------------------------------------------------------------------------------------


def shopify_season(orders: int, *, seed: int) -> Season:
    """Return the lives of so many orders and of a few products, heard in a random order."""
    dice = random.Random(seed)  # noqa: S311
    lives = lives_of(orders * 5, seed=seed)
    products, said = _shopify_products(dice)
    shops = [
        {"id": 1, "name": f"My store {number}", "updated_at": _moment(number)}
        for number in range(3)
    ]
    said += [("shop/update", shop) for shop in shops]
    said += [(sent.topic, sent.payload) for life in lives for sent in life.sent]
    dice.shuffle(said)

    def tell(shop: ShopifyShop) -> None:
        shop.shop = shops[-1]
        shop.products = products
        shop.orders = {life.id: life._order() for life in lives}
        for life in lives:
            for sent in life.sent:
                if sent.topic.startswith("disputes/"):
                    shop.disputes[sent.payload["id"]] = sent.payload

    gone = {row["id"] for topic, row in said if topic in GONE}
    return Season(said, gone, tell, *_truths_of(lives))


def _shopify_products(dice: random.Random) -> tuple[dict[int, Any], list[Message]]:
    products: dict[int, Any] = {}
    said: list[Message] = []
    for number in range(10, 22):
        for version in range(dice.randint(1, 3)):
            products[number] = {
                "id": number,
                "title": f"Book {number}, edition {version}",
                "vendor": "my-store",
                "tags": "books, " + "new" * version,
                "created_at": START.isoformat(),
                "updated_at": _moment(version),
                "variants": [
                    {"id": number * 10 + variant, "title": f"Cover {variant}", "sku": f"b-{number}"}
                    for variant in range(3)
                ],
            }
            topic = "products/update" if version else "products/create"
            said.append((topic, copy.deepcopy(products[number])))
        if number > 10 and dice.random() < 0.4:
            del products[number]
            said.append(("products/delete", {"id": number}))
    return products, said


def _truths_of(lives: Sequence[Life]) -> tuple[dict[int, str], dict[int, tuple[int, bool]]]:
    downloads: dict[int, tuple[int, bool]] = {}
    for life in lives:
        downloads |= life.downloads
    return {life.number: life.status for life in lives}, downloads


def _moment(hours: int) -> str:
    return (START + timedelta(hours=hours)).isoformat()


# --- WooCommerce --------------------------------------------------------------------------------


def woo_season(orders: int, *, seed: int) -> Season:
    """Return the lives of so many orders and of a few products, heard in a random order."""
    dice = random.Random(seed)  # noqa: S311
    lives = [_woo_life(number, dice) for number in range(1, orders + 1)]
    products, variations, trash, said = _woo_products(dice)
    said += [
        (sent.topic, sent.payload) for life in lives for sent in life.sent if sent.topic != REFUND
    ]
    dice.shuffle(said)

    def tell(shop: WooShop) -> None:
        shop.products, shop.variations, shop.trash = products, variations, trash
        shop.orders = {life.id: life._order() for life in lives}
        shop.refunds = {life.id: life.printed_refunds() for life in lives}

    gone = {row["id"] for topic, row in said if topic in GONE}
    return Season(said, gone, tell, *_truths_of(lives))


def _woo_life(number: int, dice: random.Random) -> WooLife:
    life = WooLife(number=number, token=f"{dice.getrandbits(128):032x}")
    life.place([dice.randint(1, 3) for _ in range(dice.randint(1, 3))])
    for _event in range(dice.randint(1, 5)):
        life.tick(60)
        position, units = dice.randint(0, 2), dice.randint(1, 2)
        match dice.randrange(6):
            case 0 | 1 if life.financial in ("pending", "authorized"):
                life.pay()
            case 2:
                life.add_units(position, units)
            case 3 if life.financial in ("paid", "partially_refunded"):
                life.refund({position: units} if dice.random() < 0.8 else {})
            case 4 if life.financial == "paid":
                life.give_all_money_back()
            case 5 if life.cancelled_at is None and dice.random() < 0.3:
                life.cancel()
    return life


def _woo_products(dice: random.Random) -> tuple[dict, dict, dict, list[Message]]:
    products: dict[int, Any] = {}
    trash: dict[int, Any] = {}
    said: list[Message] = []
    for number in range(10, 22):
        for version in range(dice.randint(1, 3)):
            products[number] = {
                "id": number,
                "name": "Book" if number == 10 else f"Book {number} &amp; {version}",
                "type": "variable" if number == 10 else "simple",
                "status": "publish",
                "sku": f"b-{number}",
                "variations": [100, 101, 102] if number == 10 else [],
                "tags": [{"name": "books"}],
                "date_created_gmt": _moment(0)[:19],
                "date_modified_gmt": _moment(version)[:19],
            }
            topic = "product.updated" if version else "product.created"
            said.append((topic, copy.deepcopy(products[number])))
        if number > 10 and dice.random() < 0.4:
            gone = products.pop(number)
            if dice.random() < 0.5:
                trash[number] = gone | {"status": "trash"}
            said.append(("product.deleted", {"id": number}))
    variations = [_variation(number) for number in (100, 101, 102)]
    # In a webhook it is shown as a product, by its full name; among its product's, by what is its.
    said += [
        ("product.updated", row | {"parent_id": 10, "name": f"Book - {row['name']}"})
        for row in variations
    ]
    return products, {10: variations}, trash, said


def _variation(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "variation",
        "name": f"Cover {number}",
        "sku": f"c-{number}",
        "attributes": [{"id": 1, "name": "Cover", "option": f"Cover {number}"}],
        "date_created_gmt": _moment(0)[:19],
        "date_modified_gmt": _moment(1)[:19],
    }
