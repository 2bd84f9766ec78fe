"""The buyer's part of an order's page: addresses, the link, and a look at the buyer's page."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from downloads import fulfilment
from downloads.models import AuditEntry, Delivery, DownloadEvent, Mail, Order, Shop, StaffNote
from storefront.signed_urls import ticket_url
from tests.factories import NOW, AttachmentFactory, LineFactory, OrderFactory, ShopFactory
from tests.storefront.admin.rendered import address, sign_in

OLD, NEW = "ada@exmaple.com", "ada@example.com"
CORRECT, ONCE = "Correct the address and send", "Send it there once"


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def order(shop):
    order = OrderFactory(
        shop=shop, platform_id=7001, reported_payment="paid", email=OLD, reported_email=OLD
    )
    line = LineFactory(order=order)
    AttachmentFactory(product=line.product, asset__title="Book", limit=3)
    fulfilment.settle(order, at=NOW)
    Mail.objects.update(state="sent", sent_at=NOW)
    Order.objects.update(email_sent_at=NOW)
    return order


@pytest.fixture
def open_page(django_app, shop):
    """Return a function that signs a role in and opens an order's page."""
    signed_in = []

    def open_one(order, role="manager"):
        if not signed_in:
            signed_in.append(sign_in(django_app, role, shop))
        return django_app.get(address(Order, "change", order.pk))

    return open_one


def forms_with(page, words):
    return [form for form in dict.fromkeys(page.forms.values()) if words in form.text]


def press(page, words, **entered):
    (form,) = forms_with(page, words)
    for name, value in entered.items():
        form[name] = value
    return form.submit(expect_errors=True).maybe_follow()


def notes(page):
    return [note.get_text() for note in page.html.select(".messagelist li")]


def waiting():
    return sorted(Mail.objects.filter(state="waiting").values_list("kind", "email"))


# --- Another address -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_address_is_corrected_and_the_mail_sent(open_page, order):
    page = press(open_page(order), CORRECT, email=NEW)
    order.refresh_from_db()
    assert (order.email, order.reported_email, order.ticket_revision) == (NEW, OLD, 1)
    assert notes(page) == [
        f"Mail about this order goes to {NEW} now. Links that were mailed to the former address "
        "have ended."
    ]
    assert waiting() == [("moved", OLD), ("order", NEW)]
    assert f"your shop says {OLD}" in " ".join(page.html.get_text(" ").split())
    assert "ada" not in LogEntry.objects.get().change_message
    # The page of colleagues says from where to where.
    told = page.html.select_one("#timeline").get_text(" ")
    assert f"corrected the mail address from {OLD} to {NEW}" in " ".join(told.split())


@pytest.mark.slow
def test_a_correction_is_taken_back(open_page, order):
    page = press(open_page(order), CORRECT, email=NEW)
    page = press(page, "Take the correction back")
    order.refresh_from_db()
    assert order.email == OLD
    assert forms_with(page, "Take the correction back") == []


@pytest.mark.parametrize("email", ["ada", "@", "a@", " ", OLD])
def test_what_is_no_other_address_is_refused(open_page, order, email):
    page = press(open_page(order), CORRECT, email=email)
    order.refresh_from_db()
    assert (order.email, len(notes(page)), waiting()) == (OLD, 1, [])


@pytest.mark.parametrize("email", ["x y@z.example", "jürgen@example.com", "ada@host", "a@x.d"])
def test_a_correction_that_takes_no_mail_warns(open_page, order, email):
    page = press(open_page(order), CORRECT, email=email)
    assert notes(page)[0].endswith("But no mail can be sent to such an address.")
    assert "No mail can be sent to such an address." in page.html.select_one("#buyer").get_text()


def test_the_second_of_two_people_overwrites_nothing(open_page, order):
    page = open_page(order)
    fulfilment.correct_email(order, NEW, at=NOW)
    page = press(page, CORRECT, email="eve@example.com")
    order.refresh_from_db()
    assert order.email == NEW
    assert "Nothing was done: meanwhile mail about this order goes to" in notes(page)[0]


def test_a_mail_is_sent_once_elsewhere(open_page, order):
    page = open_page(order)
    answer = press(page, ONCE, email=NEW)
    again = press(page, ONCE, email=NEW)
    order.refresh_from_db()
    assert (order.email, waiting()) == (OLD, [("once", NEW)])
    assert f"The mail goes to {NEW} once." in notes(answer)[0]
    assert "on its way to this address already" in notes(again)[0]
    assert StaffNote.objects.get().email == NEW


@pytest.mark.parametrize("words", [CORRECT, ONCE])
def test_support_enters_no_address(open_page, order, django_app, words):
    assert forms_with(open_page(order, "support"), words) == []


# --- The link and the page -----------------------------------------------------------------------


def test_the_link_is_shown_and_that_it_was_stands_in_the_trail(open_page, order):
    page = press(open_page(order), "Copy the link")
    assert page.html.select_one("#link")["value"] == ticket_url(order)
    assert "no-store" in page.headers["Cache-Control"]
    entry = AuditEntry.objects.get(what="Copied the link to the customer's page")
    assert entry.subject_id == str(order.pk)
    assert ticket_url(order) not in str(list(AuditEntry.objects.values()))
    assert page.html.select_one("script[type=module]")["src"].endswith(".js")


@pytest.mark.parametrize(("allowed", "count"), [(False, 0), (True, 1)])
def test_support_copies_a_link_where_the_shop_lets_it(open_page, order, allowed, count):
    Shop.objects.update(support_copies_links=allowed)
    page = open_page(order, "support")
    assert len(forms_with(page, "Copy the link")) == count
    token = page.forms["site-search"]["csrfmiddlewaretoken"].value
    sent = page.test_app.post(
        f"/admin/downloads/order/{order.pk}/link/",
        {"csrfmiddlewaretoken": token},
        expect_errors=True,
    )
    assert (sent.status_code == 200, "/orders/" in sent.text) == (allowed, allowed)


@pytest.mark.parametrize("role", ["support", "manager"])
def test_a_look_at_the_buyers_page_spends_nothing_and_leads_nowhere(open_page, order, role):
    page = open_page(order, role).click("See the customer’s page")
    assert "This is what the customer sees." in page.text
    assert "3 downloads left" in page.text
    assert page.html.find_all("form") == []
    assert (
        re.findall(r"/(?:clicks|orders|downloads)/[\w.]", page.text.replace("/admin/downloads", ""))
        == []
    )
    assert "no-store" in page.headers["Cache-Control"]
    assert (Delivery.objects.count(), DownloadEvent.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", ["link", "address", "send-once", "note", "delete-note"])
def test_each_act_is_sent_and_never_asked_by_an_address(staff, order, path):
    assert staff.get(f"/admin/downloads/order/{order.pk}/{path}/").status_code == 405
