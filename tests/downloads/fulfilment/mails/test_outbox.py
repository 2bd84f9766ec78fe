"""The outbox: who sends a mail, when again, and when nobody can tell whether it was sent."""

from datetime import timedelta

import pytest
from django.db import connection

from downloads import fulfilment
from downloads.errors import BadInput, MailRefused, MailUnsure, NotFound, PostClosed
from downloads.fulfilment.mails import answers, outbox
from downloads.models import Mail, Order
from tests.downloads.reported import dispute_report
from tests.factories import NOW, CustomerFactory, GrantFactory, MailFactory
from tests.racing import at_once

State = Mail.State
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=300)
HOUR = timedelta(hours=1)
racing = pytest.mark.django_db(transaction=True, serialized_rollback=True)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite writes one transaction at a time"
)


@pytest.fixture
def order(db):
    return GrantFactory(order__customer__email="ada@example.com", order__platform_id=7001).order


@pytest.fixture
def mail(order):
    return MailFactory(order=order, shop=order.shop, email="ada@example.com")


def take(mail, begin):
    """Send as a mail server that takes everything."""
    begin()
    return f"<{mail.pk}@mail.example>"


def meets(error, *, begun=False):
    """Send as a mail server at which something goes wrong."""

    def send(mail, begin):
        if begun:
            begin()
        raise error

    return send


def fate(mail):
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.error


# --- Sent ----------------------------------------------------------------------------------------


def test_a_mail_that_is_due_is_sent_and_noted_on_its_order(mail):
    sent = fulfilment.send_next(take, at=NOW)
    assert sent == mail
    assert fate(mail) == (State.SENT, 0, "")
    assert (mail.sent_at, mail.due_at, mail.message_id) == (NOW, NOW, f"<{mail.pk}@mail.example>")
    assert Order.objects.get().email_sent_at == NOW
    assert fulfilment.send_next(take, at=NOW + HOUR) is None


def test_a_mail_that_is_not_due_waits(mail):
    assert fulfilment.send_next(take, at=NOW - MINUTE) is None
    assert fate(mail) == (State.WAITING, 0, "")


def test_of_a_shop_the_mail_that_has_waited_longest_goes_first(db):
    late = MailFactory(due_at=NOW)
    early = MailFactory(shop=late.shop, order=late.order, due_at=NOW - MINUTE)
    assert [fulfilment.send_next(take, at=NOW) for _ in range(3)] == [early, late, None]


def test_a_mail_goes_where_its_buyer_is_reached_by_now(mail, order):
    order.email = "ada@lovelace.example"
    order.save()
    written_to = []
    fulfilment.send_next(lambda mail, begin: written_to.append(mail.email) or "", at=NOW)
    mail.refresh_from_db()
    assert (written_to, mail.email) == (["ada@lovelace.example"], "ada@lovelace.example")


def test_a_buyer_without_an_address_is_written_to_no_more(mail, order):
    fulfilment.erase_customer(order.customer, at=NOW)
    assert fulfilment.send_next(take, at=NOW) is None
    assert (Mail.objects.count(), Order.objects.get().email_sent_at) == (0, None)


def test_sending_one_mail_takes_so_many_queries(mail, django_assert_num_queries):
    # Two looks, then the claim and the end, a transaction each; in between stands the one that says
    # "from now on it may have been sent".
    with django_assert_num_queries(11):
        fulfilment.send_next(take, at=NOW)


# --- Claims --------------------------------------------------------------------------------------


def test_while_one_sends_it_no_other_does(mail):
    def send(mail, begin):
        assert fulfilment.send_next(take, at=NOW) is None
        return take(mail, begin)

    fulfilment.send_next(send, at=NOW)
    assert fate(mail) == (State.SENT, 0, "")


def test_one_whose_sender_fell_silent_before_the_content_is_sent_by_another(mail):
    def die(mail, begin):
        raise SystemExit

    with pytest.raises(SystemExit):
        fulfilment.send_next(die, at=NOW)
    assert fate(mail) == (State.SENDING, 0, "")
    assert fulfilment.send_next(take, at=NOW + LEASE - MINUTE) is None
    fulfilment.send_next(take, at=NOW + LEASE)
    assert fate(mail) == (State.SENT, 0, "")


def test_one_whose_sender_fell_silent_after_that_is_in_doubt(mail):
    def die(mail, begin):
        begin()
        raise SystemExit

    with pytest.raises(SystemExit):
        fulfilment.send_next(die, at=NOW)
    assert fate(mail) == (State.HANDED, 0, "")
    assert fulfilment.send_next(take, at=NOW + LEASE - MINUTE) is None
    told = fulfilment.send_next(take, at=NOW + LEASE)
    assert told.state == State.DOUBTFUL
    assert fate(mail) == (State.DOUBTFUL, 0, outbox.DIED)
    assert fulfilment.send_next(take, at=NOW + 9 * LEASE) is None
    assert Order.objects.get().email_sent_at is None


