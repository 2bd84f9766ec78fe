import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from downloads.errors import (
    AboveLimit,
    BadInput,
    DuplicateField,
    NoMessage,
    NotYet,
    SealBroken,
)
from downloads.fulfilment import (
    InboundMessage,
    apply_some,
    is_stored,
    receive,
    replay,
    settle_message,
)
from downloads.fulfilment.inbox import apply_next
from downloads.models import Customer, Message, Shop
from tests.factories import NOW, CustomerFactory, MessageFactory, ShopFactory

pytestmark = pytest.mark.django_db

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LATER = NOW + DAY
SAID = InboundMessage(
    source="platform",
    topic="orders",
    delivery_id="d-1",
    body='{"id": 1}',
    person='{"email": "ada@example.com"}',
    about_customer=501,
)


@pytest.fixture
def shop() -> Shop:
    return ShopFactory()


@pytest.fixture(autouse=True)
def _retries(settings):
    settings.MESSAGE_MAX_ATTEMPTS = 4
    settings.MESSAGE_RETRY_SECONDS = 10


def nothing(message: Message) -> None:
    """Apply a message that does nothing."""


def refuse(message: Message) -> None:
    raise NotYet("Order 7 has not come yet.")


def break_down(message: Message) -> None:
    raise RuntimeError("buyer ada@example.com")


def applied(at=NOW, apply=nothing) -> list[str]:
    """Apply all that is due; return the deliveries as they came."""
    told = []
    while message := apply_next(apply, at=at):
        told.append(message.delivery_id)
    return told


# --- Storing -------------------------------------------------------------------------------------


def test_a_message_is_kept_as_it_was_said(shop):
    assert receive(shop, SAID, at=NOW) is True
    message = Message.objects.get()
    assert (message.shop, message.source, message.topic) == (shop, "platform", "orders")
    assert (message.delivery_id, message.about_customer) == ("d-1", 501)
    assert (message.body, message.person) == (SAID.body, SAID.person)
    assert (message.state, message.attempts, message.error) == ("waiting", 0, "")
    assert (message.received_at, message.due_at, message.applied_at) == (NOW, NOW, None)


def test_a_message_is_stored_once_and_the_first_telling_stands(shop):
    receive(shop, SAID, at=NOW)
    before = Message.objects.values().get()
    assert receive(shop, replace(SAID, body="{}", person=""), at=LATER) is False
    assert Message.objects.values().get() == before


@pytest.mark.parametrize("other", ["source", "topic", "delivery_id"])
def test_what_differs_in_its_key_is_another_message(shop, other):
    receive(shop, SAID, at=NOW)
    told = replace(SAID, **{other: "other"})
    assert is_stored(shop, told) is False
    assert receive(shop, told, at=NOW) is True
    assert Message.objects.count() == 2


def test_two_shops_may_say_the_same(shop):
    receive(shop, SAID, at=NOW)
    assert receive(ShopFactory(), SAID, at=NOW) is True


def test_what_is_stored_is_known_by_one_question(shop, django_assert_num_queries):
    assert is_stored(shop, SAID) is False
    receive(shop, SAID, at=NOW)
    with django_assert_num_queries(1):
        assert is_stored(shop, SAID) is True


def test_an_unknown_topic_is_stored_and_never_applied(shop):
    assert receive(shop, replace(SAID, is_known=False, body="", person=""), at=NOW) is True
    assert Message.objects.get().state == "ignored"
    assert apply_next(break_down, at=LATER) is None


def test_a_repeated_message_is_not_applied_again(shop):
    receive(shop, SAID, at=NOW)
    assert applied() == ["d-1"]
    receive(shop, SAID, at=LATER)
    assert applied(at=LATER) == []


# --- Applying ------------------------------------------------------------------------------------


def test_nothing_waiting_is_nothing_applied():
    assert apply_next(break_down, at=NOW) is None


