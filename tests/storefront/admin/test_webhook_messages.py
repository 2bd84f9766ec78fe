import pytest

from downloads.models import Message
from tests.factories import NOW, MessageFactory, ShopFactory

URL = "/admin/downloads/message/"
TRY_AGAIN = {"action": "try_again"}


def page_of(client, message):
    return client.get(f"{URL}{message.pk}/change/").content.decode()


def test_only_what_was_set_aside_is_tried_again(staff, messages_of, queued):
    aside = MessageFactory(state=Message.State.SET_ASIDE, attempts=8, error="order.id: missing")
    done = MessageFactory(state=Message.State.APPLIED, topic="orders/paid", delivery_id="d-1")
    data = TRY_AGAIN | {"_selected_action": [aside.pk, done.pk]}
    assert sorted(messages_of(staff.post(URL, data, follow=True))) == [
        "1 to be tried again; look here in a moment.",
        "Orders/paid d-1: Only what was set aside can be tried again.",
    ]
    aside.refresh_from_db()
    assert (aside.state, aside.attempts) == (Message.State.WAITING, 0)
    assert queued() == [("apply_messages", [])]


def test_a_clerk_who_may_only_look_cannot_try_again(clerk):
    aside = MessageFactory(state=Message.State.SET_ASIDE)
    looking = clerk("view_message")
    assert "Try again now" not in looking.get(URL).content.decode()
    looking.post(URL, TRY_AGAIN | {"_selected_action": aside.pk})
    aside.refresh_from_db()
    assert aside.state == Message.State.SET_ASIDE
    assert clerk().get(URL).status_code == 403


def test_a_clerk_who_may_change_messages_tries_again_and_types_nothing(clerk):
    aside = MessageFactory(state=Message.State.SET_ASIDE)
    acting = clerk("change_message")
    assert 'name="_save"' not in page_of(acting, aside)
    assert acting.get(f"{URL}add/").status_code == 403
    assert acting.post(f"{URL}{aside.pk}/delete/", {"post": "yes"}).status_code == 403
    acting.post(URL, TRY_AGAIN | {"_selected_action": aside.pk})
    aside.refresh_from_db()
    assert aside.state == Message.State.WAITING


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (
            {"body": '{"id": 1, "name": "B\\u00fccher <b>"}'},
            "{\n  &quot;id&quot;: 1,\n  &quot;name&quot;: &quot;Bücher &lt;b&gt;&quot;\n}",
        ),
        ({"body": '{"name": "half \\ud800"}'}, "half ?"),
        ({"body": "", "state": "applied"}, "Done, so its content was deleted."),
        ({"body": "", "state": "ignored"}, "Nothing we need, so its content was not kept."),
    ],
)
def test_what_a_message_says(staff, row, shown):
    assert shown in page_of(staff, MessageFactory(**row))


def test_nobody_is_named(staff):
    message = MessageFactory(person='{"email": "ada@example.com"}')
    assert "ada@" not in page_of(staff, message) + staff.get(URL).content.decode()


def test_the_next_try_is_shown_only_while_there_is_one(staff):
    waiting = MessageFactory(due_at=NOW.replace(year=2027))
    assert "2027" in staff.get(URL).content.decode()
    Message.objects.update(state=Message.State.SET_ASIDE)
    assert "2027" not in staff.get(URL).content.decode() + page_of(staff, waiting)


def test_a_long_error_is_shortened_in_the_list_alone(staff):
    message = MessageFactory(error="x" * 100)
    assert f">{'x' * 59}…<" in staff.get(URL).content.decode()
    assert "x" * 100 in page_of(staff, message)


def test_a_message_is_found_by_its_delivery(staff):
    MessageFactory(delivery_id="b54557e4-bdd9")
    MessageFactory(delivery_id="other")
    assert "1 result" in staff.get(URL, {"q": "b54557e4-bdd9"}).content.decode()


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    MessageFactory()
    with django_assert_num_queries(6):
        staff.get(URL)
    for _ in range(5):
        MessageFactory(shop=ShopFactory())
    with django_assert_num_queries(6):
        staff.get(URL)
