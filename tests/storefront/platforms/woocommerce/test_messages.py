"""What each of WooCommerce's messages does, posted and signed like theirs, as the faces show it."""

import itertools
from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Customer, Grant, Message, Order, Product, Refund, RemovedProduct, Shop
from storefront.inbox import apply_messages
from storefront.platforms.woocommerce.reports import read_refund
from tests.factories import NOW, LinkFactory
from tests.storefront.conftest import FACE_A
from tests.storefront.platforms.woocommerce.sending import (  # noqa: F401 (fixtures)
    published,
    woo_deliver,
    woo_store,
)

KEY = "wc_order_58d2d042d1d"
LIMIT = 3
BOTH, NEITHER = [True, True], [False, False]


@pytest.fixture
def say(deliver, store):
    """Return a function that delivers a message, has it applied, and sees that it was.

    The shop sells the published order's two products, each with a link.
    """
    for variant in (93, 23):
        product = Product.objects.create(shop=store, name="Entered by hand", variant_id=variant)
        asset = LinkFactory(shop=store, title=f"Manual {variant}")
        fulfilment.attach_to_product(product, asset, limit=LIMIT, at=NOW)

    def send(topic, payload, **given):
        assert deliver(topic, payload, **given).status_code == 200
        assert list(Message.objects.exclude(error="").values_list("topic", "error")) == []

    return send


@pytest.fixture
def order():
    """Return a function that writes the published order, a minute later each time."""
    minutes = itertools.count(30)

    def write(**values):
        at = f"2017-03-22T19:{next(minutes)}:00"
        # By card: what is paid by hand is not paid by being processed.
        by_card = {"payment_method": "stripe", "date_modified_gmt": at}
        return published("order", **(by_card | values))

    return write


@pytest.fixture
def seen(client):
    """Return a function that reads the published order on face A, by its key."""

    def read():
        response = client.get(FACE_A, {"id": KEY})
        assert response.status_code == 200
        return response.json()["order"]

    return read


@pytest.fixture
def opened(seen):
    """Return a function that says which of the two lines face A opens."""

    def read():
        return [line["assets"][0]["data"]["url"] is not None for line in seen()["lines"]]

    return read


# --- Orders ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["order.created", "order.updated", "order.restored"])
def test_every_topic_of_orders_tells_the_whole_order(say, order, opened, seen, topic):
    say(topic, order())
    assert (seen()["order_number"], opened()) == (727, BOTH)
    assert [line["assets"][0]["limits"]["limit"] for line in seen()["lines"]] == [6, 3]
    assert (Order.objects.get().status, Customer.objects.get().email) == (
        "completed",
        "john.doe@example.com",
    )


@pytest.mark.slow
def test_a_bank_transfer_opens_once_it_is_there(say, order, opened):
    unpaid = {"date_paid_gmt": None, "date_paid": None}
    say("order.created", order(status="on-hold", **unpaid))
    assert opened() == NEITHER
    say("order.updated", order(status="processing"))
    assert opened() == BOTH


@pytest.mark.slow
def test_paid_and_completed_within_a_second_is_completed(say, order, opened):
    second = {"date_modified_gmt": "2017-03-22T19:28:08"}
    for status in ("completed", "processing", "pending"):
        say("order.updated", order(status=status, **second))
    assert (Message.objects.count(), opened()) == (3, BOTH)


@pytest.mark.slow
def test_an_older_message_that_comes_late_changes_nothing(say, order, opened):
    unpaid = order(status="pending")
    say("order.updated", order())
    say("order.created", unpaid)
    assert opened() == BOTH


@pytest.mark.slow
@pytest.mark.parametrize("status", ["cancelled", "trash"])
def test_a_cancelled_order_is_closed_and_comes_back(say, order, opened, status):
    say("order.created", order())
    say("order.updated", order(status=status))
    assert (opened(), Order.objects.get().status) == (NEITHER, "canceled")
    say("order.restored", order())
    assert (opened(), Order.objects.get().status) == (BOTH, "completed")


