"""Every platform's messages in whatever order, repeated or not: one end, and the true one.

`lattice` says why it takes no more than this; `tests/soak/permutations.py` tries every whole order.
"""

from functools import partial
from typing import Any

import pytest

from downloads.models import Message, Order, Product, Shop
from tests.invariants.messages.conftest import apply_now, hear
from tests.invariants.messages.generic_life import GenericLife
from tests.invariants.messages.lattice import only_end, some_orders, undone
from tests.invariants.messages.life import Sent
from tests.invariants.messages.lives import (
    CASES,
    authorized,
    cancelled,
    changed_and_edited,
    deleted,
    disputed,
    edited_and_paid_in_part,
    given_money_back,
    life_of,
    paid_within_a_second,
    refunded,
    renamed,
)
from tests.invariants.messages.states import state_of
from tests.invariants.messages.woocommerce_life import REFUND

# The others say the same once more in the words of another platform, or at greater length.
FAST = [
    *(("shopify", happen) for happen in (edited_and_paid_in_part, cancelled)),
    *(("woocommerce", happen) for happen in (refunded, paid_within_a_second)),
    *(("generic", happen) for happen in (refunded, renamed, changed_and_edited)),
]
over_lives = pytest.mark.parametrize(
    ("platform", "happen"),
    [
        pytest.param(
            *case,
            marks=() if case in FAST else pytest.mark.slow,
            id=f"{case[0]}-{case[1].__name__}",
        )
        for case in CASES
    ],
)


def end_of(shop: Shop, platform: str, happen: Any) -> dict[str, Any]:
    """Return the only end of a life's messages."""
    apply = again = partial(apply_now, shop, platform=platform)
    sent = life_of(platform, happen).sent
    return only_end(sent, apply=apply, again=again, state=lambda: state_of(shop))


@over_lives
def test_every_order_ends_in_the_truth(client, shop, platform, happen):
    end = end_of(shop, platform, happen)
    life = life_of(platform, happen)
    hear(shop, life.sent, platform=platform)
    assert state_of(shop) == end
    order = Order.objects.get()
    assert (order.status, order.platform_id) == (life.status, life.id)
    body = client.get("/api/v2/customer-account-orders", {"id": life.page_token}).json()
    shown = [asset_of(line) for line in body["order"]["lines"]]
    assert [
        (asset["limits"]["limit"], asset["data"]["url"] is not None) for asset in shown
    ] == list(life.downloads.values())
    if life.title is not None:
        assert {line["product"]["name"] for line in body["order"]["lines"]} == {life.title}


def asset_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return what a line of face A brings by the product it has now."""
    title = f"Asset {line['product']['variant_id']}"
    return next(asset for asset in line["assets"] if asset["data"]["filename"] == title)


@over_lives
def test_whole_orders_through_the_inbox_end_alike(shop, platform, happen):
    sent = life_of(platform, happen).sent
    stored = [message for message in sent if message.topic != REFUND]
    ends = []
    for sequence in some_orders(sent, 2 if (platform, happen) in FAST else 3):
        with undone():
            hear(shop, [*sequence, *sequence], platform=platform)
            assert Message.objects.count() == len(stored)
            ends.append(state_of(shop))
    hear(shop, [*sent, *sent], platform=platform)
    ends.append(state_of(shop))
    hear(shop, reversed(sent), platform=platform, again="-again")
    ends.append(state_of(shop))
    assert all(end == ends[0] for end in ends)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("happen", "policies", "status"),
    [
        (given_money_back, {"amount_refunds": "keep"}, "completed"),
        (given_money_back, {"amount_refunds": "revoke"}, "closed"),
        (authorized, {"opens_when": "paid"}, "pending"),
        (authorized, {"opens_when": "authorized"}, "completed"),
    ],
)
def test_whatever_the_shop_wants_the_end_is_one(shop, happen, policies, status):
    Shop.objects.update(**policies)
    end_of(shop, "shopify", happen)
    hear(shop, life_of("shopify", happen).sent)
    assert Order.objects.get().status == status


def test_a_deletion_without_a_time_stands_until_a_later_report(shop):
    life = life_of("woocommerce", deleted)
    *told, deletion = life.sent
    for sequence in ([*told, deletion], [*reversed(told), deletion], [deletion, *reversed(told)]):
        with undone():
            hear(shop, sequence, platform="woocommerce")
            hear(shop, told, platform="woocommerce", again="-again")
            assert Order.objects.get().status == life.status == "canceled"
            back = life_of("woocommerce", deleted)
            back.tick(60)
            back.restore()
            hear(shop, back.sent[-1:], platform="woocommerce")
            assert Order.objects.get().status == back.status == "completed"


MENTIONS = [{"tags": ["second"], "sku": "b-2"}, {"sku": "b-3", "vendor": "Bob"}, {}]


def test_lines_that_leave_words_of_a_product_out_end_alike(shop):
    def said(position: int) -> Sent:
        order = GenericLife(number=position, token="")
        order.tick(60 * position)
        order.place([1])
        product = order.sent[0].payload["data"]["lines"][0]["product"]
        product.update({"variant_id": 7} | MENTIONS[position])
        return order.sent[0]

    messages = [said(position) for position in range(len(MENTIONS))]
    take_in = partial(apply_now, shop, platform="generic")
    only_end(messages, apply=take_in, state=lambda: state_of(shop))
    hear(shop, messages, platform="generic")
    told = Product.objects.filter(variant_id=7).values_list("name", "sku", "vendor", "tags")
    assert list(told) == [("Book", "b-3", "Bob", [])]


# --- What it would find --------------------------------------------------------------------------

FAULTS = {
    "every report is the newest": (cancelled, "orders.rank_of_order", lambda report: ""),
    "a product that is never changed": (
        changed_and_edited,
        "lines._product_named",
        lambda line, product, reported_rank, variants: {"product": line.product},
    ),
    "units paid for by the newest report alone": (
        edited_and_paid_in_part,
        "lines._counts",
        lambda line, reported, report, *, is_paid: {"paid_units": int(is_paid)},
    ),
    "no more than the last quantity": (cancelled, "lines.max", lambda old, new: new),
    "the last word on a product": (renamed, "products.rank", lambda at, *stages, content: ""),
    "the first word on a dispute": (disputed, "order_facts._progress", lambda dispute: 0),
}


@pytest.mark.parametrize(("happen", "name", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found(shop, monkeypatch, happen, name, fault):
    monkeypatch.setattr(f"downloads.fulfilment.{name}", fault, raising=False)
    with pytest.raises(AssertionError, match=" after "):
        end_of(shop, "shopify", happen)
