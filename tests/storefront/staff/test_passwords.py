"""A password forgotten is chosen anew by a link; one known is changed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from storefront.models import CountedTries, SecondFactor, StaffSession
from storefront.staff import lockout, passwords, two_factor
from tests.storefront.staff.conftest import ADMIN, PASSWORD, Browser, errors_in

NEW = "another one 9"
CHOSEN = {"password": NEW, "again": NEW}
SPENT = b"This link no longer works"
CHANGE = "/admin/password_change/"


@pytest.fixture
def link(ada):
    return path_of(passwords.make_link(ada))


def path_of(link):
    return link.strip().removeprefix("http://localhost:8000")


def test_a_link_lets_its_owner_choose_a_password_once(browser, link, ada):
    assert browser.get(link).status_code == 200
    assert b"Your password is set" in browser.post(link, CHOSEN).content
    again = browser.post(link, {"password": "third one 99", "again": "third one 99"})
    assert (again.status_code, SPENT in again.content) == (404, True)
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_it_signs_nobody_in_and_sets_no_cookie(browser, link):
    browser.get(link)
    browser.post(link, CHOSEN)
    assert (dict(browser.cookies), browser.is_in) == ({}, False)
    assert browser.sign_in(password=NEW)["Location"] == ADMIN


def test_it_ends_sessions_and_locks_but_takes_no_factor(browser, ada, link, told):
    other = Browser()
    other.sign_in()
    link = path_of(passwords.make_link(User.objects.get()))
    two_factor.set_up(ada, two_factor.fresh_key(), step=0, replaces=None)
    for _ in range(5):
        browser.sign_in(password="wrong enough")
    told()
    browser.post(link, CHOSEN)
    assert StaffSession.objects.count() == 0
    assert not CountedTries.objects.filter(whose=lockout.of_name("ada")).exists()
    assert SecondFactor.objects.count() == 1
    assert not other.is_in
    whole = [what for what, _actor, _subject in told()]
    assert whole == ["Chose a password by a link", "Unlocked the sign-in", "Ended sessions"]
    browser.sign_in(password=NEW)
    assert not browser.is_in


def test_a_link_ends_by_itself(browser, link, frozen, settings, monkeypatch):
    from django.contrib.auth.tokens import default_token_generator

    day = timedelta(hours=settings.STAFF_LINK_HOURS)
    for after, status in ((day - timedelta(seconds=2), 200), (day + timedelta(seconds=2), 404)):
        late = default_token_generator._now() + after
        with monkeypatch.context() as patch:
            patch.setattr(default_token_generator, "_now", lambda late=late: late)
            assert browser.get(link).status_code == status


def test_a_link_ends_with_the_next_sign_in(browser, link):
    browser.sign_in()
    assert browser.get(link).status_code == 404


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_a_link_of_somebody_who_may_not_sign_in_is_none(browser, link, ada, field):
    User.objects.update(**{field: False})
    assert browser.get(link).status_code == 404


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "²"])
def test_a_link_of_nobody_is_spent_like_any(browser, link, number):
    token = link.split("/")[-2]
    assert SPENT in browser.get(f"/admin/password/{number}/{token}/").content


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"password": NEW, "again": "something else"}, "The two passwords are not the same."),
        ({"password": "password", "again": "password"}, "This password is too common."),
        ({"password": "", "again": ""}, "This password is too short."),
    ],
)
def test_a_password_that_will_not_do_is_refused(browser, link, given, complaint):
    response = browser.post(link, given)
    assert (response.status_code, complaint in response.content.decode()) == (400, True)
    assert browser.get(link).status_code == 200


def test_a_superuser_makes_the_link(browser, boss, ada, told):
    told()
    given = {"action": "make_password_link", "_selected_action": ada.pk}
    page = boss.post("/admin/auth/user/", given).content.decode()
    link = path_of(page.partition("<code>")[2].partition("</code>")[0])
    assert "It works once, within 24 hours. The second factor stays." in page
    assert told() == [("Made a link to choose a password", "boss", "ada")]
    assert browser.get(link).status_code == 200


def test_no_link_is_made_for_who_may_not_sign_in(boss, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    given = {"action": "make_password_link", "_selected_action": ada.pk}
    page = boss.post("/admin/auth/user/", given, follow=True).content.decode()
    assert "The link would not work: ada may not sign in." in page
    with pytest.raises(CommandError, match=r"ada may not sign in"):
        call_command("staff", "password", "ada")


def test_the_command_line_makes_the_link(browser, ada, capsys):
    call_command("staff", "password", "ada")
    link, words = capsys.readouterr().out.splitlines()
    assert browser.get(path_of(link)).status_code == 200
    assert words.startswith("Send it to ada and to nobody else:")


@pytest.mark.slow
def test_a_changed_password_ends_the_other_sessions(browser, told):
    other = Browser()
    browser.sign_in()
    other.sign_in()
    told()
    given = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post(CHANGE, given).status_code == 302
    assert (browser.is_in, other.is_in, StaffSession.objects.count()) == (True, False, 1)
    assert told() == [("Changed the password", "ada", "ada"), ("Ended sessions", "ada", "ada")]


@pytest.mark.slow
def test_the_old_password_is_not_to_be_guessed_either(browser):
    browser.sign_in()
    given = {"new_password1": NEW, "new_password2": NEW}
    for _ in range(5):
        browser.post(CHANGE, given | {"old_password": "wrong enough"})
    page = browser.post(CHANGE, given | {"old_password": PASSWORD}).content.decode()
    assert "Too many wrong tries. Try again in 15 minutes" in page
    # The device is locked, and no other.
    browser.post("/admin/logout/")
    assert errors_in(browser.sign_in())[0].startswith("Too many wrong tries.")
    assert Browser().sign_in().status_code == 302