def test_a_slow_sender_who_lost_the_mail_does_not_send_it(mail):
    sent = []

    def slow(mail, begin):
        fulfilment.send_next(lambda *given: sent.append("other") or take(*given), at=NOW + LEASE)
        begin()
        sent.append("slow")

    fulfilment.send_next(slow, at=NOW)
    assert sent == ["other"]
    assert fate(mail) == (State.SENT, 0, "")


def test_an_order_that_changes_hands_before_the_content_is_not_told_of_to_the_former(mail, order):
    sent = []

    def slow(mail, begin):
        order.customer = CustomerFactory(shop=order.shop, email="grace@example.com")
        order.email = order.customer.email
        order.save(update_fields=["customer", "email"])
        begin()
        sent.append(mail.email)

    fulfilment.send_next(slow, at=NOW)
    assert sent == []
    # Once the claim is over it goes to whose order it is by now.
    fulfilment.send_next(take, at=NOW + LEASE)
    assert fate(mail) == (State.SENT, 0, "")
    assert mail.email == "grace@example.com"


def test_a_slow_server_that_says_yes_after_all_ends_the_doubt(mail):
    def slow(mail, begin):
        begin()
        assert fulfilment.send_next(take, at=NOW + LEASE).state == State.DOUBTFUL
        return "<late@mail.example>"

    fulfilment.send_next(slow, at=NOW)
    assert fate(mail) == (State.SENT, 0, "")
    assert (mail.message_id, Order.objects.get().email_sent_at) == ("<late@mail.example>", NOW)


def test_a_slow_server_that_says_no_after_all_leaves_it_in_doubt(mail):
    def slow(mail, begin):
        begin()
        fulfilment.send_next(take, at=NOW + LEASE)
        raise MailRefused("No.", for_good=True)

    fulfilment.send_next(slow, at=NOW)
    assert fate(mail) == (State.DOUBTFUL, 0, outbox.DIED)


def test_what_the_merchant_had_sent_again_meanwhile_is_the_others_to_end(mail):
    def slow(mail, begin):
        begin()
        fulfilment.send_next(take, at=NOW + LEASE)
        fulfilment.try_mail_again(mail, at=NOW + LEASE)

        def fail(mail, begin):
            raise MailRefused("Later.", for_good=False)

        fulfilment.send_next(fail, at=NOW + LEASE)
        raise MailUnsure("Nobody knows.")

    with pytest.raises(PostClosed):
        fulfilment.send_next(slow, at=NOW)
    assert fate(mail) == (State.WAITING, 2, "Later.")


# --- Put off, given up ---------------------------------------------------------------------------


def test_what_may_pass_is_put_off_longer_each_time(mail):
    at, pauses = NOW, []
    for _attempt in range(8):
        fulfilment.send_next(meets(MailRefused("Later.", for_good=False)), at=at)
        mail.refresh_from_db()
        pauses.append((mail.due_at - at).total_seconds() / 60)
        at = mail.due_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert fate(mail) == (State.WAITING, 8, "Later.")


def test_any_number_of_attempts_has_a_pause(mail):
    Mail.objects.update(attempts=2_000_000_000)
    fulfilment.send_next(meets(MailRefused("Later.", for_good=False)), at=NOW)
    mail.refresh_from_db()
    assert mail.due_at == NOW + HOUR


def test_what_will_not_pass_is_set_aside_at_once(mail):
    fulfilment.send_next(meets(MailRefused("Never.", for_good=True), begun=True), at=NOW)
    assert fate(mail) == (State.SET_ASIDE, 0, "Never.")


@pytest.mark.parametrize("error", [PostClosed("Gone."), MailRefused("Later.", for_good=False)])
@pytest.mark.parametrize(("hours", "state"), [(71, State.WAITING), (72, State.SET_ASIDE)])
def test_after_three_days_it_is_given_up(mail, error, hours, state):
    Mail.objects.update(created_at=NOW - timedelta(hours=hours), attempts=1)
    if isinstance(error, PostClosed):
        with pytest.raises(PostClosed):
            fulfilment.send_next(meets(error), at=NOW)
    else:
        fulfilment.send_next(meets(error), at=NOW)
    assert (fate(mail)[0], mail.error) == (state, str(error))


def test_an_old_one_that_was_never_tried_is_tried_twice(mail):
    """It is so for want of a worker."""
    Mail.objects.update(created_at=NOW - timedelta(days=40))
    for state in (State.WAITING, State.SET_ASIDE):
        fulfilment.send_next(meets(MailRefused("Later.", for_good=False)), at=NOW + HOUR)
        assert fate(mail)[0] == state
        Mail.objects.update(due_at=NOW)