@pytest.mark.slow
@pytest.mark.parametrize("status", ["pending", "on-hold", "checkout-draft", "failed", "wrapped"])
def test_where_placing_an_order_opens_it_a_given_up_one_is_still_closed(say, order, opened, status):
    Shop.objects.update(opens_when=Shop.OpensWhen.PLACED)
    unpaid = {"date_paid_gmt": None, "date_paid": None}
    say("order.updated", order(status=status, **unpaid))
    assert opened() == BOTH
    say("order.updated", order(status="cancelled", **unpaid))
    assert opened() == NEITHER
    # Paid, and taken back by the bank.
    say("order.updated", order(status="failed"))
    assert opened() == NEITHER


@pytest.mark.slow
def test_a_changed_quantity_moves_the_limit(say, order, seen):
    limits = []
    for quantity in (2, 3, 1):
        changed = order()
        changed["line_items"][0]["quantity"] = quantity
        say("order.updated", changed)
        limits.append(seen()["lines"][0]["assets"][0]["limits"]["limit"])
    assert limits == [6, 9, 3]


@pytest.mark.slow
def test_a_line_taken_out_is_closed(say, order, opened):
    say("order.created", order())
    changed = order()
    del changed["line_items"][0]
    say("order.updated", changed)
    assert sorted(opened()) == [False, True]


