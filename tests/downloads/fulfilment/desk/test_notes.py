"""Notes of staff about an order."""

import pytest

from downloads.audit.actors import Actor, acting
from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.lookups.personal_data import stored_about_customer
from downloads.models import AuditEntry, StaffNote
from tests.factories import NOW, OrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return OrderFactory()


def test_notes_are_kept_with_who_wrote_them_and_the_trail_says_not_what(order):
    with acting(Actor("grace")):
        desk.write_note(order, " Ada called.\r\nShe has no mail. ", at=NOW)
        desk.write_note(order, "She has it now.", at=NOW)
    assert list(StaffNote.objects.order_by("pk").values_list("author", "text")) == [
        ("grace", "Ada called.\nShe has no mail."),
        ("grace", "She has it now."),
    ]
    entries = AuditEntry.objects.filter(what="Wrote a note", actor="grace")
    assert entries.count() == 2
    assert "Ada" not in str(list(entries.values()))


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2_001, "\0"])
def test_what_is_no_note_is_refused(order, text):
    with pytest.raises(BadInput):
        desk.write_note(order, text, at=NOW)


def test_the_same_note_twice_is_one(order):
    desk.write_note(order, "Ada called.", at=NOW)
    with pytest.raises(BadInput, match="there already"):
        desk.write_note(order, "Ada called.", at=NOW)
    assert StaffNote.objects.count() == 1


def test_a_note_is_deleted_and_only_from_its_own_order(order):
    note = desk.write_note(order, "Ada called.", at=NOW)
    with pytest.raises(BadInput, match="not there any more"):
        desk.delete_note(OrderFactory(), note.pk)
    desk.delete_note(order, note.pk)
    assert StaffNote.objects.count() == 0


def test_a_buyer_is_given_the_notes_about_their_orders(order):
    desk.write_note(order, "Ada called.", at=NOW)
    stored = stored_about_customer(order.customer, at=NOW)
    assert [note["text"] for note in stored["orders"][0]["notes_of_staff"]] == ["Ada called."]