def test_an_old_mail_that_waited_for_a_worker_is_tried_twice(mail):
    Mail.objects.update(created_at=NOW - timedelta(hours=72))
    fulfilment.send_next(meets(MailRefused("Later.", for_good=False)), at=NOW)
    assert fate(mail) == (State.WAITING, 1, "Later.")


def test_no_answer_is_doubt_and_ends_the_round(mail):
    with pytest.raises(PostClosed, match=r"^Nobody knows\.$"):
        fulfilment.send_next(meets(MailUnsure("Nobody knows."), begun=True), at=NOW)
    assert fate(mail) == (State.DOUBTFUL, 0, "Nobody knows.")


def test_a_fault_of_ours_before_the_content_loses_nothing(mail, caplog):
    assert fulfilment.send_next(meets(ValueError("secret words")), at=NOW) == mail
    assert fate(mail) == (
        State.WAITING,
        1,
        "A fault of ours (ValueError); the log has more.",
    )
    assert [record.getMessage() for record in caplog.records] == [
        f"Mail {mail.pk} could not be sent"
    ]


def test_a_fault_of_ours_after_it_is_doubt(mail):
    fulfilment.send_next(meets(ValueError("why"), begun=True), at=NOW)
    assert fate(mail) == (
        State.DOUBTFUL,
        0,
        "A fault of ours (ValueError); the log has more.",
    )


def test_what_a_server_says_is_kept_in_one_line_and_cut(mail):
    said = "No\x00\r\n such\tuser \ud800" + "x" * 5000
    fulfilment.send_next(meets(MailRefused(said, for_good=True)), at=NOW)
    assert fate(mail)[2] == ("No such user ?" + "x" * 5000)[: answers.ERROR_LENGTH]


# --- The merchant's word -------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SET_ASIDE, State.DOUBTFUL])
def test_what_was_given_up_is_sent_again(mail, state):
    Mail.objects.update(state=state, error="Why.", created_at=NOW - timedelta(days=40))
    fulfilment.try_mail_again(mail, at=NOW)
    assert fate(mail) == (State.WAITING, 1, "")
    assert (mail.created_at, mail.due_at) == (NOW, NOW)
    fulfilment.send_next(take, at=NOW)
    assert fate(mail)[0] == State.SENT


@pytest.mark.parametrize("state", sorted(set(State.values) - {State.SET_ASIDE, State.DOUBTFUL}))
def test_nothing_else_is_sent_again(mail, state):
    Mail.objects.update(state=state)
    with pytest.raises(BadInput) as refusal:
        fulfilment.try_mail_again(mail, at=NOW + HOUR)
    assert str(refusal.value) == "Only what was not sent, or perhaps not, can be sent again."
    assert fate(mail)[0] == state


# --- Nothing to tell any more --------------------------------------------------------------------


GONE = NotFound("There is nothing to tell any more.")


@pytest.mark.parametrize("close", ["cancel", "dispute"])
def test_an_order_closed_before_its_mail_goes_is_told_of_once_it_opens_again(order, mail, close):
    Order.objects.update(announced_at=NOW)
    if close == "cancel":
        Order.objects.update(cancelled_at=NOW)
        fulfilment.settle(order, at=NOW)
    else:
        fulfilment.record_dispute(order.shop, 7001, dispute_report("open"), at=NOW)
    assert fulfilment.send_next(meets(GONE), at=NOW) == mail
    assert fate(mail) == (State.NOT_NEEDED, 0, "")
    assert Order.objects.get().announced_at is None
    Order.objects.update(cancelled_at=None)
    won = dispute_report("won", decided=NOW)
    fulfilment.record_dispute(order.shop, 7001, won, at=NOW + HOUR)
    fulfilment.settle(order, at=NOW + HOUR)
    assert Mail.objects.filter(state=State.WAITING).count() == 1
    assert Order.objects.get().announced_at == NOW + HOUR


def test_an_order_that_was_told_of_before_is_not_again(order, mail):
    Order.objects.update(announced_at=NOW, email_sent_at=NOW, cancelled_at=NOW)
    fulfilment.send_next(meets(GONE), at=NOW)
    assert (fate(mail)[0], Order.objects.get().announced_at) == (State.NOT_NEEDED, NOW)


def test_one_that_opened_again_meanwhile_is_tried_again_soon_and_not_at_once(mail):
    fulfilment.send_next(meets(GONE), at=NOW)
    assert fate(mail)[0] == State.WAITING
    assert fulfilment.send_next(take, at=NOW) is None
    fulfilment.send_next(take, at=NOW + MINUTE)
    assert fate(mail)[0] == State.SENT


