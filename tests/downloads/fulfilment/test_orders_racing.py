"""Reports that arrive at the same moment, from threads with connections of their own."""

import threading
import time

import pytest
from django.db import connection, transaction

from downloads.fulfilment import (
    erase_person,
    receive,
    record_dispute,
    record_order,
    record_refund,
)
from downloads.fulfilment.inbox import InboundMessage, apply_next
from downloads.incoming import PersonReport
from downloads.models import Customer, Grant, Message, Order, Shop
from tests.downloads.reported import dispute_report, line_report, order_report, refund_report
from tests.factories import NOW, AttachmentFactory, MessageFactory, ProductFactory, ShopFactory
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

THREADS = 8
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite writes one transaction at a time"
)


@pytest.fixture
def shop() -> Shop:
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    return shop


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_an_order_and_its_facts_at_once_are_settled_together(shop, attempt):
    at_once(
        lambda: record_order(shop, order_report(line_report(1, quantity=3)), at=NOW),
        lambda: record_refund(shop, 7001, refund_report(1, {1: 1}), at=NOW),
        lambda: record_refund(shop, 7001, refund_report(2, {1: 1}), at=NOW),
        lambda: record_dispute(shop, 7001, dispute_report("open"), at=NOW),
    )
    order = Order.objects.get()
    assert (order.hold, Grant.objects.get().canceled) == ("dispute", 20)


@pytest.mark.slow
def test_one_report_many_times_at_once_is_one_order(shop):
    report = order_report(line_report(1, quantity=3), refunds=(refund_report(1, {1: 1}),))
    outcomes = at_once(*[lambda: record_order(shop, report, at=NOW).outcome] * THREADS)
    assert sorted(outcomes) == ["new", *["unchanged"] * (THREADS - 1)]
    assert (Customer.objects.count(), Grant.objects.get().canceled) == (1, 10)


def test_a_message_told_many_times_at_once_is_stored_once(shop):
    said = InboundMessage(source="platform", topic="orders", delivery_id="d-1")
    news = at_once(*[lambda: receive(shop, said, at=NOW)] * THREADS)
    assert sorted(news) == [*[False] * (THREADS - 1), True]
    assert Message.objects.count() == 1


@pytest.mark.slow
def test_workers_beside_each_other_apply_each_message_once():
    shops = [ShopFactory() for _ in range(3)]
    for number in range(30):
        MessageFactory(shop=shops[number % 3], delivery_id=str(number))
    applied: list[str] = []

    def work() -> None:
        while apply_next(lambda message: applied.append(message.delivery_id), at=NOW):
            pass

    at_once(*[work] * 4)
    assert sorted(applied, key=int) == [str(number) for number in range(30)]
    assert set(Message.objects.values_list("state", flat=True)) == {"applied"}


@on_postgresql
def test_a_message_being_applied_holds_up_no_other():
    first, second = MessageFactory(delivery_id="1"), MessageFactory(delivery_id="2")
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=first.pk)
        [applied] = at_once(lambda: apply_next(lambda message: None, at=NOW))
    assert applied == second


@on_postgresql
def test_a_new_message_is_stored_while_another_is_applied(shop):
    with transaction.atomic():
        record_order(shop, order_report(), at=NOW)
        [said] = at_once(
            lambda: receive(shop, InboundMessage(source="a", topic="b", delivery_id="c"), at=NOW)
        )
    assert said is True


@on_postgresql
def test_an_erasure_waits_for_the_buyers_message_that_is_being_applied(shop):
    ada = PersonReport(platform_id=501, email="buyer@example.com")
    MessageFactory(shop=shop, about_customer=501, person='{"email": "buyer@example.com"}')
    taken = threading.Event()

    def apply(message: Message) -> None:
        taken.set()
        time.sleep(0.5)  # until the erasure stands before the message
        record_order(shop, order_report(), at=NOW)

    def erase() -> int:
        taken.wait(timeout=30)
        return erase_person(shop, ada, at=NOW)

    message, erased = at_once(lambda: apply_next(apply, at=NOW), erase)
    assert (message.state, message.attempts, erased) == ("applied", 0, 1)
    customer = Customer.objects.get()
    assert (customer.email, customer.first_name, customer.erased_at) == (None, "", NOW)
