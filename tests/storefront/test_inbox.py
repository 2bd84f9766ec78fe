"""From a stored message to what it does: bells, shares, tries, and what is set aside."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.fulfilment import InboundMessage
from downloads.fulfilment.inbox import apply_next
from downloads.models import Grant, Message, Order, Shop
from storefront import inbox
from storefront.inbox import apply_messages, apply_policies, ring
from storefront.platforms.shopify.platform import SHOPIFY
from tests.factories import NOW, OrderFactory, ShopFactory
from tests.storefront.conftest import FACE_A

REAL_TOKEN = "b1946ac92492d2347c6235b4d2611184"
IMMEDIATE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
SECOND = timedelta(seconds=1)


def bells():
    """Return when each waiting task may run; None: now."""
    rows = DBTaskResult.objects.order_by("enqueued_at")
    return [None if row.run_after.year == 9999 else row.run_after for row in rows]


def states():
    return list(Message.objects.order_by("pk").values_list("state", "attempts", "error"))


@pytest.fixture
def wait(deliver):
    """Return a function that delivers a message and leaves it waiting."""

    def send(topic="app/uninstalled", payload=None, **given):
        assert deliver(topic, payload or {}, is_applied=False, **given).status_code == 200
        return Message.objects.latest("pk")

    return send


@pytest.fixture
def fails(monkeypatch):
    """Return a function that makes every message fail in the way that is given."""

    def fail_with(error):
        def apply(message, *, at):
            Shop.objects.filter(pk=message.shop_id).update(name="half done")
            raise error

        monkeypatch.setattr(SHOPIFY, "apply", apply)

    return fail_with


# --- Applying ----------------------------------------------------------------------------------


def test_nothing_due_is_nothing_done(db):
    assert apply_messages.call() == 0
    assert bells() == []


def test_all_that_waits_is_applied_by_one_bell(wait):
    for _message in range(3):
        wait()
    assert apply_messages.call() == 3
    assert states() == [("applied", 0, "")] * 3
    assert set(Message.objects.values_list("applied_at", flat=True)) == {NOW}
    assert apply_messages.call() == 0


def test_the_longest_waiting_comes_first(wait, frozen):
    waited = {"a while": 2, "longest": 3, "least": 1}
    for name, minutes in waited.items():
        frozen(NOW - timedelta(minutes=minutes))
        wait("shop/update", {"name": name, "updated_at": "2026-01-01T00:00:00Z"})
    heard = []
    for _message in waited:
        apply_next(lambda message: heard.append(json.loads(message.body)), at=NOW)
    assert [body["name"] for body in heard] == ["longest", "a while", "least"]


def test_a_bell_that_nobody_has_taken_is_not_rung_again(wait):
    wait()
    wait("shop/update")
    assert bells() == [None]


def test_a_bell_that_was_taken_or_is_for_later_is_rung_anew(wait):
    wait()
    DBTaskResult.objects.get().claim("a worker that died")
    ring(at=NOW + timedelta(days=9999))
    wait("shop/update")
    assert DBTaskResult.objects.ready().count() == 1
    assert DBTaskResult.objects.count() == 3


def test_a_share_that_leaves_something_rings_again(wait, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH", 2)
    for _message in range(3):
        wait()
    DBTaskResult.objects.all().delete()
    assert apply_messages.call() == 2
    assert bells() == [None]
    assert apply_messages.call() == 1
    assert (bells(), states()) == ([None], [("applied", 0, "")] * 3)


def test_a_stored_message_costs_nothing_twice(merchant, django_capture_on_commit_callbacks):
    said = InboundMessage(source="shopify", topic="app/uninstalled", delivery_id="1", body="{}")
    with django_capture_on_commit_callbacks(execute=True):
        assert [inbox.store(merchant, said, at=NOW) for _time in range(3)] == [True, False, False]
    assert (states(), bells()) == ([("waiting", 0, "")], [None])


def test_no_bell_is_rung_for_what_was_not_stored(merchant, monkeypatch):
    rung = []
    monkeypatch.setattr(inbox, "ring", lambda: rung.append(1))
    monkeypatch.setattr(fulfilment, "receive", lambda *args, **kwargs: False)
    said = InboundMessage(source="shopify", topic="app/uninstalled", delivery_id="1")
    assert inbox.store(merchant, said, at=NOW) is False
    assert (connection.run_on_commit, rung) == ([], [])


# --- Trying again ------------------------------------------------------------------------------


def test_a_message_that_fails_is_tried_again_after_longer_and_longer_pauses(wait, frozen, settings):
    settings.MESSAGE_RETRY_SECONDS, settings.MESSAGE_MAX_ATTEMPTS = 10, 4
    message = wait("orders/delete", {"id": 7})
    DBTaskResult.objects.all().delete()
    at, pauses = NOW, []
    for attempt in (1, 2, 3):
        assert apply_messages.call() == 1
        message.refresh_from_db()
        assert states() == [("waiting", attempt, "Order 7 has not come yet.")]
        assert bells()[-1] == message.due_at
        pauses.append((message.due_at - at).seconds)
        frozen(message.due_at - SECOND)
        assert apply_messages.call() == 0
        at = message.due_at
        frozen(at)
    assert pauses == [10, 20, 40]
    assert len(bells()) == 3
    apply_messages.call()
    assert states() == [("set_aside", 4, "Order 7 has not come yet.")]
    assert len(bells()) == 3
    frozen(NOW + timedelta(days=365))
    assert apply_messages.call() == 0


def test_what_was_set_aside_can_be_tried_again(wait, settings, merchant, monkeypatch):
    settings.MESSAGE_MAX_ATTEMPTS = 1
    message = wait()
    with monkeypatch.context() as patched:
        patched.setattr(SHOPIFY, "apply", lambda message, *, at: {}["ours"])
        apply_messages.call()
    message.refresh_from_db()
    assert message.state == "set_aside"
    fulfilment.replay(message, at=NOW)
    assert apply_messages.call() == 1
    assert states() == [("applied", 0, "")]
    merchant.refresh_from_db()
    assert merchant.uninstalled_at == NOW


def test_a_failed_message_does_not_stop_those_behind_it(wait):
    wait("orders/delete", {"id": 7})
    wait()
    assert apply_messages.call() == 2
    assert states() == [("waiting", 1, "Order 7 has not come yet."), ("applied", 0, "")]


def test_what_a_failed_message_had_done_is_undone(wait, fails, merchant):
    fails(RuntimeError("ours"))
    wait()
    apply_messages.call()
    merchant.refresh_from_db()
    assert merchant.name == "My store"
    assert states() == [("waiting", 1, "A fault of ours (RuntimeError); the log has more.")]


def test_a_fault_of_ours_is_logged_and_a_bad_message_is_not(wait, fails, logged):
    wait("products/delete")
    apply_messages.call()
    assert logged() == []
    Message.objects.all().delete()
    fails(RuntimeError("ours"))
    message = wait()
    apply_messages.call()
    [line, _same] = logged()
    assert f"Message {message.pk} could not be applied" in line
    assert line.endswith("RuntimeError: ours")


@pytest.mark.slow
def test_what_is_too_large_is_set_aside_at_once_and_taken_in_once_it_is_not(
    wait, order_body, settings
):
    settings.ORDER_MAX_LINES, settings.PRODUCT_MAX_VARIANTS = 1, 2
    wait("orders/create", order_body)
    variants = [{"id": number, "title": "Large"} for number in (1, 2, 3)]
    product = {"id": 9, "title": "Book", "updated_at": NOW.isoformat(), "variants": variants}
    wait("products/create", product)
    apply_messages.call()
    assert states() == [
        (
            "set_aside",
            1,
            f"Order 1001 has {len(order_body['line_items'])} lines; at most 1 are taken in "
            "(ORDER_MAX_LINES). Raise the setting, and have it tried again.",
        ),
        (
            "set_aside",
            1,
            "Product 9 has 3 variants; at most 2 are taken in (PRODUCT_MAX_VARIANTS). Raise the "
            "setting, and have it tried again.",
        ),
    ]
    assert not Order.objects.exists()
    settings.ORDER_MAX_LINES, settings.PRODUCT_MAX_VARIANTS = 1000, 3
    for message in Message.objects.all():
        fulfilment.replay(message, at=NOW)
    apply_messages.call()
    assert {state for state, _attempts, _error in states()} == {"applied"}


def test_a_failed_message_keeps_what_it_said(wait, order_body):
    message = wait("orders/create", order_body | {"line_items": None})
    before = message.body, message.person
    apply_messages.call()
    message.refresh_from_db()
    assert (message.body, message.person) == before
    assert message.error == "order.line_items: expected a list, got nothing"


@pytest.fixture
def order_body(payload):
    return payload("order")


def test_a_backend_that_cannot_wait_is_not_asked_to(wait, settings):
    settings.TASKS = IMMEDIATE
    wait("orders/delete", {"id": 7})
    # Applied at once, failed, and left for the sweep.
    assert states() == [("waiting", 1, "Order 7 has not come yet.")]
    ring(at=NOW + SECOND)
    assert states() == [("waiting", 1, "Order 7 has not come yet.")]


# --- Policies ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_changed_policy_reaches_old_orders_by_a_task(deliver, sold, order_body, merchant):
    deliver("orders/create", order_body)
    deliver(
        "orders/create", order_body | {"id": 7, "token": "f" * 32, "financial_status": "voided"}
    )
    assert apply_policies.call(merchant.pk) == 0
    Shop.objects.update(opens_when=Shop.OpensWhen.AUTHORIZED)
    assert apply_policies.call(merchant.pk) == 1
    assert set(Order.objects.values_list("platform_id", "payment")) == {
        (450789469, "paid"),
        (7, "pending"),
    }
    assert apply_policies.call(ShopFactory().pk) == 0


@pytest.mark.slow
def test_a_policy_reaches_many_orders_a_share_at_a_time(db, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH", 2)
    monkeypatch.setattr(inbox, "AT_ONCE", 3)
    shop = ShopFactory(opens_when=Shop.OpensWhen.PLACED)
    waits = {"payment": "pending", "reported_payment": "pending"}
    numbers = [OrderFactory(shop=shop, platform_id=each, **waits).pk for each in range(1, 15)]
    other = OrderFactory(platform_id=1, **waits)

    def opened():
        return Order.objects.filter(payment="paid").count()

    assert (apply_policies.call(shop.pk), opened()) == (6, 6)
    given, found = [shop.pk], []
    while task := DBTaskResult.objects.order_by("enqueued_at").last():
        given = task.args_kwargs["args"]
        task.delete()
        found.append((given[1], apply_policies.call(*given), opened()))
    assert found == [(numbers[5], 12, 12), (numbers[11], 14, 14)]
    other.refresh_from_db()
    assert other.payment == "pending"


# --- Another backend ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_with_another_backend_a_posted_order_is_applied_at_once(
    settings, client, deliver, sold, order_body
):
    settings.TASKS = IMMEDIATE
    posted = deliver("orders/paid", order_body | {"financial_status": "paid"}, is_applied=False)
    assert posted.status_code == 200
    order = client.get(FACE_A, {"id": REAL_TOKEN}).json()["order"]
    assert [line["assets"][0]["data"]["url"] is not None for line in order["lines"]] == [True] * 3
    assert (states(), DBTaskResult.objects.count()) == ([("applied", 0, "")], 0)
    assert Grant.objects.count() == 3
