"""Notes for colleagues on an order's page."""

import pytest

from downloads.models import Order, StaffNote
from tests.factories import NOW, OrderFactory, ShopFactory
from tests.storefront.admin.orders.test_contacts import forms_with, notes, press
from tests.storefront.admin.rendered import address, sign_in

KEEP = "Keep the note"


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def page(django_app, shop):
    user = sign_in(django_app, "support", shop)
    order = OrderFactory(shop=shop)
    order.staff_notes.create(author="grace", text="By Grace.", at=NOW)
    page = django_app.get(address(Order, "change", order.pk))
    page.author = user.get_username()
    return page


def test_notes_are_written_read_and_deleted_by_their_authors(page):
    answer = press(page, KEEP, text="<i>Ada</i> called.\nTwice.")
    note = StaffNote.objects.get(author=page.author)
    assert (note.text, notes(answer)) == ("<i>Ada</i> called.\nTwice.", ["Your note is kept."])
    assert "&lt;i&gt;Ada&lt;/i&gt; called." in answer.text
    assert "By Grace." in answer.text
    # Another's stands there without a button.
    (form,) = forms_with(answer, "the note of")
    answer = form.submit().follow()
    assert list(StaffNote.objects.values_list("author", flat=True)) == ["grace"]
    assert notes(answer) == ["The note is deleted."]


def test_pressed_twice_it_is_one(page):
    press(page, KEEP, text="Ada called.")
    answer = press(page, KEEP, text="Ada called.")
    assert notes(answer) == ["This note is there already."]
    assert StaffNote.objects.filter(author=page.author).count() == 1


def test_who_may_not_delete_another_ones_note_does_not(page):
    token = page.forms["site-search"]["csrfmiddlewaretoken"].value
    note = StaffNote.objects.get()
    url = f"/admin/downloads/order/{note.order_id}/delete-note/"
    sent = {"csrfmiddlewaretoken": token, "note": note.pk}
    assert page.test_app.post(url, sent, expect_errors=True).status_code == 403
    assert StaffNote.objects.count() == 1
