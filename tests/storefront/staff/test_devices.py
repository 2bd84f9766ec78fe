"""The cookie of a known device: whose it is, how long it lasts, and what ends it."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from storefront.staff import devices, passwords, two_factor
from storefront.staff.devices import COOKIE, SALT
from tests.storefront.staff.conftest import (
    ADMIN,
    PASSWORD,
    SET_UP,
    Browser,
    code_of,
)

CHANGE = "/admin/password_change/"
NEW = "another one 9"


@pytest.fixture
def known(browser):
    """What the name of ada's device is, by her cookie, for any browser."""
    browser.sign_in()
    return lambda name="ada", **given: devices.device_of(browser.get(ADMIN).wsgi_request, name)


def forged(value, *, salt=SALT):
    response = HttpResponse()
    response.set_signed_cookie(COOKIE, value, salt=salt)
    return response.cookies[COOKIE].value


def parts_of(browser):
    return browser.get(ADMIN).wsgi_request.get_signed_cookie(COOKIE, salt=SALT).split(":")


def test_a_full_sign_in_makes_a_device_known(browser, known):
    assert len(known()) == 22
    assert known("ADA") == known()


def test_the_cookie_is_for_the_admin_alone(browser, settings):
    settings.SESSION_COOKIE_SECURE = True
    browser.sign_in()
    cookie = browser.cookies[COOKIE]
    kept = {name: cookie[name] for name in ("path", "httponly", "secure", "samesite", "max-age")}
    assert kept == {
        "path": "/admin/",
        "httponly": True,
        "secure": True,
        "samesite": "Strict",
        "max-age": 180 * 24 * 60 * 60,
    }


def test_a_password_alone_makes_none_known_where_there_is_a_factor(browser, key):
    browser.sign_in()
    assert COOKIE not in browser.cookies
    browser.enter("000000")
    assert COOKIE not in browser.cookies
    browser.enter(code_of(key))
    assert COOKIE in browser.cookies


def test_nor_where_one_is_required_and_not_there_yet(browser, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    browser.sign_in()
    browser.get(SET_UP)
    assert COOKIE not in browser.cookies
    key = browser.get(SET_UP).context["key"].replace(" ", "")
    browser.enter(code_of(key), path=SET_UP)
    assert COOKIE in browser.cookies


def test_a_device_stays_the_same_one(browser, known):
    before = known()
    browser.post("/admin/logout/")
    browser.sign_in()
    assert known() == before


def test_it_opens_nothing_by_itself(browser):
    browser.sign_in()
    other = Browser()
    other.cookies[COOKIE] = browser.cookies[COOKIE].value
    assert not other.is_in


@pytest.mark.slow
@pytest.mark.parametrize("name", ["boss", "nobody", ""])
def test_it_is_worthless_for_another_name(boss, known, name):
    assert known(name) is None


@pytest.mark.slow
def test_a_forged_one_is_worthless(browser, known):
    number, device, bound = parts_of(browser)
    right = browser.cookies[COOKIE].value
    wrong = [
        "",
        "x",
        f"{number}:{device}:{bound}",
        right[:-1] + ("a" if right[-1] != "a" else "b"),
        forged(f"{number}:{device}:{bound}", salt="another"),
        forged(f"{number}:{device}:{bound[:-1]}"),
        forged(f"{number}:{device}:"),
        forged(f"{int(number) + 1}:{device}:{bound}"),
        forged(number),
        forged(""),
    ]
    for value in wrong:
        browser.cookies[COOKIE] = value
        assert known() is None
    browser.cookies[COOKIE] = forged(f"{number}:{device}:{bound}")
    assert known() == device


def test_a_new_password_ends_it(browser, known, ada):
    ada.set_password(NEW)
    ada.save()
    assert known() is None


def test_a_password_chosen_by_a_link_ends_it(browser, known, ada):
    link = passwords.make_link(User.objects.get(pk=ada.pk)).removeprefix("http://localhost:8000")
    Browser().post(link, {"password": NEW, "again": NEW})
    assert known() is None


def test_whoever_changes_the_password_keeps_this_device_and_no_other(browser, known):
    other = Browser()
    other.sign_in()
    before = known()
    given = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post(CHANGE, given).status_code == 302
    assert known() not in {None, before}
    assert devices.device_of(other.get(ADMIN).wsgi_request, "ada") is None


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_one_of_somebody_who_may_not_sign_in_is_none(known, field):
    User.objects.update(**{field: False})
    assert known() is None


def test_it_ends_by_itself(browser, known, settings):
    settings.STAFF_DEVICE_DAYS = -1
    assert known() is None


def test_it_outlives_a_change_of_the_secret_key(browser, known, settings):
    before = known()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert known() == before
    settings.SECRET_KEY_FALLBACKS = []
    assert known() is None


def test_a_factor_taken_away_ends_no_device(browser, ada, key):
    browser.sign_in()
    browser.enter(code_of(key))
    two_factor.reset(ada)
    assert devices.device_of(browser.get(ADMIN).wsgi_request, "ada") is not None
