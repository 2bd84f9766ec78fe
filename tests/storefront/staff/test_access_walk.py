"""A password alone opens no page of the admin to whoever has, or must have, a second factor."""

import pytest
from django.contrib.auth.models import User

from downloads.models import Membership, Role
from storefront.staff import passwords, two_factor
from tests.factories import ShopFactory
from tests.storefront.staff.conftest import ADMIN, CODE, LOGIN, PASSWORD, SET_UP, Browser, code_of
from tests.storefront.test_urls import ADMIN as PAGES

# Before the second factor: the sign-in itself, its end, the code, and the link to a password.
GATES = {
    "admin:login",
    "admin:logout",
    "admin:second_factor",
    "admin:second_factor_set_up",
    "admin:password_link",
    "admin:forgotten_password",
}
CLOSED = [path for name, path in PAGES if name not in GATES]


@pytest.fixture(params=["superuser", "owner"])
def person(request, db):
    if request.param == "superuser":
        return User.objects.create_superuser("ada", password=PASSWORD)
    user = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    Membership.objects.create(shop=ShopFactory(), user=user, role=Role.OWNER)
    return user


def assert_closed(browser, *methods):
    for method in methods or ("GET", "POST"):
        answers = {path: browser.generic(method, path) for path in CLOSED}
        shown = {path: (each.status_code, each.get("Location")) for path, each in answers.items()}
        assert shown == {path: (302, f"{LOGIN}?next={path}") for path in CLOSED}


def test_there_are_pages_to_walk():
    assert {"/admin/", "/admin/password_change/", "/admin/autocomplete/", "/admin/jsi18n/"} < set(
        CLOSED
    )
    assert len(CLOSED) > 60


@pytest.mark.slow
def test_by_the_password_alone_where_a_factor_is_set_up(person):
    two_factor.set_up(person, two_factor.fresh_key(), step=0, replaces=None)
    browser = Browser()
    browser.sign_in()
    assert_closed(browser)
    assert browser.get(LOGIN)["Location"] == f"{CODE}?next=%2Fadmin%2F"
    assert browser.get(SET_UP)["Location"] == f"{LOGIN}?next={SET_UP}"


@pytest.mark.slow
def test_by_the_password_alone_where_one_is_required(person, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    browser = Browser()
    browser.sign_in()
    assert_closed(browser)
    assert browser.get(CODE)["Location"] == SET_UP
    assert browser.get(SET_UP).status_code == 200


def test_a_word_nobody_knows_requires_it(person, settings):
    settings.STAFF_SECOND_FACTOR = "opional"
    browser = Browser()
    browser.sign_in()
    assert browser.get(ADMIN).status_code == 302


@pytest.mark.slow
def test_by_a_link_to_choose_a_password(person, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    browser = Browser()
    path = passwords.make_link(person).removeprefix("http://localhost:8000")
    assert browser.post(path, {"password": "another one 9", "again": "another one 9"}).status_code
    assert_closed(browser, "GET")
    browser.sign_in(password="another one 9")
    assert_closed(browser, "GET")


def test_by_the_password_where_it_is_optional_and_not_set_up(person):
    browser = Browser()
    browser.sign_in()
    assert browser.get(ADMIN).status_code == 200


def test_by_both_where_one_is_required(person, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    key = two_factor.fresh_key()
    two_factor.set_up(person, key, step=0, replaces=None)
    browser = Browser()
    browser.sign_in()
    browser.enter(code_of(key))
    assert browser.get(ADMIN).status_code == 200


@pytest.mark.slow
def test_once_set_up_where_it_is_required_the_admin_opens(person, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    browser = Browser()
    browser.sign_in()
    page = browser.get(SET_UP).content.decode()
    key = page.partition("<code>")[2].partition("</code>")[0].replace(" ", "")
    browser.enter(code_of(key), SET_UP)
    assert browser.get(ADMIN).status_code == 200


@pytest.mark.slow
def test_somebody_not_of_the_staff_is_a_stranger(db):
    browser = Browser()
    browser.force_login(User.objects.create_user("buyer"))
    assert_closed(browser)
    for path in (CODE, SET_UP):
        assert browser.get(path)["Location"] == f"{LOGIN}?next={path}"


def test_no_page_tells_whether_a_row_exists(person):
    browser = Browser()
    browser.sign_in()
    assert browser.get("/admin/r/4/1/").status_code == 404
    assert "admin:view_on_site" not in dict(PAGES)


def test_the_first_page_names_no_row_that_was_changed_once(db):
    browser = Browser()
    browser.force_login(User.objects.create_superuser("ada"))
    ShopFactory(name="A shop left long ago")
    assert b"Recent actions" not in browser.get(ADMIN).content
