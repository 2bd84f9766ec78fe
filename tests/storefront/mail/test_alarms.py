"""Who is mailed when somebody's sign-in is locked or slowed, and how often."""

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox

from downloads.models import Mail, Membership, Role
from storefront.mail import alarms, sender
from storefront.models import CountedTries
from storefront.staff import lockout
from tests.factories import NOW, ShopFactory
from tests.racing import at_once
from tests.tidied import tidy

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(ada, frozen):
    """Ada works at it; grace owns it, and so does one who is gone, and one without an address."""
    frozen(NOW)
    shop = ShopFactory()
    User.objects.filter(pk=ada.pk).update(is_superuser=False)
    join(shop, ada, Role.SUPPORT)
    join(shop, make("grace"), Role.OWNER)
    join(shop, make("gone", is_active=False), Role.OWNER)
    join(shop, make("mute", email=""), Role.OWNER)
    join(shop, make("boss"), Role.MANAGER)
    return shop


def make(name, **values):
    given = {"email": f"{name}@example.com", "is_staff": True} | values
    return User.objects.create_user(name, **given)


def join(shop, user, role):
    Membership.objects.create(shop=shop, user=user, role=role)


def sound(name="ada", *, at=NOW):
    user = User.objects.filter(username=name).first() or User()
    lockout.sound(lockout.of_name(name), at=at, user=user, what="Sign-in slowed")


def tell(*, at=NOW):
    while alarms.warn_next(at=at):
        pass


def mailed():
    rows = Mail.objects.order_by("pk").values_list("kind", "email", "shop")
    assert {kind for kind, _email, _shop in rows} <= {Mail.Kind.SIGN_IN}
    return [(email, shop) for _kind, email, shop in rows]


def test_the_person_and_the_owners_are_mailed(shop):
    sound()
    tell()
    assert mailed() == [("ada@example.com", shop.pk), ("grace@example.com", shop.pk)]


@pytest.mark.slow
def test_five_wrong_passwords_have_it_mailed_by_the_worker(shop, browser):
    for _ in range(9):
        browser.sign_in("ADA", "wrong enough")
    assert mailed() == []  # out of the sight of whoever tries
    assert sender.send_due(clock=lambda: NOW)
    assert [(each.to, each.subject) for each in outbox.outbox] == [
        (["ada@example.com"], f"Wrong passwords at the sign-in of {shop.name}"),
        (["grace@example.com"], f"Wrong passwords at the sign-in of {shop.name}"),
    ]


@pytest.mark.slow
def test_wrong_codes_are_mailed_too(shop, browser, key):
    browser.sign_in()
    for _ in range(5):
        browser.enter("000000")
    tell()
    assert [email for email, _shop in mailed()] == ["ada@example.com", "grace@example.com"]


def test_once_an_hour_however_many_try(shop):
    for minute in range(0, 60, 5):
        sound(at=NOW + timedelta(minutes=minute))
        tell(at=NOW + timedelta(minutes=minute))
    assert len(mailed()) == 2
    sound(at=NOW + HOUR)
    tell(at=NOW + HOUR)
    assert len(mailed()) == 4


def test_an_owner_gets_one_an_hour_whosever_names_are_tried(shop):
    for number in range(5):
        join(shop, make(f"clerk{number}"), Role.SUPPORT)
        sound(f"clerk{number}")
    tell()
    told = [email for email, _shop in mailed()]
    assert told.count("grace@example.com") == 1
    assert len(told) == 6


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@localhost", "ada@[192.0.2.1]", "ada@intranet", "a b@example.com"]
)
def test_what_cannot_be_mailed_is_not(shop, email):
    User.objects.filter(username="ada").update(email=email)
    sound()
    tell()
    assert mailed() == [("grace@example.com", shop.pk)]


def test_spellings_of_one_mailbox_get_one_mail(shop):
    User.objects.filter(username="ada").update(email="Grace@ＥXAMPLE.com")
    sound()
    tell()
    assert mailed() == [("grace@example.com", shop.pk)]


@pytest.mark.parametrize("name", ["nobody", "gone", "buyer"])
def test_names_that_cannot_sign_in_are_mailed_about_to_nobody(shop, name):
    make("buyer", is_staff=False)
    sound(name)
    tell()
    assert mailed() == []


def test_owners_of_another_shop_hear_nothing(shop):
    other = ShopFactory()
    join(other, make("eve"), Role.OWNER)
    sound()
    tell()
    assert "eve@example.com" not in [email for email, _shop in mailed()]


def test_a_superuser_of_no_shop_is_mailed_alone(ada):
    sound()
    tell()
    assert mailed() == []  # there is no shop yet to write in the name of
    first, _second = ShopFactory(), ShopFactory()
    sound(at=NOW + HOUR)
    tell(at=NOW + HOUR)
    assert mailed() == [("ada@example.com", first.pk)]


def test_an_alarm_waits_for_a_worker_that_is_late(shop):
    sound()
    tidy(CountedTries, at=NOW + 2 * HOUR)
    tell(at=NOW + 2 * HOUR)
    assert len(mailed()) == 2
    tidy(CountedTries, at=NOW + 2 * HOUR)
    assert not CountedTries.objects.exists()


def test_unlocking_does_not_have_it_mailed_again(shop, ada):
    sound()
    tell()
    lockout.unlock(ada, at=NOW)
    sound()
    tell()
    assert len(mailed()) == 2


def test_only_superusers_see_these_mails_in_the_outbox(shop, ada, client):
    sound()
    tell()
    grace = User.objects.get(username="grace")
    for superuser, seen in ((False, False), (True, True)):
        User.objects.filter(pk=grace.pk).update(is_superuser=superuser)
        client.force_login(grace)
        page = client.get("/admin/downloads/mail/")
        assert (page.status_code, b"ada@example.com" in page.content) == (200, seen)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_write_each_mail_once(shop):
    sound()
    sound("boss")
    at_once(*[partial(alarms.warn_next, at=NOW)] * 6)
    tell()
    told = ["ada@example.com", "boss@example.com", "grace@example.com"]
    assert sorted(email for email, _shop in mailed()) == told
