"""One shop's backlog, or what strangers can cause, delays nobody else's by more than a turn."""

from datetime import timedelta

import pytest
from django.db import connection

from downloads import fulfilment
from downloads.fulfilment import InboundMessage
from downloads.fulfilment.inbox import apply_next
from downloads.fulfilment.mails import requested_mails
from downloads.fulfilment.mails.requested_mails import write_requested
from downloads.models import Account, Mail, Message
from downloads.turns import next_in_turn
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory

MINUTE = timedelta(minutes=1)
BACKLOG = 2000


@pytest.fixture
def shops(db):
    return [ShopFactory(), ShopFactory(), ShopFactory()]


def write(shop, *, mails, kind=Mail.Kind.ORDER, due_at=NOW):
    """Have so many mails wait, about an order where they are."""
    order = OrderFactory(shop=shop) if kind == Mail.Kind.ORDER else None
    email = "ada@example.com" if order else "mallory{}@victim.example"
    Mail.objects.bulk_create(
        Mail(
            shop=shop,
            kind=kind,
            order=order,
            email=email.format(number),
            created_at=due_at,
            due_at=due_at,
        )
        for number in range(mails)
    )


def sent(how_many, *, at=NOW):
    """Send so many mails as the worker does; return whose and about what they were."""
    told, after = [], 0
    for _ in range(how_many):
        mail = fulfilment.send_next(lambda mail, begin: begin() or "", at=at, after=after)
        if mail is None:
            break
        told.append((mail.shop, mail.kind))
        after = mail.shop_id
    return told


def apply(how_many):
    """Apply so many messages as the worker does; return whose they were."""
    told, after = [], 0
    for _ in range(how_many):
        message = apply_next(lambda message: None, at=NOW, after=after)
        told.append(message.shop)
        after = message.shop_id
    return told


@pytest.mark.slow
@pytest.mark.parametrize("kind", Mail.ASKED)
def test_no_crowd_of_strangers_goes_before_a_buyers_mail(shops, kind):
    write(shops[0], mails=500, kind=kind, due_at=NOW - MINUTE)
    write(shops[1], mails=1)
    assert sent(1) == [(shops[1], Mail.Kind.ORDER)]


@pytest.mark.slow
def test_shops_send_in_turn(shops):
    write(shops[0], mails=BACKLOG, due_at=NOW - MINUTE)
    write(shops[1], mails=1)
    write(shops[2], mails=2)
    assert [shop for shop, _kind in sent(5)] == [shops[0], shops[1], shops[2], shops[0], shops[2]]


def test_what_strangers_cause_goes_in_turn_too(shops):
    write(shops[0], mails=100, kind=Mail.Kind.REGISTRATION, due_at=NOW - MINUTE)
    write(shops[1], mails=1, kind=Mail.Kind.PASSWORD)
    assert (shops[1], Mail.Kind.PASSWORD) in sent(2)


def test_a_shop_sends_so_many_of_strangers_in_an_hour_and_the_rest_later(shops, settings):
    settings.ASKED_MAILS_PER_SHOP_HOUR = 3
    write(shops[0], mails=5, kind=Mail.Kind.REGISTRATION)
    write(shops[1], mails=1, kind=Mail.Kind.REGISTRATION)
    sent(50)
    states = {
        shop: sorted(Mail.objects.filter(shop=shop).values_list("state", flat=True))
        for shop in shops[:2]
    }
    assert states == {shops[0]: ["sent"] * 3 + ["waiting"] * 2, shops[1]: ["sent"]}
    # Its orders' mails are no strangers'.
    write(shops[0], mails=1)
    assert sent(1) == [(shops[0], Mail.Kind.ORDER)]
    sent(50, at=NOW + timedelta(minutes=61))
    assert not Mail.objects.exclude(state="sent").exists()


# --- Whom we know, before strangers --------------------------------------------------------------


def known_by_order(shop):
    return OrderFactory(shop=shop, customer__email="ada@example.com").customer.email


def known_by_account(shop):
    customer = CustomerFactory(shop=shop, email="ada@example.com")
    given = {"customer": customer, "confirmed_at": NOW, "password": "!"}
    return Account.objects.create(shop=shop, email=customer.email, **given).email


