"""One mailbox is one address, however its host is written; others never become one."""

from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.email_addresses import NO_ADDRESS, require_email, spellings_of
from downloads.errors import BadInput
from downloads.models import Account, Customer
from tests.factories import NOW, CustomerFactory, ShopFactory

VICTIM = "mallory@victim.example"
SPELLINGS = [
    "Mallory@VICTIM.example",
    " mallory@victim.example ",
    "mallory@ｖictim.example",
    "mallory@ＶＩＣＴＩＭ.ｅｘａｍｐｌｅ",
    "mallory@ⓥictim.example",
    "mallory@𝓿𝓲𝓬𝓽𝓲𝓶.example",
    "mallory@ᵛictim.example",
    "mallory@victim。example",
    "mallory@victim．example",
    "mallory@victim｡example",
    "mallory@vi\ufe0fctim.example",
]
INTERNATIONAL = ["ada@bücher.example", "ada@BÜCHER.example", "ada@xn--bcher-kva.example",
                 "ada@XN--BCHER-KVA.example", "ada@bu\u0308cher.example"]  # fmt: skip
APART = [
    ("ada@faß.example", "ada@fass.example"),
    ("ada@bücher.example", "ada@bucher.example"),
    ("ada@vіctim.example", "ada@victim.example"),  # a Cyrillic letter
    ("a.da@example.com", "ada@example.com"),
    ("ada+1@example.com", "ada@example.com"),
    ("ada@mail.example.com", "ada@example.com"),
]


@pytest.mark.parametrize("text", SPELLINGS, ids=ascii)
def test_every_spelling_of_a_host_is_one_address(text):
    assert require_email(text) == VICTIM
    assert VICTIM in spellings_of(text)


@pytest.mark.parametrize("text", INTERNATIONAL, ids=ascii)
def test_an_international_host_is_one_address(text):
    assert require_email(text) == "ada@bücher.example"
    assert {"ada@bücher.example", "ada@xn--bcher-kva.example"} <= spellings_of(text)


@pytest.mark.parametrize(("one", "other"), APART, ids=ascii)
def test_different_mailboxes_never_become_one(one, other):
    assert require_email(one) != require_email(other)
    assert not spellings_of(one) & spellings_of(other)


@pytest.mark.parametrize(
    "text",
    ["ada@localhost", "ada@LOCALHOST", "ada@mail.localhost", "ada@[127.0.0.1]", "ada@[1.1.1.1]",
     "ada@[IPv6:::1]", "ada@intranet", "ada@ｌｏｃａｌｈｏｓｔ", "ada@.example", "ada@",
     "@a.example", "ada", "",
     "ada@a..example", "ada@@a.example", "ada@a.example\nBcc: x@y.example",
     *(f"mallory@vic{mark}tim.example" for mark in "\u00ad\u200b\u2060\ufeff")],
    ids=ascii,
)  # fmt: skip
def test_what_no_mail_reaches_is_refused(text):
    with pytest.raises(BadInput) as refusal:
        require_email(text)
    assert str(refusal.value) == NO_ADDRESS


@pytest.mark.slow
@pytest.mark.django_db
def test_spellings_share_one_count_of_mails():
    shop, sent = ShopFactory(), []

    def send(mail, begin):
        begin()
        sent.append(mail.email)
        return f"<{mail.pk}@mail.example>"

    for number, spelling in enumerate(SPELLINGS):
        fulfilment.request_password(shop, spelling, at=NOW + timedelta(seconds=number))
    while fulfilment.send_next(send, at=NOW + timedelta(minutes=1)) is not None:
        pass
    assert sent == [VICTIM] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("text", INTERNATIONAL, ids=ascii)
@pytest.mark.parametrize("stored", ["ada@bücher.example", "ada@xn--bcher-kva.example"], ids=ascii)
def test_a_buyer_is_found_by_either_spelling(stored, text):
    customer = CustomerFactory(email=stored)
    account = Account.objects.create(shop=customer.shop, email=stored)
    typed = require_email(text)
    assert Customer.objects.with_email(typed).get() == customer
    assert Account.objects.with_email(typed).get() == account
