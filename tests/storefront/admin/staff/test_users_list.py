"""The list of the staff, for superusers."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downloads.models import Membership, Role
from tests.factories import NOW, ShopFactory
from tests.storefront.staff.conftest import PASSWORD, Browser

PEOPLE = "/admin/auth/user/"


@pytest.mark.slow
def test_it_tells_who_is_locked_and_who_has_a_second_factor(boss, browser, key):
    for _ in range(5):
        browser.sign_in(password="wrong enough")
    rows = {row.username: row for row in boss.get(PEOPLE).context["cl"].result_list}
    assert {name: (row.has_second_factor, row.locked_until) for name, row in rows.items()} == {
        "ada": (True, NOW + timedelta(minutes=15)),
        "boss": (False, None),
    }
    assert "1 March 2026, 12:15" in boss.get(PEOPLE).content.decode()


@pytest.mark.slow
def test_locked_codes_count_too(boss, browser, key):
    browser.sign_in()
    for _ in range(5):
        browser.enter("abcdef")
    rows = {row.username: row.locked_until for row in boss.get(PEOPLE).context["cl"].result_list}
    assert rows["ada"] == NOW + timedelta(minutes=15)


def test_it_asks_the_same_however_many_there_are(boss):
    def count():
        with CaptureQueriesContext(connection) as queries:
            boss.get(PEOPLE)
        return len(queries)

    before = count()
    for number in range(5):
        User.objects.create_user(f"clerk {number}", is_staff=True)
    assert count() == before


def test_somebody_new_has_no_password_until_they_choose_one(boss):
    page = boss.get(f"{PEOPLE}add/").content.decode()
    assert re.search(r'<input [^>]*name="is_staff"[^>]* checked', page)
    given = {"username": "clerk", "is_active": "on", "is_staff": "on"}
    assert boss.post(f"{PEOPLE}add/", given).status_code == 302
    user = User.objects.get(username="clerk")
    assert (user.has_usable_password(), user.is_superuser) == (False, False)


def test_no_password_and_no_permission_of_djangos_is_asked_for(boss, ada):
    page = boss.get(f"{PEOPLE}{ada.pk}/change/").content.decode()
    for field in ("password", "groups", "user_permissions"):
        assert f'name="{field}"' not in page


def test_saving_somebody_writes_what_was_changed_alone(boss, ada):
    url = f"{PEOPLE}{ada.pk}/change/"
    given = {"username": "ada", "email": "new@example.com", "is_active": "on", "is_staff": "on"}
    assert boss.post(url, given).status_code == 302
    ada.refresh_from_db()
    assert (ada.email, ada.is_superuser) == ("new@example.com", False)
    assert ada.check_password(PASSWORD)


def test_it_is_for_superusers_alone(ada):
    User.objects.update(is_superuser=False)
    Membership.objects.create(shop=ShopFactory(), user=ada, role=Role.OWNER)
    owner = Browser()
    owner.sign_in()
    assert owner.get(PEOPLE).status_code == 403
    assert owner.get(f"{PEOPLE}{ada.pk}/change/").status_code != 200
    assert b"/admin/auth/" not in owner.get("/admin/").content


def test_groups_grant_nothing_and_are_not_shown():
    assert not admin.site.is_registered(Group)


@pytest.mark.parametrize("path", ["/admin/", PEOPLE])
def test_every_page_leads_to_ones_own_sign_in(boss, path):
    page = boss.get(path).content.decode()
    assert '<a href="/admin/sessions/">Sessions</a>' in page
    assert '<a href="/admin/second-factor/own/">Two-factor sign-in</a>' in page


def test_two_names_never_differ_by_their_case_alone(boss, ada):
    form = {"username": "ADA", "is_staff": "on", "is_active": "on"}
    answer = boss.post("/admin/auth/user/add/", form)
    assert "Somebody has this name already, perhaps in other letters." in answer.content.decode()
    assert User.objects.filter(username__iexact="ada").count() == 1