def test_an_applied_message_keeps_nothing_of_what_it_said(shop):
    receive(shop, SAID, at=NOW)
    message = apply_next(nothing, at=LATER)
    assert message is not None
    stored = Message.objects.get()
    assert message == stored
    assert (message.state, stored.state, stored.applied_at) == ("applied", "applied", LATER)
    assert (stored.body, stored.person, stored.error, stored.attempts) == ("", "", "", 0)


def test_apply_is_given_the_message_with_its_shop(shop, django_assert_num_queries):
    receive(shop, SAID, at=NOW)
    seen = []
    # The message and its own save, around them and around `apply` a savepoint each.
    with django_assert_num_queries(2 + 4):
        apply_next(lambda message: seen.append((message.shop, message.body)), at=NOW)
    assert seen == [(shop, SAID.body)]


def test_messages_come_in_turn(shop):
    for number, waits in enumerate([2, 0, 1, 0]):
        due_at = NOW + waits * SECOND
        MessageFactory(shop=shop, delivery_id=str(number), due_at=due_at)
    assert applied(at=NOW + SECOND) == ["1", "3", "2"]
    assert applied(at=NOW + 2 * SECOND) == ["0"]


def test_messages_of_all_shops_come(shop):
    MessageFactory(shop=shop)
    MessageFactory()
    assert len(applied()) == 2


# --- Some at once --------------------------------------------------------------------------------


def test_some_of_one_shop_are_applied_at_once_the_longest_waiting_first(shop):
    for number, waits in enumerate([2, 0, 1, 0]):
        MessageFactory(shop=shop, delivery_id=str(number), due_at=NOW + waits * SECOND)
    other = MessageFactory(due_at=NOW + 2 * SECOND)
    at = NOW + 3 * SECOND
    heard = []
    done = apply_some(lambda message: heard.append(message.delivery_id), at=at, at_most=3)
    assert heard == [message.delivery_id for message in done] == ["1", "3", "2"]
    assert apply_some(nothing, at=at, after=shop.pk, at_most=3) == [other]
    assert [message.delivery_id for message in apply_some(nothing, at=at, at_most=3)] == ["0"]
    assert apply_some(nothing, at=at, at_most=3) == []


def test_of_some_at_once_one_that_fails_keeps_no_other_out(shop):
    for number in range(3):
        MessageFactory(shop=shop, delivery_id=str(number))

    def refuse_the_second(message: Message) -> None:
        CustomerFactory(shop=message.shop, first_name=message.delivery_id)
        if message.delivery_id == "1":
            CustomerFactory(shop=message.shop, platform_id=1)
            CustomerFactory(shop=message.shop, platform_id=1)

    done = apply_some(refuse_the_second, at=NOW, at_most=3)
    assert [message.state for message in done] == ["applied", "waiting", "applied"]
    names = Customer.objects.order_by("pk").values_list("first_name", flat=True)
    assert list(names) == ["0", "2"]
    stored = Message.objects.order_by("pk").values_list("state", "attempts")
    assert list(stored) == [("applied", 0), ("waiting", 1), ("applied", 0)]


def test_when_a_worker_ends_in_their_midst_none_of_them_was_applied(shop):
    for number in range(3):
        MessageFactory(shop=shop, delivery_id=str(number))
    before = list(Message.objects.order_by("pk").values())

    def stop_at_the_last(message: Message) -> None:
        CustomerFactory(shop=message.shop)
        if message.delivery_id == "2":
            raise SystemExit

    with pytest.raises(SystemExit):
        apply_some(stop_at_the_last, at=NOW, at_most=3)
    assert list(Message.objects.order_by("pk").values()) == before
    assert Customer.objects.count() == 0


# --- Failing -------------------------------------------------------------------------------------


def test_a_message_that_fails_is_due_again_after_a_pause(shop):
    receive(shop, SAID, at=NOW)
    message = apply_next(refuse, at=LATER)
    stored = Message.objects.get()
    assert message == stored
    assert (stored.state, stored.attempts) == ("waiting", 1)
    assert (stored.error, stored.due_at) == ("Order 7 has not come yet.", LATER + 10 * SECOND)
    assert (stored.body, stored.person, stored.applied_at) == (SAID.body, SAID.person, None)
    assert apply_next(nothing, at=LATER + 9 * SECOND) is None
    assert apply_next(nothing, at=LATER + 10 * SECOND) == stored


