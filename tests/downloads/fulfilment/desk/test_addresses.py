"""A corrected address, and a mail sent once to another one."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.audit.actors import Actor, acting
from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.models import AuditEntry, Grant, Mail, Order, StaffNote
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory

pytestmark = pytest.mark.django_db
OLD, NEW, THIRD = "ada@exmaple.com", "ada@example.com", "ada@work.example"


@pytest.fixture
def order():
    """A paid order whose mail was sent to a wrong address."""
    order = OrderFactory(platform_id=7001, email=OLD, reported_email=OLD, email_sent_at=NOW)
    order.mails.create(
        shop=order.shop, kind="order", email=OLD, state="sent", created_at=NOW, due_at=NOW
    )
    line = LineFactory(order=order)
    AttachmentFactory(product=line.product)
    fulfilment.settle(order, at=NOW)
    Mail.objects.filter(state="waiting").delete()
    return order


def correct(order, email=NEW, *, former=OLD, at=NOW):
    return desk.correct_and_send(order, email, former=former, at=at)


def waiting():
    return sorted(Mail.objects.filter(state="waiting").values_list("kind", "email"))


def test_the_new_address_gets_the_mail_and_the_old_one_is_told(order):
    assert correct(order) == ""
    assert waiting() == [("moved", OLD), ("order", NEW)]
    order.refresh_from_db()
    assert (order.email, order.ticket_revision) == (NEW, 1)


def test_an_address_whose_mail_came_back_is_told_nothing(order):
    Mail.objects.update(bounced_at=NOW)
    correct(order)
    assert waiting() == [("order", NEW)]


def test_the_mail_is_sent_though_none_was_before(order):
    Mail.objects.all().delete()
    Order.objects.update(email_sent_at=None, announced_at=NOW)
    assert correct(order) == ""
    assert ("order", NEW) in waiting()


def test_where_nothing_may_be_downloaded_it_is_said_that_no_mail_went(order):
    Grant.objects.update(withdrawn_at=NOW)
    assert correct(order) == "Nothing of this order may be downloaded now."
    order.refresh_from_db()
    assert (order.email, waiting()) == (NEW, [("moved", OLD)])


def test_the_same_form_twice_corrects_once(order):
    correct(order)
    with pytest.raises(BadInput, match=f"meanwhile mail about this order goes to {NEW}"):
        correct(order)
    with pytest.raises(BadInput, match="meanwhile"):
        correct(order, THIRD)
    order.refresh_from_db()
    assert (order.email, StaffNote.objects.count(), len(waiting())) == (NEW, 1, 2)


def test_both_addresses_are_kept_and_the_trail_names_neither(order):
    with acting(Actor("grace")):
        correct(order)
        desk.send_once(order, THIRD, at=NOW)
    kept = StaffNote.objects.order_by("pk").values_list("kind", "author", "former_email", "email")
    assert list(kept) == [("corrected", "grace", OLD, NEW), ("forwarded", "grace", NEW, THIRD)]
    trail = AuditEntry.objects.filter(subject_type="downloads.order")
    assert sorted(trail.values_list("what", "actor")) == [
        ("Corrected the mail address", "grace"),
        ("Sent the mail once to another address", "grace"),
    ]
    assert not {OLD, NEW, THIRD} & set(str(list(trail.values())).split("'"))


def test_both_go_with_the_buyer(order):
    desk.write_note(order, "Ada called.", at=NOW)
    correct(order)
    order.refresh_from_db()
    fulfilment.erase_customer(order.customer, at=NOW)
    assert (StaffNote.objects.count(), Mail.objects.count()) == (0, 0)


def test_a_mail_sent_once_leaves_the_order_as_it_is(order):
    mail = desk.send_once(order, f" {NEW} ", at=NOW)
    assert (mail.kind, mail.email) == ("once", NEW)
    with pytest.raises(BadInput, match="on its way"):
        desk.send_once(order, NEW, at=NOW)
    order.refresh_from_db()
    assert (order.email, order.ticket_revision) == (OLD, 0)


@pytest.mark.parametrize("email", ["", "ada", "a@b@c", "ada@localhost", OLD])
def test_nothing_is_sent_once_to_what_is_none(order, email):
    with pytest.raises(BadInput):
        desk.send_once(order, email, at=NOW)
    assert (waiting(), StaffNote.objects.count()) == ([], 0)


@pytest.mark.parametrize("kind", ["once", "moved"])
def test_it_goes_where_it_was_to_go_and_is_not_the_orders_mail(order, kind):
    Order.objects.update(email_sent_at=None)
    order.mails.create(shop=order.shop, kind=kind, email=THIRD, created_at=NOW, due_at=NOW)
    sent = []

    def send(mail, begin):
        begin()
        sent.append(mail.email)
        return "<1@here>"

    assert fulfilment.send_next(send, at=NOW).state == "sent"
    order.refresh_from_db()
    assert (sent, order.email_sent_at) == ([THIRD], None)


def test_ten_an_hour_and_person_and_no_more(order, settings):
    settings.STAFF_ADDRESSES_PER_HOUR = 2
    with acting(Actor("grace")):
        correct(order)
        desk.send_once(order, THIRD, at=NOW)
        for act in (
            lambda: correct(order, OLD, former=NEW),
            lambda: desk.send_once(order, "eve@example.com", at=NOW),
        ):
            with pytest.raises(BadInput, match="within an hour"):
                act()
    with acting(Actor("ada")):
        desk.send_once(order, "eve@example.com", at=NOW)
    with acting(Actor("grace")):
        correct(order, OLD, former=NEW, at=NOW + timedelta(hours=1))