def an_unconfirmed_account(shop):
    return Account.objects.create(shop=shop, email="ada@example.com", password="!").email


def an_order_elsewhere(shop):
    return known_by_order(ShopFactory())


def nobody(shop):
    return "ada@example.com"


def a_lookalike(shop):
    known_by_order(shop)
    return "ada@ex\u0131mple.com"


STRANGERS = [an_unconfirmed_account, an_order_elsewhere, nobody, a_lookalike]


@pytest.mark.parametrize("kind", [Mail.Kind.REGISTRATION, Mail.Kind.PASSWORD])
@pytest.mark.parametrize("who", [known_by_order, known_by_account, *STRANGERS])
def test_whom_we_know_is_mailed_before_strangers(shops, who, kind):
    write(shops[0], mails=50, kind=Mail.Kind.REGISTRATION, due_at=NOW - MINUTE)
    email = who(shops[0])
    write_requested(shops[0], kind, email, at=NOW)
    is_first = send_one() == email
    assert is_first is (who not in STRANGERS)
    assert Mail.objects.get(email=email).is_known is (who not in STRANGERS)


def test_links_go_before_strangers_registrations_and_after_orders(shops):
    write(shops[0], mails=50, kind=Mail.Kind.REGISTRATION, due_at=NOW - MINUTE)
    write(shops[0], mails=1, kind=Mail.Kind.LINKS)
    write(shops[0], mails=1)
    assert [kind for _shop, kind in sent(3)] == ["order", "links", "registration"]


def test_strangers_are_looked_up_in_batches_and_none_is_left_out(shops, monkeypatch):
    monkeypatch.setattr(requested_mails, "LOOKED_UP_AT_ONCE", 20)
    write(shops[0], mails=50, kind=Mail.Kind.REGISTRATION)
    assert [requested_mails.look_up_recipients() for _ in range(4)] == [20, 20, 10, 0]


def test_looking_up_takes_the_same_for_any_number(shops, django_assert_num_queries):
    write(shops[0], mails=100, kind=Mail.Kind.REGISTRATION)
    with django_assert_num_queries(5):  # a look, and a transaction of two
        requested_mails.look_up_recipients()
    with django_assert_num_queries(1):
        requested_mails.look_up_recipients()


@pytest.mark.slow
def test_strangers_use_up_nothing_of_those_a_shop_knows(shops, settings):
    settings.ASKED_MAILS_PER_SHOP_HOUR = 3
    write(shops[0], mails=10, kind=Mail.Kind.REGISTRATION)
    sent(20)
    write_requested(shops[0], Mail.Kind.PASSWORD, known_by_order(shops[0]), at=NOW)
    assert send_one() == "ada@example.com"
    # Nor may they have any number sent to those it knows.
    write(shops[0], mails=10, kind=Mail.Kind.LINKS)
    assert [kind for _shop, kind in sent(20)].count("links") == 10
    assert Mail.objects.filter(kind="links", state="sent").count() == 2


def send_one():
    return fulfilment.send_next(lambda mail, begin: begin() or "", at=NOW).email


@pytest.mark.slow
def test_messages_are_applied_in_turn(shops):
    for shop, how_many in ((shops[0], BACKLOG), (shops[1], 1)):
        Message.objects.bulk_create(
            Message(
                shop=shop,
                source="shopify",
                topic="orders/paid",
                delivery_id=str(number),
                received_at=NOW,
                due_at=NOW,
            )
            for number in range(how_many)
        )
    assert apply(3) == [shops[0], shops[1], shops[0]]


def test_a_turn_asks_twice_at_most(shops, django_assert_num_queries):
    fulfilment.receive(shops[0], InboundMessage("shopify", "orders/paid", "1"), at=NOW)
    with django_assert_num_queries(1):
        assert next_in_turn(Message.objects.due(NOW), after=0)
    with django_assert_num_queries(2):
        assert next_in_turn(Message.objects.due(NOW), after=shops[2].pk)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's plan hangs on statistics")
def test_a_messages_turn_is_found_by_its_index(db):
    rows = Message.objects.due(NOW).order_by("shop_id", "due_at", "pk").filter(shop_id__gt=1)
    assert "message_next_in_turn" in rows.explain()
