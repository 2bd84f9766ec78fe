"""Mails as a shopkeeper sees them: what was sent, what was not, and sending it again."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry

from downloads.models import Mail
from tests.factories import NOW, MailFactory, OrderFactory, ShopFactory

URL = "/admin/downloads/mail/"
State = Mail.State
LATER = NOW + timedelta(hours=5)
REFUSED = "Only what was not sent, or perhaps not, can be sent again."


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


def page_of(client, mail):
    return client.get(f"{URL}{mail.pk}/change/").content.decode()


def send_again(*mails):
    return {"action": "send_again", "_selected_action": [mail.pk for mail in mails]}


def found(client, **asked):
    return list(client.get(URL, asked).context["cl"].queryset.order_by("pk"))


def labels_of(page):
    return re.findall(r"<label>(.*?):</label>", page)


# --- Sent again ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SET_ASIDE, State.DOUBTFUL])
def test_what_was_not_sent_or_perhaps_not_is_sent_again(staff, messages_of, state):
    mail = MailFactory(state=state, error="550 no", due_at=LATER)
    told = messages_of(staff.post(URL, send_again(mail), follow=True))
    assert told == ["1 to be sent again; look here in a moment."]
    mail.refresh_from_db()
    assert (mail.state, mail.due_at, mail.error) == (State.WAITING, NOW, "")


def test_the_others_are_named_with_the_reason_and_stay(staff, messages_of):
    states = sorted(State)
    mails = {state: MailFactory(state=state, due_at=LATER) for state in states}
    kept = sorted(set(states) - {State.SET_ASIDE, State.DOUBTFUL})
    told = messages_of(staff.post(URL, send_again(*mails.values()), follow=True))
    assert sorted(told) == sorted(
        ["2 to be sent again; look here in a moment."]
        + [f"Mail {mails[state].pk}: {REFUSED}" for state in kept]
    )
    for state in kept:
        mails[state].refresh_from_db()
        assert (mails[state].state, mails[state].due_at) == (state, LATER)


def test_the_log_names_nobody(staff):
    mail = MailFactory(state=State.DOUBTFUL, email="ada@example.com")
    staff.post(URL, send_again(mail, MailFactory(state=State.SENT)))
    [entry] = LogEntry.objects.all()
    assert (entry.object_repr, entry.change_message) == (f"mail {mail.pk}", "Sent again")


def test_a_clerk_who_may_only_look_sends_nothing_again(clerk):
    mail = MailFactory(state=State.SET_ASIDE)
    looking = clerk("view_mail")
    assert "Send again (" not in looking.get(URL).content.decode()
    looking.post(URL, send_again(mail))
    mail.refresh_from_db()
    assert mail.state == State.SET_ASIDE
    assert clerk().get(URL).status_code == 403


def test_a_clerk_who_may_change_mails_sends_again_and_types_nothing(clerk):
    mail = MailFactory(state=State.SET_ASIDE)
    acting = clerk("change_mail")
    assert 'name="_save"' not in page_of(acting, mail)
    assert acting.get(f"{URL}add/").status_code == 403
    assert acting.post(f"{URL}{mail.pk}/delete/", {"post": "yes"}).status_code == 403
    forged = {"email": "eve@example.com", "state": "sent"}
    assert acting.post(f"{URL}{mail.pk}/change/", forged).status_code == 403
    acting.post(URL, send_again(mail))
    mail.refresh_from_db()
    assert (mail.state, mail.email.startswith("reader-")) == (State.WAITING, True)


# --- Found ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_mails_are_told_apart_by_state_kind_shop_and_whether_they_came_back(staff):
    shop, order = ShopFactory(), OrderFactory()
    about = MailFactory(shop=order.shop, order=order, state=State.SENT)
    back = MailFactory(state=State.SENT, bounced_at=NOW)
    own = MailFactory(shop=shop, kind=Mail.Kind.PASSWORD, state=State.DOUBTFUL)
    assert found(staff, state__exact="sent") == [about, back]
    assert found(staff, kind__exact="password") == [own]
    assert found(staff, shop__id__exact=shop.pk) == [own]
    assert found(staff, came_back="yes") == [back]
    assert found(staff, came_back="no") == [about, own]
    assert found(staff, came_back="perhaps") == [about, back, own]
    assert found(staff, order=order.pk) == [about]
    assert found(staff, order="9" * 30) == found(staff, order="x") == []


@pytest.mark.slow
def test_a_mail_is_found_by_its_address_and_its_orders_number(staff):
    order = OrderFactory(number=90210)
    about = MailFactory(shop=order.shop, order=order, email="ada@example.com")
    other = MailFactory(email="grace@example.com")
    for asked in ("ADA@example", "90210", "ada@example.com 90210"):
        assert found(staff, q=asked) == [about]
    assert found(staff, q="example.com") == [about, other]
    assert found(staff, q="9021") == []


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    MailFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        order = OrderFactory()
        MailFactory(shop=order.shop, order=order)
    with django_assert_num_queries(6):
        staff.get(URL)


# --- Read ----------------------------------------------------------------------------------------

WORDS = {
    State.WAITING: ("Waiting", "It is sent within moments"),
    State.SENDING: ("On its way to the mail server", "It is being sent just now."),
    State.HANDED: ("Being handed over", "It is being sent just now."),
    State.SENT: ("Sent", "The mail server took it."),
    State.DOUBTFUL: ("Perhaps sent: the mail server did not say", "The buyer may have it or not"),
    State.SET_ASIDE: ("Not sent", "Put right what the error names"),
    State.NOT_NEEDED: ("Not needed any more", "nothing of the order could be downloaded"),
}


@pytest.mark.slow
@pytest.mark.parametrize("state", State)
def test_each_state_is_told_in_words(staff, state):
    mail, (word, meaning) = MailFactory(state=state), WORDS[state]
    page = page_of(staff, mail)
    assert f">{word}<" in page
    assert meaning in page
    assert (
        f'<td class="field-state" data-label="State">{word}</td>' in staff.get(URL).content.decode()
    )


def test_a_doubtful_mail_says_what_happened_and_what_to_do(staff):
    page = page_of(staff, MailFactory(state=State.DOUBTFUL))
    for words in (
        "before the mail server confirmed it the line broke, or our own program was stopped",
        "so that nobody gets it twice it is not sent again by itself",
        "Ask the buyer, or look into the mail server&#x27;s own log",
        "choose “Send again” in the list of mails",
    ):
        assert words in page


def test_a_mail_that_was_tried_says_so_until_it_is_sent_again(staff):
    mail = MailFactory(attempts=3, error="The mail server cannot be used: refused")
    page = page_of(staff, mail)
    assert "It could not be sent yet: the error says why." in page
    assert "The mail server cannot be used: refused" in page
    Mail.objects.update(state=State.SET_ASIDE)
    staff.post(URL, send_again(mail))
    assert "It is sent within moments" in page_of(staff, mail)


def test_a_mail_that_came_back_says_why_and_what_to_do(staff):
    mail = MailFactory(state=State.SENT, bounced_at=NOW, bounce="bounced: <no such> mailbox")
    page = page_of(staff, mail)
    assert "bounced: &lt;no such&gt; mailbox" in page
    assert "but it came back, or its reader called it unwanted" in page
    assert "bounced: &lt;no such&gt; mailbox" in staff.get(URL).content.decode()


@pytest.mark.slow
def test_the_next_try_is_shown_only_while_there_is_one(staff):
    waiting = MailFactory(due_at=NOW.replace(year=2027))
    for page in (page_of(staff, waiting), staff.get(URL).content.decode()):
        assert "2027" in page
    for state in set(State) - {State.WAITING}:
        Mail.objects.update(state=state)
        assert "2027" not in staff.get(URL).content.decode() + page_of(staff, waiting)


def test_a_page_shows_what_there_is_and_leads_to_the_order(staff):
    order = OrderFactory(number=1060)
    mail = MailFactory(shop=order.shop, order=order)
    page = page_of(staff, mail)
    about = ["Shop", "About", "To", "Order", "Written", "State", "What this means"]
    assert labels_of(page) == [*about, "Next try"]
    assert f'<a href="/admin/downloads/order/{order.pk}/change/">Order 1060</a>' in page
    Mail.objects.update(
        state=State.SENT,
        attempts=2,
        error="x",
        sent_at=NOW,
        bounced_at=NOW,
        bounce="y",
        message_id="<z@z>",
    )
    more = ["Failed tries", "Error", "Sent", "Came back", "Why it came back", "Known as"]
    assert labels_of(page_of(staff, mail)) == about + more
    assert "Order" not in labels_of(page_of(staff, MailFactory()))


def test_the_list_says_what_each_mail_is_about(staff):
    order = OrderFactory(number=1060)
    MailFactory(shop=order.shop, order=order)
    MailFactory(kind=Mail.Kind.PASSWORD)
    page = staff.get(URL).content.decode()
    assert re.findall(r'<td class="field-about"[^>]*>(.*?)</td>', page) == [
        "Choose a new password",
        "Order 1060",
    ]


def test_a_long_error_is_shortened_in_the_list_alone(staff):
    mail = MailFactory(error="x" * 100)
    assert f">{'x' * 59}…<" in staff.get(URL).content.decode()
    assert "x" * 100 in page_of(staff, mail)


def test_words_of_mail_servers_are_escaped(staff):
    mail = MailFactory(state=State.SET_ASIDE, error="<b>no</b>", email='"<i>"@example.com')
    shown = page_of(staff, mail) + staff.get(URL).content.decode()
    assert "<b>no" not in shown
    assert "<i>" not in shown