def test_what_somebody_asked_for_leaves_nothing_behind_where_there_is_nothing(db):
    MailFactory()
    assert fulfilment.send_next(meets(GONE), at=NOW).state == State.NOT_NEEDED
    assert Mail.objects.count() == 0


def test_an_order_deleted_while_its_mail_is_written_stops_nobody(order, mail):
    other = MailFactory()

    def send(mail, begin):
        fulfilment.delete_order(order)
        raise GONE

    assert fulfilment.send_next(send, at=NOW) == mail
    assert fulfilment.send_next(take, at=NOW) == other


def test_an_order_deleted_while_its_mail_is_handed_over_is_gone(order, mail):
    def send(mail, begin):
        begin()
        fulfilment.delete_order(order)
        return "<1@mail.example>"

    fulfilment.send_next(send, at=NOW)
    assert (Order.objects.count(), Mail.objects.count()) == (0, 0)


def test_an_order_is_deleted_with_the_mails_about_it(order, mail):
    fulfilment.delete_order(order)
    assert Mail.objects.count() == 0


# --- What came back, and what is forgotten -------------------------------------------------------


def test_what_came_back_is_noted_once(mail):
    fulfilment.send_next(lambda mail, begin: "known-as-7", at=NOW)
    assert fulfilment.note_bounce("known-as-7", reason="bounced: No such user", at=NOW) == 1
    assert fulfilment.note_bounce("known-as-7", reason="complained", at=NOW + HOUR) == 0
    mail.refresh_from_db()
    assert (mail.bounce, mail.bounced_at) == ("bounced: No such user", NOW)


@pytest.mark.parametrize("name", ["", "unknown", "\x00", "\ud800", "x" * 10_000])
def test_a_name_of_no_mail_is_nothing(mail, name):
    assert fulfilment.note_bounce(name, reason="bounced", at=NOW) == 0


def test_a_reason_of_any_kind_can_be_noted(mail):
    fulfilment.send_next(lambda mail, begin: "known-as-7", at=NOW)
    assert fulfilment.note_bounce("known-as-7", reason="\x00\ud800\r\n" + "x" * 9000, at=NOW) == 1
    mail.refresh_from_db()
    assert mail.bounce == "? " + "x" * 498


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [(state, state not in (State.SENT, State.NOT_NEEDED)) for state in State.values],
)
def test_what_is_done_with_is_forgotten_after_its_time(mail, settings, state, is_kept):
    Mail.objects.update(state=state, due_at=NOW)
    end = NOW + timedelta(days=settings.MAIL_RETENTION_DAYS)
    assert not Mail.objects.past_retention(end).exists()
    assert Mail.objects.past_retention(end + MINUTE).count() == 1 - is_kept


# --- At the same moment --------------------------------------------------------------------------


@pytest.mark.slow
@racing
def test_of_many_senders_at_once_one_sends(order, mail):
    sent = []

    def send():
        return fulfilment.send_next(lambda *given: sent.append(1) or take(*given), at=NOW)

    results = at_once(*[send] * 6)
    assert (len(sent), results.count(None)) == (1, 5)
    assert fate(mail) == (State.SENT, 0, "")


@pytest.mark.slow
@racing
def test_many_senders_share_a_queue(db):
    mails = [MailFactory() for _ in range(24)]
    sent = []

    def work():
        while fulfilment.send_next(lambda *given: sent.append(given[0].pk) or take(*given), at=NOW):
            pass

    at_once(*[work] * 4)
    assert sorted(sent) == sorted(mail.pk for mail in mails)
    assert set(Mail.objects.values_list("state", flat=True)) == {State.SENT}


@on_postgresql
@racing
@pytest.mark.parametrize("attempt", range(3))
def test_a_mail_sent_while_its_order_is_deleted_locks_nobody_out(order, mail, attempt):
    at_once(
        lambda: fulfilment.send_next(take, at=NOW),
        lambda: fulfilment.delete_order(order),
    )
    assert (Order.objects.count(), Mail.objects.count()) == (0, 0)


@on_postgresql
@racing
@pytest.mark.parametrize("attempt", range(3))
def test_a_mail_dropped_while_its_order_is_released_is_told_of_once(order, mail, attempt):
    Order.objects.update(announced_at=NOW)
    fulfilment.record_dispute(order.shop, 7001, dispute_report("open"), at=NOW)

    def drop():
        fulfilment.send_next(meets(GONE), at=NOW)

    at_once(drop, lambda: fulfilment.release(order, at=NOW + MINUTE))
    for _round in range(3):
        fulfilment.send_next(take, at=NOW + HOUR)
    assert Mail.objects.filter(state=State.SENT).count() == 1
    assert Order.objects.get().email_sent_at == NOW + HOUR
