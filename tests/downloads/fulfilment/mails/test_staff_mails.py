"""Invitations by mail: once, with a link that nobody else can read from the database."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.management import call_command

from downloads import fulfilment
from downloads.encryption import unseal
from downloads.models import Invitation, Mail
from storefront.mail import sender
from tests.factories import NOW, ShopFactory

MAIL = "new@example.com"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def invite(shop, email=MAIL, role="manager", *, at=NOW):
    row, token = fulfilment.memberships.invite(shop, email, role, at=at)
    return fulfilment.mail_invitation(row, token, at=at), token


def send(*, at=NOW):
    outbox.outbox.clear()
    assert sender.send_due(clock=lambda: at)
    return outbox.outbox


def test_the_link_comes_by_mail_and_is_forgotten_then(shop):
    is_mailed, token = invite(shop)
    assert is_mailed
    row = Invitation.objects.get()
    assert token not in str(Invitation.objects.values().get())
    assert unseal(row.sealed_token) == token
    (message,) = send()
    assert (message.to, message.subject) == ([MAIL], "You are invited to work for My store")
    assert re.findall(r"/invitations/(\S+)", message.body) == [token]
    assert Invitation.objects.get().sealed_token == ""
    assert send() == []


def test_inviting_again_mails_the_newer_link_alone(shop):
    invite(shop)
    _is_mailed, token = invite(shop, role="support")
    (message,) = send()
    assert token in message.body


@pytest.mark.parametrize("how", ["withdrawn", "accepted", "over", "of a lost key"])
def test_one_that_is_over_is_not_mailed(shop, how):
    _is_mailed, token = invite(shop)
    at = NOW
    if how == "withdrawn":
        fulfilment.memberships.withdraw(Invitation.objects.all())
    elif how == "accepted":
        fulfilment.memberships.accept_with_password(token, "seventeen blue horses", at=NOW)
        assert Invitation.objects.get().sealed_token == ""
    elif how == "over":
        at = NOW + 8 * DAY
    else:
        Invitation.objects.update(sealed_token="broken")
    assert send(at=at) == []
    assert Mail.objects.count() == 0


def test_a_shop_mails_no_more_than_its_hour(shop, settings):
    settings.INVITATION_MAILS_PER_HOUR = 2
    other = ShopFactory()
    assert [invite(shop, f"n{each}@example.com")[0] for each in range(3)] == [True, True, False]
    assert invite(other)[0]
    assert Invitation.objects.filter(shop=shop).count() == 3
    assert invite(shop, at=NOW + HOUR)[0]


def test_a_new_key_seals_what_waits(shop, settings, capsys):
    _is_mailed, token = invite(shop)
    first = settings.ENCRYPTION_KEYS[0]
    second = "x" * 43 + "="
    settings.ENCRYPTION_KEYS = [second, first]
    call_command("reseal_secrets")
    assert "1 invitations that wait to be mailed are, too." in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [second]
    (message,) = send()
    assert token in message.body


def test_the_one_invited_sees_the_same_page_as_by_hand(shop, client, frozen):
    frozen(NOW)
    _is_mailed, token = invite(shop)
    assert client.get(f"/invitations/{token}").status_code == 200
    assert not User.objects.exists()
