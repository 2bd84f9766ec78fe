"""Too many wrong passwords lock a name, known or not, and the lock ends by itself."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.models import AuditEntry
from storefront.models import CountedTries
from storefront.staff import lockout
from tests.factories import NOW
from tests.storefront.staff.conftest import ADMIN, LOGIN, PASSWORD, Browser, errors_in
from tests.tidied import tidy

WRONG = "That name and password do not belong together. Mind capital letters."
LOCKED = (
    "Too many wrong tries. Try again in 15 minutes, or ask whoever runs this service to unlock "
    "your sign-in."
)


def fail(browser, times, name="ada"):
    return [errors_in(browser.sign_in(name, "wrong enough")) for _ in range(times)]


def test_the_right_password_opens_the_admin(browser):
    response = browser.sign_in()
    assert (response.status_code, response["Location"]) == (302, ADMIN)
    assert browser.is_in


def test_whoever_was_on_the_way_to_a_page_comes_there(browser):
    response = browser.post(
        f"{LOGIN}?next=/admin/sessions/", {"username": "ada", "password": PASSWORD}
    )
    assert response["Location"] == "/admin/sessions/"


def test_nobody_is_led_out_of_the_house(browser):
    asked = {"username": "ada", "password": PASSWORD, "next": "https://evil.example/"}
    assert browser.post(f"{LOGIN}?next=https://evil.example/", asked)["Location"] == ADMIN


def test_five_wrong_passwords_lock(browser):
    assert fail(browser, 5) == [[WRONG]] * 4 + [[LOCKED]]
    assert errors_in(browser.sign_in()) == [LOCKED]
    assert not browser.is_in


def test_a_locked_name_is_not_judged(hashed, browser):
    fail(browser, 5)
    hashed.clear()
    browser.sign_in()
    assert hashed == []


def test_the_lock_ends_by_itself_and_the_count_begins_anew(browser, frozen):
    fail(browser, 5)
    frozen(NOW + timedelta(minutes=14, seconds=1))
    assert errors_in(browser.sign_in()) == [LOCKED.replace("15 minutes", "1 minute")]
    frozen(NOW + timedelta(minutes=15))
    assert fail(browser, 4) == [[WRONG]] * 4
    assert browser.sign_in().status_code == 302


@pytest.mark.slow
def test_a_right_password_clears_the_count(browser):
    for other in (browser, Browser(), Browser()):
        assert fail(other, 4) == [[WRONG]] * 4
        assert other.sign_in().status_code == 302
    # What is left counts how many strangers try, and is not theirs to clear.
    assert [row.who for row in CountedTries.objects.all()] == [lockout.of_name("ada")]


def test_how_many_and_how_long_are_settings(browser, settings):
    settings.STAFF_TRIES, settings.STAFF_LOCK_SECONDS = 2, 60
    assert fail(browser, 2)[1] == [LOCKED.replace("15 minutes", "1 minute")]
    settings.STAFF_TRIES = 1
    assert fail(Browser(), 1, "bob")[0] == [LOCKED.replace("15 minutes", "1 minute")]


def test_a_name_is_one_name_in_upper_case_too(browser):
    fail(browser, 3, "ADA")
    assert fail(browser, 2, "Ada") == [[WRONG], [LOCKED]]


def test_one_name_is_locked_alone(browser, boss):
    fail(browser, 5)
    assert Browser().sign_in("boss").status_code == 302


def page_of(response):
    text = response.content.decode()
    return re.sub(r'(csrfmiddlewaretoken" value=|name="username" value=)"[^"]*"', "", text)


@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "gone", "buyer"])
def test_names_that_cannot_sign_in_are_answered_as_known_ones(hashed, browser, who, settings):
    settings.STAFF_TRIES = 2
    User.objects.create_user("gone", password=PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("buyer", password=PASSWORD)
    for _ in range(4):
        told = []
        for name in ("ada", who):
            hashed.clear()
            with CaptureQueriesContext(connection) as queries:
                response = Browser().sign_in(name, "wrong enough")
            # What is entered for a known name is undone for others; else all is asked the same.
            words = [query["sql"].split()[0] for query in queries]
            asked = [word for word in words if word not in {"RELEASE", "ROLLBACK"}]
            told.append((response.status_code, page_of(response), len(hashed), asked))
        assert told[0] == told[1]


@pytest.mark.parametrize("name", ["gone", "buyer"])
def test_a_right_password_of_nobody_of_the_staff_is_a_wrong_one(browser, name):
    User.objects.create_user(
        name, password=PASSWORD, is_staff=name == "gone", is_active=name != "gone"
    )
    said = [errors_in(browser.sign_in(name)) for _ in range(5)]
    assert said == [[WRONG]] * 4 + [[LOCKED]]


@pytest.mark.slow
def test_the_lock_and_the_unlocking_are_audited(browser, boss, told):
    told()
    fail(browser, 6)
    ada = User.objects.get(username="ada")
    given = {"action": "unlock", "_selected_action": ada.pk}
    assert b"1 unlocked." in boss.post("/admin/auth/user/", given, follow=True).content
    assert told() == [
        ("Sign-in locked after 5 wrong passwords", "somebody not signed in", "ada"),
        ("Unlocked the sign-in", "boss", "ada"),
    ]
    row = AuditEntry.objects.get(what="Unlocked the sign-in")
    assert (row.address, row.program, row.subject_type) == ("203.0.113.9", "Boss/1", "auth.user")
    assert browser.sign_in().status_code == 302


def test_strangers_do_not_fill_the_trail(browser, told):
    told()
    fail(browser, 5, "nobody")
    assert told() == []
    assert CountedTries.objects.filter(taken__gt=0).count() == 1
    tidy(CountedTries, at=NOW + timedelta(days=3650))
    assert not CountedTries.objects.exists()


def test_what_was_typed_as_a_name_is_kept_as_a_keyed_hash(browser, settings):
    fail(browser, 1, "nobody")
    kept = {text for row in CountedTries.objects.all() for text in (row.who, row.whose)}
    before = [lockout.of_name("nobody"), lockout.of_address("nobody", "127.0.0.1")]
    assert kept == {*before}
    settings.SECRET_KEY = "another" * 10
    assert not kept & {lockout.of_name("nobody"), lockout.of_address("nobody", "127.0.0.1")}


def test_an_empty_form_is_no_try(browser):
    browser.sign_in("ada", "")
    browser.sign_in("", "wrong enough")
    assert not CountedTries.objects.exists()


def test_an_address_that_tries_too_often_waits_a_minute(browser, settings):
    settings.SIGN_INS_PER_MINUTE = 2
    fail(browser, 2, "nobody")
    response = browser.sign_in()
    assert (response.status_code, int(response["Retry-After"]) in range(1, 61)) == (429, True)
    assert b"Too many tries" in response.content


def test_what_is_over_is_forgotten(browser, frozen):
    fail(browser, 5, "nobody")
    tidy(CountedTries, at=NOW)
    assert CountedTries.objects.locked(NOW).count() == 1
    tidy(CountedTries, at=NOW + timedelta(minutes=15))
    assert CountedTries.objects.count() == 1  # that it was sounded
    tidy(CountedTries, at=NOW + timedelta(hours=1))
    assert CountedTries.objects.count() == 0


def test_the_command_line_unlocks(browser, told, capsys):
    fail(browser, 5)
    told()
    call_command("staff", "unlock", "ada")
    call_command("staff", "unlock", "ada")
    assert capsys.readouterr().out == "ada may try again.\nada was not locked.\n"
    ((what, actor, subject),) = told()
    assert (what, actor[:14], subject) == ("Unlocked the sign-in", "command line: ", "ada")
    assert browser.sign_in().status_code == 302
