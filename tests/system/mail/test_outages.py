"""A mail server that is away, or silent: the mails wait, and nothing else does."""

import contextlib
import itertools
import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from downloads import fulfilment
from downloads.models import Mail, Order
from storefront.mail import sender
from storefront.models import WebhookSecret
from storefront.signed_urls import ticket_url
from tests.conftest import WEBHOOK_SECRET, sign
from tests.factories import NOW, GrantFactory, OrderFactory
from tests.system.harness.clients import get
from tests.system.harness.mail_server import serving_mail
from tests.system.harness.processes import until
from tests.system.harness.service import path_of

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def away(settings, server):
    """A mail server that is stopped, at whose port nobody listens."""
    with serving_mail() as own:
        settings.EMAIL_PORT = own.port
        own.stop()
        yield own


def work(since, until, *, every=60):
    """Send what is due as a worker does, between two moments; return when it was tried."""
    tried = []
    at = since
    while at <= until:
        tried.append((at, sender.send_due(clock=lambda moment=at: moment)))
        at += timedelta(seconds=every)
    return tried


def attempts():
    return sorted(Mail.objects.values_list("attempts", flat=True))


@pytest.mark.slow
@pytest.mark.django_db
def test_an_hour_without_a_mail_server_costs_no_mail_and_repeats_none(away, write):
    mails = [write() for _ in range(8)]
    work(NOW, NOW + HOUR)
    assert set(Mail.objects.values_list("state", flat=True)) == {"waiting"}
    away.start()
    work(NOW + HOUR + MINUTE, NOW + 3 * HOUR, every=300)
    assert sorted(away.recipients) == sorted(mail.email for mail in mails)
    assert Order.objects.filter(email_sent_at=None).count() == 0


@pytest.mark.slow
@pytest.mark.django_db
def test_a_queue_is_not_worked_through_while_the_mail_server_is_away(away, write):
    for _mail in range(20):
        write()
    sender.send_due(clock=lambda: NOW)
    assert attempts() == [*[0] * 19, 1]
    sender.send_due(clock=lambda: NOW + MINUTE)
    assert attempts() == [*[0] * 18, 1, 1]


@pytest.mark.slow
@pytest.mark.django_db
def test_pauses_double_up_to_an_hour(away, write):
    mail = write()
    pauses = []
    for _attempt in range(9):
        mail.refresh_from_db()
        sender.send_due(clock=lambda at=mail.due_at: at)
        before, mail = mail, Mail.objects.get()
        pauses.append((mail.due_at - before.due_at).total_seconds())
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.django_db
def test_after_three_days_a_mail_is_set_aside_with_why_and_sent_on_the_merchants_word(
    server, write, settings
):
    mail = write()
    server.does(RCPT="451 4.7.1 Come back later")
    almost = NOW + timedelta(hours=settings.MAIL_GIVE_UP_HOURS) - MINUTE
    Mail.objects.update(attempts=50)
    sender.send_due(clock=lambda: almost)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("waiting", 51)
    sender.send_due(clock=lambda: almost + HOUR)
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (
        "set_aside",
        "The mail server answered 451 4.7.1 Come back later",
    )
    server.does()
    sender.send_due(clock=lambda: almost + 9 * HOUR)
    assert server.accepted == []
    fulfilment.try_mail_again(mail, at=almost + 10 * HOUR)
    sender.send_due(clock=lambda: almost + 10 * HOUR)
    assert server.recipients == [mail.email]


@pytest.mark.django_db
def test_what_was_perhaps_sent_goes_again_on_the_merchants_word_alone(server, write, patience):
    mail = write()
    server.does(answer="drop")
    sender.send_due(clock=lambda: NOW)
    work(NOW, NOW + 3 * HOUR, every=600)
    server.does()
    fulfilment.try_mail_again(mail, at=NOW + 4 * HOUR)
    work(NOW + 4 * HOUR, NOW + 5 * HOUR, every=600)
    mail.refresh_from_db()
    assert mail.state == "sent"
    # Whoever keeps mails for this buyer can tell that it is the same one.
    assert server.accepted == [(mail.message_id, mail.email)] * 2


@pytest.mark.django_db
def test_a_server_that_loses_its_answers_puts_one_mail_in_doubt_a_try_and_not_all(server, write):
    for _mail in range(10):
        write()
    server.does(answer="drop")
    work(NOW, NOW + 2 * MINUTE)
    assert (
        sorted(Mail.objects.values_list("state", flat=True)) == ["doubtful"] * 3 + ["waiting"] * 7
    )


# --- Everybody else, meanwhile -------------------------------------------------------------------


@contextlib.contextmanager
def stalled(server, write):
    """Have a mail stand still on its way, in a thread as a worker's, until the end."""
    write()
    server.does(end="stall")

    def send():
        sender.send_due()
        connection.close()

    sending = threading.Thread(target=send)
    sending.start()
    try:
        until(lambda: Mail.objects.filter(state=Mail.State.HANDED).exists(), "no mail goes out")
        yield
        assert sending.is_alive()
    finally:
        server.does()
        server.hang_up()
        sending.join()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pages_faces_and_webhooks_answer_while_the_mail_server_says_nothing(
    server, write, live_server
):
    token = "0c732eb6fd9802a0821a9d29888baee8"
    order = OrderFactory(token=token, platform_id=1)
    GrantFactory(order=order)
    WebhookSecret.keep(order.shop, source="shopify", secret=WEBHOOK_SECRET)
    port = int(live_server.url.rsplit(":", 1)[1])
    numbers = itertools.count(2)

    def webhook():
        number = next(numbers)
        body = json.dumps({"id": number, "order_number": number, "line_items": []}).encode()
        return get(
            port,
            "/webhooks/shopify",
            method="POST",
            body=body,
            X_Shopify_Topic="orders/create",
            X_Shopify_Shop_Domain=order.shop.domain,
            X_Shopify_Webhook_Id=f"message-{number}",
            X_Shopify_Hmac_Sha256=sign(body),
            Content_Type="application/json",
        )

    with stalled(server, write):
        assert webhook().status == 200
        assert get(port, f"/api/v2/customer-account-orders?id={token}").status == 200
        assert get(port, f"/orders/{token}").status == 200
        assert get(port, path_of(ticket_url(order))).status == 200
        asked = get(
            port,
            "/links",
            method="POST",
            body=b"email=ada%40example.com",
            Content_Type="application/x-www-form-urlencoded",
        )
        assert asked.status == 200
