"""Forgot my password: the same answer and work for all, and one mail to whoever signs in here."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.models import Mail, Membership, Role
from storefront.mail import password_requests, sender
from storefront.models import PasswordRequest, SecondFactor, StaffLanguage, StaffSession
from storefront.staff import two_factor
from storefront.staff.mailed.links import mailed_link, mailed_tokens
from tests.factories import NOW, ShopFactory
from tests.racing import at_once
from tests.storefront.staff.conftest import Browser
from tests.tidied import tidy

FORGOTTEN = "/admin/forgotten-password/"
NEW = "another one 9"
CHOSEN = {"password": NEW, "again": NEW}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOSTILE = [
    "' OR 1=1 --",
    "ada\0",
    "%",
    "_da",
    "ada@example.com\r\nBcc: eve@example.com",
    "\u202eada",
    "ᴬda",
    "ada@example.com, eve@example.com",
    "{{ 7 }}<script>",
    "x" * 5000,
]


@pytest.fixture(autouse=True)
def _fresh(settings):
    cache.clear()
    settings.LINK_REQUESTS_PER_MINUTE = 1000


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


@pytest.fixture
def grace(shop):
    """Works for one shop of two."""
    ShopFactory()
    person = User.objects.create_user("grace", "grace@example.com", "a password 9", is_staff=True)
    Membership.objects.create(shop=shop, user=person, role=Role.SUPPORT)
    return person


def ask(name):
    return Browser().post(FORGOTTEN, {"name": name})


def send(*, at=NOW):
    outbox.outbox.clear()
    assert sender.send_due(clock=lambda: at)
    return outbox.outbox


def link_in(message):
    return re.search(r"http://localhost:8000(/admin/password/\S+)", message.body)[1]


def test_the_link_comes_by_mail_and_lets_a_password_be_chosen_once(grace):
    assert ask("grace").status_code == 200
    (message,) = send()
    assert message.to == ["grace@example.com"]
    assert message.subject == "Choose a new password for the staff of My store"
    assert "The link works once and is good for 30 minutes." in message.body
    link, browser = link_in(message), Browser()
    assert b"Your password is set" in browser.post(link, CHOSEN).content
    assert browser.post(link, CHOSEN).status_code == 404
    grace.refresh_from_db()
    assert grace.check_password(NEW)
    assert send() == []


@pytest.mark.parametrize("entered", ["GRACE", " grace ", "grace@example.com", "Grace@Example.com"])
def test_by_name_or_address_however_written(grace, entered):
    ask(entered)
    assert [message.to for message in send()] == [["grace@example.com"]]


def test_known_and_unknown_names_take_the_same_answer_and_work(grace):
    User.objects.create_user("gone1", "gone1@example.com", is_staff=True, is_active=False)
    seen = []
    for name in ("grace", "nobod", "gone1"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = ask(name)
        statements = [re.sub(r"'[^']*'", "…", each["sql"]) for each in queries.captured_queries]
        headers = {key: value for key, value in response.items() if key != "X-Request-ID"}
        row = PasswordRequest.objects.latest("pk")
        seen.append((response.status_code, response.content, headers, statements, len(row.sealed)))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][3]) == 1
    assert Mail.objects.count() == 0  # out of the asker's sight


def test_nothing_that_was_entered_is_kept_in_clear_or_logged(grace, logged):
    ask("my secret password")
    row = PasswordRequest.objects.values().get()
    assert "secret" not in str(row)
    send()
    assert PasswordRequest.objects.count() == 0
    assert not any("secret" in line for line in logged())


def test_no_link_is_stored(grace):
    ask("grace")
    (message,) = send()
    token = link_in(message).split("/")[-2]
    assert token not in str(list(Mail.objects.values()))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_to_nothing(grace, name):
    response = ask(name)
    assert response.status_code == 200
    assert name not in response.content.decode()
    sent = [message.to for message in send()]
    # A null is taken out, as everywhere: what is left is her name, or nobody's.
    assert sent in ([], [["grace@example.com"]])
    assert PasswordRequest.objects.count() == 0


@pytest.mark.parametrize("name", ["", "   ", "\0"])
def test_nothing_entered_is_said(db, name):
    response = ask(name)
    assert (response.status_code, PasswordRequest.objects.count()) == (400, 0)
    assert "Enter the name that you sign in with" in response.content.decode()


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"is_staff": False}, {"email": ""}, {"email": "no address"}]
)
def test_who_may_not_sign_in_or_has_no_address_gets_none(grace, values):
    User.objects.filter(pk=grace.pk).update(**values)
    ask("grace")
    assert send() == []


@pytest.mark.parametrize("values", [{"is_active": False}, {"email": "new@example.com"}])
def test_a_mail_that_waits_ends_with_its_reason(grace, values):
    ask("grace")
    password_requests.answer_next(at=NOW)
    User.objects.filter(pk=grace.pk).update(**values)
    assert send() == []
    assert Mail.objects.count() == 0


def test_three_in_an_hour_for_one_person(grace):
    for _ in range(7):
        ask("grace")
    assert len(send()) == 3
    ask("grace")
    assert send(at=NOW + 59 * MINUTE) == []
    ask("grace")
    assert len(send(at=NOW + HOUR)) == 1


def test_a_visitor_is_bounded(db, settings):
    settings.LINK_REQUESTS_PER_MINUTE = 3
    assert [ask(f"name {number}").status_code for number in range(5)] == [200] * 3 + [429] * 2
    assert PasswordRequest.objects.count() == 3


def test_half_an_hour_from_when_it_was_sent(grace, settings, monkeypatch):
    link = mailed_link(grace, at=NOW).removeprefix("http://localhost:8000")
    start = NOW.replace(tzinfo=None)
    for after, status in ((30 * MINUTE, 200), (30 * MINUTE + timedelta(seconds=1), 404)):
        with monkeypatch.context() as patch:
            patch.setattr(mailed_tokens, "_now", lambda after=after: start + after)
            assert Browser().get(link).status_code == status


def test_it_ends_sessions_and_takes_no_factor_nor_passes_it(ada, shop):
    browser = Browser()
    browser.sign_in()
    two_factor.set_up(ada, two_factor.fresh_key(), step=0, replaces=None)
    browser.sign_in()
    ask("ada")
    (message,) = send()
    assert StaffSession.objects.filter(user=ada).exists()
    Browser().post(link_in(message), CHOSEN)
    assert not StaffSession.objects.filter(user=ada).exists()
    assert SecondFactor.objects.filter(user=ada).count() == 1
    browser = Browser()
    browser.sign_in(password=NEW)
    assert not browser.is_in


def test_in_the_language_of_the_person(grace, shop):
    shop.language = "de"
    shop.save()
    StaffLanguage.objects.create(user=grace, language="fr")
    ask("grace")
    (message,) = send()
    assert message.extra_headers["Content-Language"] == "fr"
    StaffLanguage.objects.all().delete()
    ask("grace")
    (message,) = send()
    assert message.extra_headers["Content-Language"] == "de"


def test_colleagues_do_not_see_who_forgot_a_password(grace, shop, client):
    ask("grace")
    send()
    owner = User.objects.create_user("owner", "owner@example.com", is_staff=True)
    Membership.objects.create(shop=shop, user=owner, role=Role.OWNER)
    client.force_login(owner)
    page = client.get("/admin/downloads/mail/").content.decode()
    assert "grace@example.com" not in page


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_write_each_mail_once(grace):
    for name in ("grace", "grace@example.com", "nobody", "grace", "grace", "grace"):
        ask(name)
    at_once(*[partial(password_requests.answer_next, at=NOW)] * 6)
    while password_requests.answer_next(at=NOW):
        pass
    assert (Mail.objects.count(), PasswordRequest.objects.count()) == (3, 0)


def test_a_kill_between_request_and_mail_loses_none_and_doubles_none(grace, monkeypatch):
    ask("grace")
    with monkeypatch.context() as patch:
        patch.setattr(PasswordRequest, "delete", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            password_requests.answer_next(at=NOW)
    assert (Mail.objects.count(), PasswordRequest.objects.count()) == (0, 1)
    assert len(send()) == 1


def test_one_that_no_key_opens_any_more_goes(grace, settings):
    ask("grace")
    PasswordRequest.objects.update(sealed="broken")
    assert send() == []
    assert PasswordRequest.objects.count() == 0


def test_one_that_nobody_answers_goes(grace, settings):
    PasswordRequest.keep("grace", at=NOW)
    hours = settings.MAIL_GIVE_UP_HOURS
    assert tidy(PasswordRequest, at=NOW + hours * HOUR) == 0
    assert tidy(PasswordRequest, at=NOW + hours * HOUR + MINUTE) == 1


def test_the_sign_in_leads_there(db):
    browser = Browser()
    assert f'href="{FORGOTTEN}"' in browser.get("/admin/login/").content.decode()
    page = browser.get(FORGOTTEN)
    assert page.status_code == 200
    assert page.cookies == {}


def test_a_superuser_has_it_mailed(boss, grace, told):
    told()
    given = {"action": "mail_password_link", "_selected_action": grace.pk}
    page = boss.post("/admin/auth/user/", given, follow=True).content.decode()
    assert "A link is on its way to" in page
    assert told() == [("Mailed a link to choose a password", "boss", "grace")]
    assert [message.to for message in send()] == [["grace@example.com"]]


def test_a_superuser_is_told_who_gets_none(boss, grace):
    User.objects.filter(pk=grace.pk).update(email="")
    given = {"action": "mail_password_link", "_selected_action": grace.pk}
    page = boss.post("/admin/auth/user/", given, follow=True).content.decode()
    assert "gets no mail." in page
    with pytest.raises(CommandError, match="grace gets no mail"):
        call_command("staff", "mail-password", "grace")


def test_the_command_line_has_it_mailed(grace, capsys):
    call_command("staff", "mail-password", "grace")
    assert "A link is on its way to grace@example.com" in capsys.readouterr().out
    assert len(send()) == 1
