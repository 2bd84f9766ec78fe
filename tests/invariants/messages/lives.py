"""What may happen to an order; each platform's own life tells it in its own words."""

from collections.abc import Callable
from typing import Any

from tests.invariants.messages.generic_life import GenericLife
from tests.invariants.messages.life import Life
from tests.invariants.messages.woocommerce_life import WooLife

PLATFORMS: dict[str, type[Life]] = {
    "shopify": Life,
    "woocommerce": WooLife,
    "generic": GenericLife,
}
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"


def refunded(life: Life) -> None:
    life.place([2, 1], financial="paid")
    life.tick(60)
    life.refund({0: 1, 1: 1})


def edited_and_refunded(life: Life) -> None:
    life.place([2, 1, 1], financial="paid")
    life.tick(60)
    life.add_units(0, 1)
    life.tick(60)
    life.refund({0: 1, 1: 1})


def paid_edited_and_refunded(life: Life) -> None:
    life.place([2, 1, 1], financial="authorized")
    life.tick(60)
    life.pay()
    life.tick(60)
    life.add_units(0, 1)
    life.tick(60)
    life.refund({0: 1, 1: 1})


def authorized(life: Life) -> None:
    life.place([1])
    life.tick(60)
    life.authorize()
    life.tick(60)
    life.add_units(0, 1)


def paid_within_a_second(life: Life) -> None:
    life.place([1])
    life.authorize()
    life.pay()


def renamed(life: Life) -> None:
    life.place([1], financial="paid")
    life.tick(60)
    life.describe("Atlas")
    life.tick(60)
    life.describe("Bestiary")


def cancelled(life: Life) -> None:
    life.place([1, 2], financial="paid")
    life.tick(60)
    life.add_units(1, 1)
    life.tick(60)
    life.cancel()


def given_money_back(life: Life) -> None:
    life.place([2, 1], financial="paid")
    life.tick(60)
    life.refund({})


def given_back_whole(life: Life) -> None:
    life.place([2, 1], financial="paid")
    life.tick(60)
    life.refund({0: 1})
    life.give_all_money_back()


def edited_and_paid_in_part(life: Life) -> None:
    life.place([2, 1], financial="pending")
    life.tick(60)
    life.pay()
    life.tick(60)
    life.add_line_unpaid(1)


def changed_and_edited(life: Life) -> None:
    life.place([2, 1], financial="paid")
    life.tick(60)
    life.change_product(0, 102)
    life.tick(60)
    life.add_units(0, 1)


def disputed(life: Life) -> None:
    life.place([1], financial="paid")
    life.dispute(1, "needs_response")
    life.tick(60)
    life.dispute(1, "won")
    life.dispute(2, "needs_response")


def paid_at_the_second_try(life: WooLife) -> None:
    life.place([1, 2])
    life.tick(60)
    life.fail()
    life.tick(60)
    life.pay()
    life.complete()


def fetched_from_the_trash(life: WooLife) -> None:
    life.place([1], financial="paid")
    life.tick(60)
    life.put_into_trash()
    life.tick(60)
    life.restore()


def deleted(life: WooLife) -> None:
    life.place([1])
    life.tick(60)
    life.pay()
    life.delete()


EVERYWHERE = (paid_within_a_second, renamed, cancelled, given_back_whole)
CASES: list[tuple[str, Callable[[Any], None]]] = [
    *((platform, happen) for platform in PLATFORMS for happen in EVERYWHERE),
    ("shopify", edited_and_refunded),
    ("shopify", paid_edited_and_refunded),
    ("shopify", given_money_back),
    ("shopify", disputed),
    ("shopify", edited_and_paid_in_part),
    ("shopify", changed_and_edited),
    ("woocommerce", changed_and_edited),
    ("generic", changed_and_edited),
    ("woocommerce", refunded),
    ("woocommerce", paid_edited_and_refunded),
    ("woocommerce", paid_at_the_second_try),
    ("woocommerce", fetched_from_the_trash),
    ("generic", refunded),
    ("generic", edited_and_refunded),
]


def life_of(platform: str, happen: Callable[[Any], None]) -> Life:
    """Return an order's life in which this has happened."""
    life = PLATFORMS[platform](number=1050, token=TOKEN)
    happen(life)
    return life
