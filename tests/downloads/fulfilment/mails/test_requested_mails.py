"""Mail that anybody may ask for, for any address: nobody learns by it what we know."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.errors import BadInput, MailRefused, MailUnsure, NotFound, PostClosed
from downloads.models import LinkRequest, Mail
from tests.factories import (
    NOW,
    CustomerFactory,
    GrantFactory,
    MailFactory,
    OrderFactory,
    ShopFactory,
)
from tests.racing import at_once

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
Kind = Mail.Kind
racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def bought(email=ADA, **values):
    """Make a download of a buyer with this address; return its shop."""
    return GrantFactory(order__customer__email=email, **values).order.shop


def answer_all(at=NOW):
    count = 0
    while fulfilment.answer_next_request(at=at):
        count += 1
    return count


def written():
    return list(Mail.objects.order_by("pk").values_list("shop", "kind", "email", "due_at"))


def take(mail, begin):
    begin()
    return "<taken@mail.example>"


def meets(error):
    def send(mail, begin):
        raise error

    return send


# --- Links ---------------------------------------------------------------------------------------


def test_a_request_is_one_mail_a_shop_and_then_forgotten():
    shops = [bought(), bought("ADA@example.com")]
    bought("eve@example.com")
    fulfilment.request_links("  Ada@Example.com ", at=NOW)
    assert list(LinkRequest.objects.values_list("email", "asked_at")) == [(ADA, NOW)]
    assert answer_all(at=NOW + HOUR) == 1
    assert sorted(written()) == sorted((shop.pk, Kind.LINKS, ADA, NOW + HOUR) for shop in shops)
    assert LinkRequest.objects.count() == 0


def test_many_orders_in_a_shop_are_one_mail():
    shop = ShopFactory()
    customer = CustomerFactory(shop=shop, email=ADA)
    for _order in range(3):
        GrantFactory(order=OrderFactory(shop=shop, customer=customer))
    fulfilment.request_links(ADA, at=NOW)
    answer_all()
    assert written() == [(shop.pk, Kind.LINKS, ADA, NOW)]


@pytest.mark.parametrize(
    "closed",
    [
        {"order__payment": "pending"},
        {"order__cancelled_at": NOW},
        {"order__hold": "dispute"},
        {"expires_at": NOW},
        {"withdrawn_at": NOW},
        {"refunded": True},
    ],
    ids=lambda closed: next(iter(closed)),
)
def test_where_nothing_may_be_downloaded_there_is_nothing_to_send(closed):
    bought(**closed)
    fulfilment.request_links(ADA, at=NOW)
    assert (answer_all(), written(), LinkRequest.objects.count()) == (1, [], 0)


def test_an_unknown_address_leaves_nothing_behind():
    bought()
    fulfilment.request_links("nobody@example.com", at=NOW)
    assert (answer_all(), written(), LinkRequest.objects.count()) == (1, [], 0)


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
def test_asking_takes_the_same_for_every_address(email, django_assert_num_queries):
    shop = bought()
    with django_assert_num_queries(1):
        fulfilment.request_links(email, at=NOW)
    with django_assert_num_queries(1):
        fulfilment.request_password(shop, email, at=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "ada@example",
        "a b@example.com",
        "ada@example.com\nBcc: eve@example.com",
        '"a\x0bb"@example.com',
        "ada@example.com\0",
        "ada@example.com, eve@example.com",
        "a" * 243 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused_and_not_noted(text):
    for ask in (
        lambda: fulfilment.request_links(text, at=NOW),
        lambda: fulfilment.request_password(ShopFactory(), text, at=NOW),
    ):
        with pytest.raises(BadInput) as refusal:
            ask()
        assert str(refusal.value) == "Enter a mail address, like ada@example.com."
    assert (LinkRequest.objects.count(), Mail.objects.count()) == (0, 0)


def test_the_longest_address_there_may_be_is_taken():
    email = "a" * 242 + "@example.com"
    fulfilment.request_links(email, at=NOW)
    assert LinkRequest.objects.get().email == email


# --- Passwords -----------------------------------------------------------------------------------


def test_a_password_is_asked_for_in_one_shop():
    shop = ShopFactory()
    fulfilment.request_password(shop, " ADA@example.com", at=NOW)
    assert written() == [(shop.pk, Kind.PASSWORD, ADA, NOW)]


def test_a_password_of_an_address_nobody_knows_leaves_nothing_behind():
    fulfilment.request_password(ShopFactory(), ADA, at=NOW)
    fulfilment.send_next(meets(NotFound("There is nothing to tell any more.")), at=NOW)
    assert Mail.objects.count() == 0


# --- How often -----------------------------------------------------------------------------------


def work(send=take, at=NOW):
    """Send all that is due; return how many mails were tried."""
    tried = []

    def counting(mail, begin):
        tried.append(mail)
        return send(mail, begin)

    while fulfilment.send_next(counting, at=at) is not None:
        pass
    return len(tried)


@pytest.fixture
def flood(settings):
    """Ten mails for one address, asked for at once by somebody who means no good."""
    settings.ASKED_MAILS_PER_HOUR = 3
    shops = [ShopFactory(), ShopFactory()]
    kinds = [Kind.LINKS, Kind.REGISTRATION, Kind.PASSWORD]
    for number in range(10):
        MailFactory(shop=shops[number % 2], kind=kinds[number % 3], email=ADA)


def test_an_address_gets_so_many_an_hour_whatever_was_asked_for_and_where(flood):
    assert work() == 3
    assert Mail.objects.count() == 3
    MailFactory(email=ADA, due_at=NOW + HOUR)
    assert work(at=NOW + HOUR) == 0
    MailFactory(email=ADA, due_at=NOW + HOUR + SECOND)
    assert work(at=NOW + HOUR + SECOND) == 1


def test_other_addresses_and_orders_are_not_held_up(flood):
    MailFactory(email="eve@example.com")
    order = GrantFactory(order__customer__email=ADA).order
    MailFactory(order=order, shop=order.shop, email=ADA)
    assert work() == 5


def test_mails_about_orders_do_not_count_as_asked_for(settings):
    settings.ASKED_MAILS_PER_HOUR = 1
    order = GrantFactory(order__customer__email=ADA).order
    for _mail in range(3):
        MailFactory(order=order, shop=order.shop, email=ADA)
    MailFactory(email=ADA)
    assert work() == 4


@pytest.mark.slow
@pytest.mark.parametrize("for_good", [False, True])
def test_what_is_refused_counts_or_a_greylist_would_let_them_all_in(flood, for_good):
    """A mail server that says "later" takes each of them in the end."""
    assert work(meets(MailRefused("Come back later.", for_good=for_good))) == 3
    assert Mail.objects.count() == 3
    assert work(at=NOW + HOUR) == 3 * (not for_good)


def test_what_is_in_doubt_counts(flood):
    def unsure(mail, begin):
        begin()
        raise MailUnsure("Nobody knows.")

    for _round in range(3):
        with pytest.raises(PostClosed):
            work(unsure)
    assert work() == 0


@pytest.mark.slow
def test_an_outage_lets_in_no_more_of_them(flood):
    for minute in range(10):
        with pytest.raises(PostClosed):
            work(meets(PostClosed("Gone.")), at=NOW + minute * timedelta(minutes=9))
    assert Mail.objects.count() <= 10
    assert work(at=NOW + 3 * HOUR) <= 3


def test_one_put_off_is_sent_though_others_went_meanwhile(settings):
    settings.ASKED_MAILS_PER_HOUR = 1
    first = MailFactory(email=ADA)
    work(meets(MailRefused("Later.", for_good=False)))
    assert work(at=NOW + HOUR) == 1
    first.refresh_from_db()
    assert first.state == "sent"


def test_on_the_merchants_word_any_number_goes(settings):
    settings.ASKED_MAILS_PER_HOUR = 1
    MailFactory(email=ADA)
    aside = MailFactory(email=ADA, state="set_aside")
    work()
    fulfilment.try_mail_again(aside, at=NOW)
    assert work() == 1


# --- At the same moment --------------------------------------------------------------------------


@pytest.mark.slow
@racing
def test_senders_at_once_send_no_more_than_one_would(settings):
    for number in range(12):
        fulfilment.request_password(ShopFactory(), ADA, at=NOW + timedelta(seconds=number))
    told = []

    def work():
        while fulfilment.send_next(lambda *given: told.append(1) or take(*given), at=NOW + HOUR):
            pass

    at_once(*[work] * 4)
    assert len(told) == settings.ASKED_MAILS_PER_HOUR


@racing
def test_of_many_who_answer_one_request_one_does():
    shop = bought()
    fulfilment.request_links(ADA, at=NOW)
    answers = at_once(*[lambda: fulfilment.answer_next_request(at=NOW)] * 6)
    assert sorted(answers) == [False] * 5 + [True]
    assert written() == [(shop.pk, Kind.LINKS, ADA, NOW)]
