"""An order's contact address: reported, corrected, and what either ends."""

from datetime import timedelta

import pytest

from downloads.email_addresses import accepted_email, require_email, takes_mail, wire_spelling
from downloads.errors import BadInput
from downloads.fulfilment import correct_email, record_order
from downloads.incoming import CustomerReport
from downloads.models import AuditEntry, Mail
from tests.downloads.reported import in_any_order, order_report
from tests.factories import NOW, AttachmentFactory, OrderFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db

GUEST = CustomerReport(first_name="Ada")
TYPO, RIGHT, THIRD = "ada@gmial.example", "ada@gmail.example", "ada@work.example"


@pytest.fixture
def shop():
    shop = ShopFactory()
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=1001))
    return shop


def report(shop, email, minutes=0, **fields):
    at = NOW + timedelta(minutes=minutes)
    told = order_report(at=at, email=email, customer=GUEST, **fields)
    order = record_order(shop, told, at=NOW).order
    order.refresh_from_db()
    return order


@pytest.mark.parametrize("told", in_any_order((TYPO, 0), (RIGHT, 1), (None, 2)))
def test_the_newest_address_named_stands_whichever_comes_last(shop, told):
    for email, minutes in told:
        order = report(shop, email, minutes)
    assert (order.email, order.customer.email) == (RIGHT, RIGHT)


def test_a_correction_stands_until_another_address_is_reported(shop):
    order = report(shop, TYPO)
    correct_email(order, RIGHT, at=NOW)
    assert report(shop, TYPO, 1).email == RIGHT
    assert report(shop, THIRD, 2).email == THIRD
    assert report(shop, TYPO, 3).email == RIGHT


def test_a_correction_can_be_taken_back_and_each_is_in_the_trail_without_an_address(shop):
    order = report(shop, TYPO)
    correct_email(order, RIGHT, at=NOW)
    correct_email(order, "", at=NOW)
    correct_email(order, "", at=NOW)
    order.refresh_from_db()
    assert (order.email, order.customer.email) == (TYPO, TYPO)
    entries = AuditEntry.objects.filter(subject_type="downloads.order")
    told = entries.values_list("what", flat=True)
    assert sorted(told) == [
        "Corrected the mail address",
        "Took the corrected mail address back",
    ]
    assert RIGHT not in str(list(AuditEntry.objects.values()))


def test_a_correction_that_moves_nothing_yet_is_in_the_trail_too(shop):
    order = report(shop, TYPO)
    correct_email(order, TYPO, at=NOW)
    order.refresh_from_db()
    assert (order.email, order.corrected_email) == (TYPO, TYPO)
    assert AuditEntry.objects.filter(what="Corrected the mail address").count() == 1


@pytest.mark.parametrize("email", ["ada", "@", "a@", "@b", "a@b@c", "a\nb@c.example", "a" * 300])
def test_what_is_no_address_corrects_nothing(shop, email):
    order = report(shop, TYPO)
    with pytest.raises(BadInput):
        correct_email(order, email, at=NOW)
    order.refresh_from_db()
    assert (order.email, order.corrected_email) == (TYPO, "")


def test_a_mail_that_waits_goes_to_the_new_address_and_is_not_doubled(shop):
    order = report(shop, TYPO)
    correct_email(order, RIGHT, at=NOW)
    assert Mail.objects.count() == 1


def test_an_order_that_was_told_of_is_told_of_anew_however_old(shop):
    order = report(shop, TYPO)
    Mail.objects.update(state="sent")
    order.placed_at = order.created_at = NOW - timedelta(days=900)
    order.email_sent_at = NOW
    order.save()
    correct_email(order, RIGHT, at=NOW)
    assert list(Mail.objects.order_by("pk").values_list("email", flat=True)) == [TYPO, RIGHT]
    order.refresh_from_db()
    assert order.ticket_revision == 1


def test_history_that_nobody_was_told_of_is_told_to_nobody(shop):
    told = order_report(email=TYPO, customer=GUEST)
    order = record_order(shop, told, at=NOW, mails_buyer=False).order
    correct_email(order, RIGHT, at=NOW)
    assert Mail.objects.count() == 0


def test_an_order_by_hand_can_be_corrected(shop):
    order = OrderFactory(shop=shop, customer__email=TYPO)
    correct_email(order, RIGHT, at=NOW)
    order.refresh_from_db()
    assert (order.email, order.customer.email) == (RIGHT, RIGHT)


# --- Addresses that a shop accepted --------------------------------------------------------------

ODD = ["a..b@docomo.ne.jp", "x.@ezweb.ne.jp", ".x@ezweb.ne.jp", "zoë@example.com", "a@localhost"]


@pytest.mark.parametrize("email", ODD)
def test_what_the_shop_accepted_is_kept(shop, email):
    assert report(shop, f"  {email} ").email == accepted_email(f" {email}\t") == email
    assert Mail.objects.get().email == email


@pytest.mark.parametrize("email", ODD[:3])
def test_odd_dots_are_mailed_in_quotes_and_may_be_asked_for(email):
    local, _at, host = email.partition("@")
    assert (require_email(email), takes_mail(email)) == (email, True)
    assert wire_spelling(email) == f'"{local}"@{host}'


@pytest.mark.parametrize("email", ODD[3:])
def test_what_cannot_be_mailed_is_not_asked_for(email):
    assert not takes_mail(email)
    with pytest.raises(BadInput):
        require_email(email)


@pytest.mark.parametrize("text", ["a@" + "b" * 2_000_000, "\ud800@b.example", "a\0@b", "@" * 10**6])
def test_what_is_hostile_is_no_address(text):
    assert accepted_email(text) is None
