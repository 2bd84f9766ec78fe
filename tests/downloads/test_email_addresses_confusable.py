"""Addresses that look or read alike: whose rights are one's own, and what shares one count."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from downloads import fulfilment, lookups
from downloads.email_addresses import (
    NO_ADDRESS,
    count_key,
    counted_spelling,
    mailbox_of,
    require_email,
    spellings_of,
    wire_spelling,
)
from downloads.errors import BadInput, NotFound, SignInRefused
from downloads.fulfilment import record_order
from downloads.incoming import CustomerReport, PersonReport
from downloads.models import Account, Customer, Invitation, Mail
from tests.downloads.reported import order_report
from tests.factories import NOW, CustomerFactory, GrantFactory, ShopFactory

KELVIN, LONG_S, FI, DOTLESS, DOTTED = "\u212a", "\u017f", "\ufb01", "\u0131", "\u0130"
# Before the host each is a mailbox of its own. Whether the two share a count.
LOCAL_PARTS = {
    "kelvin": ("kim", f"{KELVIN}im", True),
    "long s": ("sam", f"{LONG_S}am", True),
    "ligature": ("fiona", f"{FI}ona", True),
    "fullwidth": ("ada", "\uff41da", True),
    "sharp s": ("hans.gross", "hans.groß", True),
    "dotless": ("ida", f"{DOTLESS}da", False),
    "dotted": ("ida", f"{DOTTED}da", False),
    "case": ("ärzte", "Ärzte", True),
    "circled": ("ada", "\u24d0da", True),
    "greek question mark": ("a;b", "a\u037eb", True),
    "cyrillic": ("ada", "\u0430da", False),
    "accent": ("rene", "rené", False),
    "dot": ("ada.byron", "adabyron", False),
    "tag": ("ada", "ada+1", False),
}
HOSTS_APART = {
    "sharp s": ("straße.example", "strasse.example", True),
    "dotless": ("mail\u0131.example", "maili.example", False),
    "cyrillic": ("m\u0430il.example", "mail.example", False),
    "umlaut": ("bücher.example", "bucher.example", False),
    "final sigma": ("βόλος.example", "βόλοσ.example", True),
}
ONE_MAILBOX = {
    "case": ("Ada@EXAMPLE.com", "ada@example.com"),
    "nfd": ("rene\u0301@example.com", "ren\u00e9@example.com"),
    "nfd in capitals": ("RENE\u0301@example.com".replace("E\u0301", "e\u0301"), "rené@example.com"),
    "composed in lower case alone": ("H\u0331@example.com", "\u1e96@example.com"),
    "nfd host": ("ada@bu\u0308cher.example", "ada@bücher.example"),
    "punycode": ("ada@XN--BCHER-KVA.example", "ada@bücher.example"),
    "punycode of a sharp s": ("ada@xn--strae-oqa.example", "ada@straße.example"),
    "kelvin in the host": (f"ada@{KELVIN}iosk.example", "ada@kiosk.example"),
    "long s in the host": (f"ada@{LONG_S}hop.example", "ada@shop.example"),
    "ligature in the host": (f"ada@{FI}sh.example", "ada@fish.example"),
    "fullwidth host": ("ada@ｆｉｓｈ．example", "ada@fish.example"),
    "trailing dot": ("ada@example.com.", "ada@example.com"),
    "fullwidth trailing dot": ("ada@example.com。", "ada@example.com"),
    "a sign": ("ada@\u2603.example", "ada@xn--n3h.example"),
}


def as_cases(pairs):
    return [pytest.param(*pair, id=name) for name, pair in pairs.items()]


LOCAL = [
    pytest.param(f"{one}@example.com", f"{other}@example.com", alike, id=name)
    for name, (one, other, alike) in LOCAL_PARTS.items()
]
HOSTS = [
    pytest.param(f"ada@{one}", f"ada@{other}", alike, id=name)
    for name, (one, other, alike) in HOSTS_APART.items()
]


@pytest.mark.parametrize(("one", "other", "alike"), LOCAL + HOSTS)
def test_confusable_mailboxes_are_two_and_may_share_a_count(one, other, alike):
    assert mailbox_of(one) != mailbox_of(other)
    assert not spellings_of(one) & spellings_of(other)
    assert wire_spelling(mailbox_of(one)) != wire_spelling(mailbox_of(other))
    assert (counted_spelling(one) == counted_spelling(other)) is alike
    assert (count_key(one) == count_key(other)) is alike


@pytest.mark.parametrize(("one", "other"), as_cases(ONE_MAILBOX))
def test_spellings_of_one_mailbox_are_one(one, other):
    assert mailbox_of(one) == mailbox_of(other)
    assert count_key(one) == count_key(other)
    assert mailbox_of(other) in spellings_of(one)


@pytest.mark.parametrize("text", [text for pair in ONE_MAILBOX.values() for text in pair])
def test_a_canonical_spelling_is_its_own(text):
    assert mailbox_of(mailbox_of(text)) == mailbox_of(text)


@pytest.mark.slow
def test_no_letter_becomes_an_ascii_one_before_the_host():
    letters = [chr(number) for number in range(128, 0x30000)]
    assert [ascii(each) for each in letters if mailbox_of(f"a{each}a").isascii()] == []


def test_a_host_of_the_older_standard_is_mailed_as_it_is_or_not_at_all():
    assert mailbox_of("ada@\u2603.example") == "ada@xn--n3h.example"
    assert not wire_spelling(mailbox_of("ada@\u2603ß.example")).isascii()


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other", "alike"), LOCAL + HOSTS)
def test_no_right_goes_from_one_mailbox_to_another(one, other, alike):
    shop = ShopFactory()
    owner = CustomerFactory(shop=shop, email=mailbox_of(one))
    Account.objects.create(shop=shop, email=mailbox_of(one), password="!")
    for typed in (other, other.upper().replace("@EXAMPLE.COM", "@example.com")):
        if mailbox_of(typed) == mailbox_of(one):
            continue  # in capitals alone, as ASCII has them
        assert not Customer.objects.with_email(typed).exists()
        with pytest.raises(NotFound):
            fulfilment.require_owner(shop, typed)
        with pytest.raises(NotFound):
            lookups.account_for_mail(shop, typed)
        with pytest.raises(SignInRefused):
            fulfilment.require_password(shop, email=typed, password="any")
    # Both are kept beside each other, each as its own.
    stranger = CustomerFactory(shop=shop, email=mailbox_of(other))
    Account.objects.create(shop=shop, email=mailbox_of(other), password="!")
    assert fulfilment.require_owner(shop, one) == owner
    assert fulfilment.require_owner(shop, other) == stranger


@pytest.mark.django_db
@pytest.mark.parametrize("again", ["ada@example.com", "ADA@example.com", "Ada@Example.com"])
def test_a_shop_has_one_account_a_mailbox(again):
    shop = ShopFactory()
    Account.objects.create(shop=shop, email="Ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(shop=shop, email=again)
    Account.objects.create(shop=ShopFactory(), email=again)


@pytest.mark.django_db
@pytest.mark.parametrize("again", ["ada@example.com", "ADA@example.com", "Ada@Example.com"])
def test_several_customers_may_have_one_mailbox_and_one_stands_for_its_owner(again):
    shop = ShopFactory()
    CustomerFactory(shop=shop, email="Ada@example.com", platform_id=1)
    first = CustomerFactory(shop=shop, email="Ada@example.com")
    CustomerFactory(shop=shop, email=again)
    assert Customer.objects.filter(shop=shop).with_email(again).count() == 3
    assert fulfilment.require_owner(shop, again) == first


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), as_cases(ONE_MAILBOX))
def test_a_report_of_any_spelling_is_of_one_buyer(one, other):
    shop = ShopFactory()
    for number, email in enumerate((one, other)):
        buyer = CustomerReport(email=email, first_name="Ada")
        record_order(shop, order_report(platform_id=number, customer=buyer), at=NOW)
    assert Customer.objects.get().email == mailbox_of(one)
    assert Customer.objects.get().orders.count() == 2


@pytest.mark.parametrize("letter", [KELVIN, LONG_S, FI, DOTLESS, DOTTED, "\uff41", "é", "ß"])
def test_what_cannot_be_mailed_is_not_asked_for(letter):
    with pytest.raises(BadInput) as refusal:
        require_email(f"a{letter}a@example.com")
    assert str(refusal.value) == NO_ADDRESS


@pytest.mark.django_db
def test_an_invitation_means_no_lookalike():
    shop = ShopFactory()
    fulfilment.memberships.invite(shop, "Kim@example.com", "owner", at=NOW)
    invitation = Invitation.objects.get()
    lookalike = User(username=f"{KELVIN}im@example.com", email=f"{KELVIN}im@example.com")
    assert fulfilment.memberships.is_for(invitation, lookalike) is False
    assert fulfilment.memberships.is_for(invitation, User(username="KIM@EXAMPLE.com")) is True
    with pytest.raises(BadInput):
        fulfilment.memberships.invite(shop, lookalike.email, "owner", at=NOW)


# --- Where mail goes, and what counts ------------------------------------------------------------


def send_all(*, at=NOW):
    told = []
    while fulfilment.send_next(lambda mail, begin: begin() or told.append(mail.email) or "", at=at):
        pass
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ada@bücher.example", "ADA@xn--bcher-kva.example."])
@pytest.mark.parametrize("stored", ["ada@xn--bcher-kva.example", "Ada@bücher.example"])
def test_mail_goes_to_the_stored_address_and_never_to_the_typed_one(stored, typed):
    order = GrantFactory(order__customer__email=stored).order
    Account.objects.create(shop=order.shop, email=stored, customer=order.customer)
    fulfilment.request_links(typed, at=NOW)
    assert fulfilment.answer_next_request(at=NOW)
    fulfilment.request_password(order.shop, typed, at=NOW)
    assert send_all() == [stored] * 2


@pytest.mark.django_db
def test_lookalikes_share_one_count_of_mails(settings):
    shop = ShopFactory()
    for number, host in enumerate(["straße", "strasse", "xn--strae-oqa", "STRASSE", "ſtrasse"]):
        at = NOW + timedelta(seconds=number)
        fulfilment.request_password(shop, f"ada@{host}.example", at=at)
    assert len(send_all(at=NOW + timedelta(minutes=1))) == settings.ASKED_MAILS_PER_HOUR == 3


@pytest.mark.django_db
def test_what_an_earlier_version_sent_counts_by_its_address():
    shop = ShopFactory()
    given = {"shop": shop, "email": "ada@example.com", "state": "sent", "kind": "password"}
    for _ in range(3):
        Mail.objects.create(created_at=NOW, due_at=NOW, **given)
    fulfilment.request_password(shop, "ada@example.com", at=NOW)
    fulfilment.request_password(shop, "grace@example.com", at=NOW)
    assert send_all() == ["grace@example.com"]


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["ada@bücher.example", "ADA@XN--BCHER-KVA.example"])
def test_whoever_is_forgotten_is_forgotten_in_every_spelling(asked):
    shop = ShopFactory()
    for number, spelling in enumerate(["ada@xn--bcher-kva.example", "ada@bücher.example"]):
        person = PersonReport(platform_id=None, email=spelling)
        fulfilment.record_data_request(shop, number, person, at=NOW)
        fulfilment.request_password(shop, spelling, at=NOW)
    assert set(shop.data_requests.values_list("email", flat=True)) == {"ada@bücher.example"}
    fulfilment.erase_person(shop, PersonReport(platform_id=None, email=asked), at=NOW)
    assert set(shop.data_requests.values_list("email", flat=True)) == {""}
    assert not Mail.objects.exists()