def test_the_pause_doubles_until_the_message_is_set_aside(shop):
    receive(shop, SAID, at=NOW)
    found = []
    at = NOW
    while message := apply_next(refuse, at=at):
        found.append((message.state, message.attempts, (message.due_at - at).seconds))
        at = message.due_at
    assert found == [
        ("waiting", 1, 10),
        ("waiting", 2, 20),
        ("waiting", 3, 40),
        ("set_aside", 4, 0),  # not to be tried again: when that was
    ]
    assert apply_next(nothing, at=at + 365 * DAY) is None
    assert Message.objects.get().body == SAID.body


@pytest.mark.parametrize(
    "error",
    [
        DuplicateField("order.id"),
        NoMessage("Expected a JSON object, got a list."),
        BadInput("order.id: missing"),
        AboveLimit("Order 1", 1001, "lines", setting="ORDER_MAX_LINES", most=1000),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_no_second_try_makes_better_is_set_aside_at_the_first(shop, error):
    receive(shop, SAID, at=NOW)

    def fail(message: Message) -> None:
        raise error

    message = apply_next(fail, at=NOW)
    assert message is not None
    assert (message.state, message.attempts, message.error) == ("set_aside", 1, str(error))
    assert apply_next(nothing, at=LATER) is None
    replay(message, at=LATER)
    assert apply_next(nothing, at=LATER).state == "applied"


@pytest.mark.parametrize(
    "error", [RuntimeError(), KeyError("id"), SealBroken()], ids=lambda error: type(error).__name__
)
def test_a_fault_of_ours_keeps_its_further_tries(shop, error):
    receive(shop, SAID, at=NOW)

    def fail(message: Message) -> None:
        raise error

    message = apply_next(fail, at=NOW)
    assert message is not None
    assert (message.state, message.attempts) == ("waiting", 1)


def test_a_message_that_works_at_last_loses_its_error(shop):
    receive(shop, SAID, at=NOW)
    apply_next(refuse, at=NOW)
    apply_next(nothing, at=LATER)
    message = Message.objects.get()
    assert (message.state, message.attempts, message.error) == ("applied", 1, "")


def test_what_a_failed_message_had_written_is_undone(shop):
    receive(shop, SAID, at=NOW)

    def write_and_fail(message: Message) -> None:
        CustomerFactory(shop=message.shop)
        message.body = "changed"
        message.save()
        raise NotYet("Too late.")

    apply_next(write_and_fail, at=NOW)
    assert Customer.objects.count() == 0
    assert (Message.objects.get().error, Message.objects.get().attempts) == ("Too late.", 1)


def test_a_failure_in_the_database_leaves_the_message_to_be_tried_again(shop):
    receive(shop, SAID, at=NOW)

    def break_a_rule(message: Message) -> None:
        CustomerFactory(shop=shop, platform_id=1)
        CustomerFactory(shop=shop, platform_id=1)

    apply_next(break_a_rule, at=NOW)
    assert Customer.objects.count() == 0
    assert Message.objects.get().error == "A fault of ours (IntegrityError); the log has more."


def test_one_that_fails_does_not_stop_those_behind_it(shop):
    for number in range(3):
        MessageFactory(shop=shop, delivery_id=str(number))

    def refuse_the_first(message: Message) -> None:
        if message.delivery_id == "0":
            raise RuntimeError

    assert applied(apply=refuse_the_first) == ["0", "1", "2"]
    states = Message.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["waiting", "applied", "applied"]


def test_a_fault_of_ours_is_named_by_its_kind_and_logged(shop, caplog):
    receive(shop, SAID, at=NOW)
    with caplog.at_level(logging.ERROR):
        apply_next(break_down, at=NOW)
    message = Message.objects.get()
    assert message.error == "A fault of ours (RuntimeError); the log has more."
    [record] = [record for record in caplog.records if record.name.endswith("fulfilment.inbox")]
    assert record.getMessage() == f"Message {message.pk} could not be applied"
    assert record.exc_info is not None


def test_a_refusal_is_not_logged_as_a_fault(shop, caplog):
    receive(shop, SAID, at=NOW)
    with caplog.at_level(logging.ERROR):
        apply_next(refuse, at=NOW)
    assert caplog.records == []


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_a_message_whose_worker_ends_is_due_at_once(shop, end):
    receive(shop, SAID, at=NOW)
    before = Message.objects.values().get()

    def stop(message: Message) -> None:
        CustomerFactory(shop=message.shop)
        raise end

    with pytest.raises(end):
        apply_next(stop, at=NOW)
    assert (Message.objects.values().get(), Customer.objects.count()) == (before, 0)
    assert applied() == ["d-1"]


# --- Trying again --------------------------------------------------------------------------------


def test_what_was_set_aside_is_tried_again_with_its_full_number_of_attempts(shop):
    message = MessageFactory(shop=shop, state="set_aside", attempts=4, error="Bad.", body="kept")
    replay(message, at=LATER)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.due_at) == ("waiting", 0, LATER)
    assert (message.error, message.body) == ("Bad.", "kept")
    assert apply_next(refuse, at=LATER) == message
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("waiting", 1)


@pytest.mark.parametrize("state", ["waiting", "applied", "ignored"])
def test_what_was_not_set_aside_is_not_tried_again(shop, state):
    message = MessageFactory(shop=shop, state=state, attempts=2)
    before = Message.objects.values().get()
    with pytest.raises(BadInput) as refusal:
        replay(message, at=LATER)
    assert str(refusal.value) == "Only what was set aside can be tried again."
    assert Message.objects.values().get() == before


def test_the_same_click_twice_tries_again_once(shop):
    message = MessageFactory(shop=shop, state="set_aside", attempts=4)
    replay(message, at=NOW)
    with pytest.raises(BadInput):
        replay(message, at=NOW)


def test_what_was_done_otherwise_needs_nothing_more(shop):
    message = MessageFactory(shop=shop, state="set_aside", attempts=4, error="Bad.", person="{}")
    settle_message(message, at=LATER, note="Fetched.")
    message.refresh_from_db()
    assert (message.state, message.error, message.applied_at) == ("ignored", "Fetched.", None)
    assert (message.body, message.person) == ("", "")
    assert apply_next(refuse, at=LATER) is None


@pytest.mark.parametrize("state", ["waiting", "applied", "ignored"])
def test_what_was_not_set_aside_is_not_settled(shop, state):
    message = MessageFactory(shop=shop, state=state)
    before = Message.objects.values().get()
    with pytest.raises(BadInput):
        settle_message(message, at=LATER, note="Fetched.")
    assert Message.objects.values().get() == before


# --- Forgetting ----------------------------------------------------------------------------------


def test_what_needs_nothing_more_is_deleted_after_its_time(shop, settings):
    settings.MESSAGE_RETENTION_DAYS = 30
    for state in Message.State.values:
        for age in (30, 31):
            MessageFactory(
                shop=shop, state=state, delivery_id=f"{state} {age}", received_at=LATER - age * DAY
            )
    Message.objects.past_retention(LATER).delete()
    left = set(Message.objects.values_list("delivery_id", flat=True))
    gone = {"applied 31", "ignored 31"}
    assert left == {f"{state} {age}" for state in Message.State.values for age in (30, 31)} - gone


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_two_workers_take_two_messages():
    MessageFactory()
    connection.cursor()
    sql = str(Message.objects.due(NOW).select_for_update(skip_locked=True, of=("self",)).query)
    assert sql.endswith('FOR UPDATE OF "downloads_message" SKIP LOCKED')
