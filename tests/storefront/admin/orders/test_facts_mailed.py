"""The mail about an order, as its page and the list of orders show it."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry

from downloads.models import Mail, Order
from tests.factories import NOW, CustomerFactory, GrantFactory, MailFactory, OrderFactory

URL = "/admin/downloads/order/"
State = Mail.State
HOUR = timedelta(hours=1)
NO_ADDRESS = "We know no mail address of this order's buyer."
NOTHING = "Nothing of this order may be downloaded now."
DONE = "1 to be told by mail; look under Mail in a moment."


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def order(db):
    """An order that its buyer may download from."""
    return GrantFactory(order__number=1060, order__customer__email="ada@example.com").order


def page_of(client, order):
    return client.get(f"{URL}{order.pk}/change/").content.decode()


def mail_about(order, **values):
    return MailFactory(shop=order.shop, order=order, **values)


def found(client, mail):
    """Return the numbers of the orders that the filter `mail` leaves in the list."""
    orders = client.get(URL, {"mail": mail}).context["cl"].queryset
    return sorted(orders.values_list("number", flat=True))


# --- Sent again ----------------------------------------------------------------------------------


@pytest.mark.slow
def button_of(page, url):
    form = page.partition(f'action="{url}"')[2]
    return re.search(r"<button.*?>(.*?)</button>", form)[1]


def test_the_button_sends_the_mail_again(staff, order, messages_of):
    url = f"{URL}{order.pk}/mail/"
    assert button_of(page_of(staff, order), url) == "Send the mail"
    assert staff.get(url).status_code == 405
    assert messages_of(staff.post(url, follow=True)) == [DONE]
    mail = Mail.objects.get()
    assert (mail.order, mail.email, mail.state) == (order, "ada@example.com", State.WAITING)
    Order.objects.update(email_sent_at=NOW)
    assert button_of(page_of(staff, order), url) == "Send the mail again"


def test_the_action_names_the_orders_it_refuses_with_the_reason(staff, order, messages_of):
    nobody = GrantFactory(order__number=1061, order__customer=None).order
    nameless = GrantFactory(order__number=1062, order__customer__email=None).order
    empty = OrderFactory(number=1063, customer=CustomerFactory())
    unpaid = GrantFactory(order__number=1064, order__payment="pending").order
    chosen = [row.pk for row in (order, nobody, nameless, empty, unpaid)]
    data = {"action": "send_mail", "_selected_action": chosen}
    told = messages_of(staff.post(URL, data, follow=True))
    assert sorted(told) == [
        DONE,
        f"Order 1061: {NO_ADDRESS}",
        f"Order 1062: {NO_ADDRESS}",
        f"Order 1063: {NOTHING}",
        f"Order 1064: {NOTHING} It stays closed: the order is not paid yet. Set the payment on "
        "the order’s page to “Paid”.",
    ]
    assert Mail.objects.get().order == order


def test_the_log_says_that_it_was_sent_again(staff, order):
    staff.post(f"{URL}{order.pk}/mail/")
    [entry] = LogEntry.objects.all()
    assert (entry.object_repr, entry.change_message) == ("Order 1060", "Had the mail sent again")


@pytest.mark.slow
@pytest.mark.parametrize("permissions", [(), ("view_order",), ("view_order", "change_mail")])
def test_a_clerk_who_may_not_change_orders_sends_nothing(clerk, order, permissions):
    client = clerk(*permissions)
    assert client.post(f"{URL}{order.pk}/mail/").status_code == (403 if permissions else 404)
    client.post(URL, {"action": "send_mail", "_selected_action": order.pk})
    assert not Mail.objects.exists()
    if permissions:
        assert "Send the mail" not in page_of(client, order) + client.get(URL).content.decode()


def test_an_order_that_is_gone_sends_nothing(staff, order):
    assert staff.post(f"{URL}{order.pk + 1}/mail/").status_code == 404


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("platform_id", [None, 7001], ids=["by hand", "reported"])
def test_the_page_tells_what_became_of_the_mail(staff, platform_id):
    order = OrderFactory(platform_id=platform_id)
    assert "None so far" in page_of(staff, order)
    mail_about(order, state=State.SENT)
    mail_about(order, state=State.NOT_NEEDED)
    Order.objects.update(email_sent_at=NOW)
    mail_about(order, state=State.SENT, bounced_at=NOW, bounce="bounced: <no>")
    mail_about(order, state=State.SET_ASIDE, created_at=NOW + HOUR, error="550 unknown")
    mail_about(order, state=State.WAITING, created_at=NOW + 2 * HOUR)
    told = [
        "sent",
        "waiting. ",
        "not sent. 550 unknown",
        "came back. bounced: &lt;no&gt;",
    ]
    assert "".join(f"<div>1 Mar 2026: {words}</div>" for words in told) in page_of(staff, order)


def test_a_long_story_is_cut_short(staff, order):
    for _ in range(9):
        mail_about(order, state=State.SET_ASIDE, error="x" * 1000)
    page = page_of(staff, order)
    # On the card and in the form.
    assert page.count("1 Mar 2026: not sent.") == 2 * 5
    assert "x" * 201 not in page


@pytest.mark.slow
def test_the_page_leads_to_its_mails_whoever_may_see_them(staff, clerk, order):
    link = f'<a href="/admin/downloads/mail/?order={order.pk}">Mails about it</a>'
    assert link in page_of(staff, order)
    assert link not in page_of(clerk("view_order"), order)
    assert link in page_of(clerk("view_order", "view_mail"), order)


@pytest.mark.slow
def test_the_page_asks_the_same_for_one_mail_and_for_many(
    staff, order, django_assert_max_num_queries
):
    counts = []
    for _ in range(2):
        for _ in range(4):
            mail_about(order, state=State.SET_ASIDE)
        page_of(staff, order)  # what the process remembers from then on
        with django_assert_max_num_queries(28) as queries:
            page_of(staff, order)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- The list ------------------------------------------------------------------------------------


def test_the_list_says_when_the_mail_was_sent(staff, order):
    Order.objects.update(email_sent_at=NOW)
    page = staff.get(URL).content.decode()
    assert '<td class="field-mailed" data-label="Mailed">1 Mar 2026</td>' in page


@pytest.mark.slow
def test_orders_are_told_apart_by_what_became_of_their_mail(staff):
    states = {
        "sent": {"state": State.SENT},
        "back": {"state": State.SENT, "bounced_at": NOW},
        "aside": {"state": State.SET_ASIDE},
        "perhaps": {"state": State.DOUBTFUL},
        "moving": {"state": State.HANDED},
        "none": {"state": State.NOT_NEEDED},
    }
    for number, values in enumerate(states.values()):
        mail_about(OrderFactory(number=number), **values)
    OrderFactory(number=10)
    OrderFactory(number=11, email_sent_at=NOW)  # its mail's entry is gone by now
    assert {mail: found(staff, mail) for mail in states} == {
        "sent": [0, 11],
        "back": [1],
        "aside": [2],
        "perhaps": [3],
        "moving": [4],
        "none": [5, 10],
    }
    assert len(found(staff, "")) == len(found(staff, "lost")) == 8


@pytest.mark.slow
def test_an_order_whose_mail_was_sent_again_is_done_with(staff, order):
    mail_about(order, state=State.SENT, bounced_at=NOW)
    again = mail_about(order, created_at=NOW + HOUR)
    assert (found(staff, "back"), found(staff, "moving")) == ([], [1060])
    Mail.objects.filter(pk=again.pk).update(state=State.SENT)
    assert (found(staff, "back"), found(staff, "sent")) == ([], [1060])


@pytest.mark.slow
@pytest.mark.parametrize("mail", ["", "back"])
def test_the_filter_costs_no_query_more(staff, order, django_assert_num_queries, mail):
    for bounced_at in (None, NOW):
        mail_about(order, state=State.SENT, bounced_at=bounced_at)
    staff.get(URL)
    with django_assert_num_queries(6):
        staff.get(URL, {"mail": mail} if mail else {})