@pytest.mark.slow
def test_an_order_deleted_is_closed_until_it_is_restored(say, order, opened, frozen):
    say("order.created", order())
    say("order.deleted", {"id": 727})
    assert (opened(), Order.objects.get().cancelled_at) == (NEITHER, NOW)
    # What was said before comes late.
    say("order.updated", order(status="completed", date_modified_gmt="2017-03-22T19:00:00"))
    assert opened() == NEITHER
    restored = (NOW + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    say("order.restored", order(date_modified_gmt=restored))
    assert opened() == BOTH
    # The same words, and another deletion.
    frozen(NOW + timedelta(minutes=2))
    say("order.deleted", {"id": 727})
    assert opened() == NEITHER


@pytest.mark.slow
def test_a_deletion_waits_for_its_order(say, deliver, order, opened, frozen):
    deliver("order.deleted", {"id": 727})
    assert Message.objects.get().error == "Order 727 has not come yet."
    frozen(NOW + timedelta(minutes=1))
    deliver("order.created", order())
    frozen(NOW + timedelta(minutes=2))
    apply_messages.call()
    assert set(Message.objects.values_list("state", "error")) == {("applied", "")}
    assert opened() == NEITHER


def test_an_error_in_an_orders_place_waits_for_the_merchant(deliver):
    sent = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this."}
    assert deliver("order.updated", sent).status_code == 200
    message = Message.objects.get()
    assert (message.state, message.error) == (
        "set_aside",
        'order.id: missing; the shop sent "Sorry, you cannot view this."',
    )
    assert Order.objects.count() == 0


def test_an_order_that_cannot_be_read_leaves_nothing_half_written(deliver):
    broken = published("order")
    broken["line_items"] = "two"
    deliver("order.updated", broken)
    assert Message.objects.get().error == "order.line_items: expected a list, got text"
    counts = [row.objects.count() for row in (Order, Customer, Product, Grant)]
    assert counts == [0, 0, 0, 0]


def test_an_order_with_anothers_key_is_taken_in_without_it(deliver):
    deliver("order.created", published("order"))
    deliver("order.created", published("order", id=728, number="728"))
    first, second = Order.objects.order_by("platform_id")
    assert (first.is_token_taken, second.is_token_taken) == (False, True)
    assert (first.token_hash is None, second.token_hash) == (False, None)
    assert Message.objects.latest("pk").error == ""


@pytest.mark.slow
def test_of_somebody_erased_since_nothing_comes_back(deliver, store):
    deliver("order.created", published("refunded-order"))
    later = {"id": 800, "number": "800", "order_key": "wc_order_of_another_order"}
    deliver("order.created", published("refunded-order", **later), is_applied=False)
    customer = Customer.objects.get()
    fulfilment.erase_customer(customer, at=NOW)
    assert Message.objects.get(state="waiting").person == ""
    apply_messages.call()
    assert list(Customer.objects.values_list("platform_id", "email", "first_name")) == [
        (26, None, "")
    ]
    assert Order.objects.get(platform_id=800).customer == customer


# --- Refunds -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_money_given_back_closes_the_order(say, order, opened):
    say("order.created", order())
    say("order.updated", order(status="refunded"))
    assert (opened(), Order.objects.get().status) == (NEITHER, "closed")


@pytest.mark.slow
@pytest.mark.parametrize("policy", Shop.AmountRefunds.values)
def test_a_refund_in_part_closes_nothing_as_long_as_its_units_are_unknown(
    say, order, opened, policy
):
    Shop.objects.update(amount_refunds=policy)
    say("order.created", order())
    say("order.updated", order(refunds=[{"id": 9, "reason": "", "total": "-12.00"}]))
    assert (opened(), Refund.objects.count()) == (BOTH, 0)


MONEY = {"id": 9, "date_created_gmt": "2017-03-23T00:00:00", "line_items": []}
UNITS = MONEY | {
    "line_items": [{"quantity": -1, "meta_data": [{"key": "_refunded_item_id", "value": "316"}]}]
}


@pytest.mark.slow
@pytest.mark.parametrize("policy", Shop.AmountRefunds.values)
@pytest.mark.parametrize("told", [[UNITS], [MONEY, UNITS], [UNITS, MONEY], [UNITS, UNITS]])
@pytest.mark.parametrize("is_first", [True, False], ids=["before its order", "after it"])
def test_a_refund_read_later_takes_its_units_back_however_often_it_is_told(
    say,
    order,
    opened,
    store,
    policy,
    told,
    is_first,
):
    Shop.objects.update(amount_refunds=policy)
    if not is_first:
        say("order.created", order())
    for refund in told:
        report = read_refund(refund, published("order"))
        fulfilment.record_refund(store, 727, report, at=NOW)
    if is_first:
        say("order.created", order())
    assert (opened(), Order.objects.get().status) == ([True, False], "completed")


# --- Products ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "topic", ["product.created", "product.updated", "product.restored", "product.published"]
)
def test_a_products_words_appear_in_its_lines(say, order, seen, topic):
    say("order.created", order())
    tags = [{"id": 1, "name": "Single", "slug": "single"}, {"id": 2, "name": "Vinyl"}]
    say(topic, published("product", id=93, sku="ws-1", tags=tags))
    product = seen()["lines"][0]["product"]
    assert product == {
        "id": product["id"],
        "name": "Premium Quality",
        "variant_name": None,
        "sku": "ws-1",
        "product_id": 93,
        "variant_id": 93,
        "vendor": None,
        "tags": ["Single", "Vinyl"],
    }


@pytest.mark.slow
def test_a_variations_own_words_stay_when_its_product_speaks(say, order, seen):
    say("order.created", order())
    own = {"id": 23, "parent_id": 22, "type": "variation", "name": "Ship Your Idea - Black"}
    say("product.updated", published("variation", sku="B-1", **own))
    later = {"id": 22, "variations": [23], "date_modified_gmt": "2020-01-01T00:00:00"}
    say("product.updated", published("variable-product", **later))
    product = seen()["lines"][1]["product"]
    assert (product["name"], product["variant_name"], product["sku"]) == (
        "Ship Your Idea",
        "Black",
        "B-1",
    )
    assert set(Product.objects.values_list("variant_id", flat=True)) == {93, 23}


@pytest.mark.slow
def test_a_deleted_product_stays_with_its_buyers(say, order, seen, opened):
    say("order.created", order())
    before = seen()
    for _time in range(2):
        say("product.deleted", {"id": 93})
    assert (seen()["lines"][0]["product"], opened()) == (before["lines"][0]["product"], BOTH)
    assert RemovedProduct.objects.get().product_id == 93
