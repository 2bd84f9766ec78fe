import pytest

from downloads.models import AuditEntry, Message
from storefront import reconciling
from storefront.models import PlatformAccess
from storefront.platforms.client import PlatformFault
from tests.factories import NOW, MessageFactory, OrderFactory, ShopFactory

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
    assert "Apply again" not in looking.get(URL).content.decode()
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
    with django_assert_num_queries(7):
        staff.get(URL)
    for _ in range(5):
        MessageFactory(shop=ShopFactory())
    with django_assert_num_queries(7):
        staff.get(URL)


# --- About an order ------------------------------------------------------------------------------


@pytest.fixture
def aside(db):
    """A message about an order that is not here, whose platform may be asked."""
    message = MessageFactory(
        source="shopify", state=Message.State.SET_ASIDE, about_order=7001, error="order.id: missing"
    )
    PlatformAccess.objects.create(shop=message.shop, source="shopify", sealed="…")
    return message


@pytest.fixture
def fetched(monkeypatch):
    """What was fetched; the platform itself is asked in tests of its own."""
    told = []

    def fetch(shop, platform_id, *, at, source=""):
        told.append((shop, platform_id, source))
        if platform_id == 7002:
            raise PlatformFault("It did not answer.")
        return "Order 1050: new."

    monkeypatch.setattr(reconciling, "fetch_order", fetch, raising=False)
    return told


def fetch_url(message):
    return f"{URL}{message.pk}/fetch/"


def test_it_names_its_order(staff, aside):
    number = "order with the platform’s number 7001"
    assert number in page_of(staff, aside)
    assert number in staff.get(URL).content.decode()
    order = OrderFactory(shop=aside.shop, platform_id=7001, number=1050)
    OrderFactory(platform_id=7001)
    link = f'<a href="/admin/downloads/order/{order.pk}/change/">Order 1050</a>'
    assert link in page_of(staff, aside)
    assert link in staff.get(URL).content.decode()
    found = staff.get(URL, {"q": "7001"}).context["cl"].queryset
    assert [each.pk for each in found] == [aside.pk]


def test_its_order_is_fetched_in_its_place(staff, aside, fetched, messages_of):
    assert f'action="{fetch_url(aside)}"' in page_of(staff, aside)
    (told,) = messages_of(staff.post(fetch_url(aside), follow=True))
    assert told.startswith("Order 1050: new. It was not applied")
    assert fetched == [(aside.shop, 7001, "shopify")]
    aside.refresh_from_db()
    assert (aside.state, aside.body) == (Message.State.IGNORED, "")
    assert AuditEntry.objects.get(what="Fetched its order anew").shop_id == aside.shop_id
    assert "Fetch it anew" not in page_of(staff, aside)


def test_what_cannot_be_fetched_stays_set_aside(staff, aside, fetched, messages_of):
    Message.objects.update(about_order=7002)
    told = messages_of(staff.post(fetch_url(aside), follow=True))
    assert told == ["It could not be fetched: It did not answer."]
    aside.refresh_from_db()
    assert (aside.state, aside.error) == (Message.State.SET_ASIDE, "order.id: missing")


@pytest.mark.parametrize(
    "lacks", [{"about_order": None}, {"source": "woocommerce"}, {"state": "waiting"}], ids=str
)
def test_where_nothing_can_be_fetched_no_button_is_there(staff, aside, fetched, lacks):
    Message.objects.update(**lacks)
    assert "Fetch it anew" not in page_of(staff, aside)
    staff.post(fetch_url(aside))
    assert fetched == []


def test_the_page_applies_it_again(staff, aside, queued, messages_of):
    url = f"{URL}{aside.pk}/replay/"
    assert f'action="{url}"' in page_of(staff, aside)
    assert messages_of(staff.post(url, follow=True)) == [
        "It is tried again; look here in a moment."
    ]
    aside.refresh_from_db()
    assert aside.state == Message.State.WAITING
    assert queued() == [("apply_messages", [])]


@pytest.mark.parametrize("act", ["fetch", "replay"])
def test_who_may_only_look_does_neither(staff, clerk, aside, fetched, act):
    url = f"{URL}{aside.pk}/{act}/"
    assert staff.get(url).status_code == 405
    looking = clerk("view_message")
    assert "This could not be applied" not in page_of(looking, aside)
    assert looking.post(url).status_code == 403
    aside.refresh_from_db()
    assert (aside.state, fetched) == (Message.State.SET_ASIDE, [])


def test_a_clerk_sees_the_order_of_no_shop_but_their_own(clerk, aside):
    OrderFactory(shop=aside.shop, platform_id=7001, number=1050)
    assert "Order 1050" not in page_of(clerk("view_message"), aside)
    assert "Order 1050" in page_of(clerk("view_message", "view_order"), aside)
