"""Where one is signed in: listed, and ended."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.test import Client

from downloads.models import AuditEntry, Membership, Role
from storefront.models import StaffSession
from storefront.staff.session_store import stored_key
from tests.factories import NOW, ShopFactory
from tests.storefront.staff.conftest import SESSIONS, Browser
from tests.tidied import tidy


def signed_in(address, program, name="ada"):
    browser = Browser(headers={"user-agent": program}, REMOTE_ADDR=address)
    browser.sign_in(name)
    return browser


@pytest.fixture
def desk(ada):
    return signed_in("192.0.2.1", "Desk/1")


@pytest.fixture
def phone(ada):
    return signed_in("192.0.2.7", "Phone/2")


def row_of(browser):
    return StaffSession.objects.get(pk=stored_key(browser.cookies["sessionid"].value))


def test_ones_own_are_listed_with_this_one_marked(desk, phone, boss):
    context = desk.get(SESSIONS).context
    told = {(row.address, row.program) for row in context["sessions"]}
    assert told == {("192.0.2.1", "Desk/1"), ("192.0.2.7", "Phone/2")}
    assert context["here"] == row_of(desk).pk
    page = desk.get(SESSIONS).content.decode()
    assert page.count("this one") == 1
    assert "Boss/1" not in page


def test_one_is_ended(desk, phone, told):
    told()
    desk.post(SESSIONS, {"session": row_of(phone).pk})
    assert (desk.is_in, phone.is_in) == (True, False)
    assert told() == [("Ended sessions", "ada", "ada")]
    assert AuditEntry.objects.latest("id").after == {"ended": 1}


@pytest.mark.slow
def test_all_others_are_ended(desk, phone, boss):
    signed_in("192.0.2.9", "Third/3")
    page = desk.post(SESSIONS, {"session": "others"}, follow=True).content.decode()
    assert "2 ended." in page
    assert (desk.is_in, phone.is_in, boss.is_in) == (True, False, True)


def test_somebody_elses_is_answered_like_none(desk, boss):
    answers = [
        desk.post(SESSIONS, {"session": chosen}, follow=True).content.decode()
        for chosen in (row_of(boss).pk, "f" * 40, "")
    ]
    assert ["This session was over already." in page for page in answers] == [True] * 3
    assert boss.is_in


def test_a_superuser_ends_all_of_somebody(desk, phone, boss, ada):
    given = {"action": "end_all_sessions", "_selected_action": ada.pk}
    assert b"2 sessions ended." in boss.post("/admin/auth/user/", given, follow=True).content
    assert (desk.is_in, phone.is_in, boss.is_in) == (False, False, True)


def test_the_command_line_ends_all_of_somebody(desk, capsys):
    call_command("staff", "end-sessions", "ada")
    assert capsys.readouterr().out == "1 sessions of ada ended.\n"
    assert not desk.is_in


def test_the_last_use_is_kept_to_the_hour(desk, frozen):
    desk.get("/admin/jsi18n/")
    for minutes, seen in ((59, 0), (61, 61), (90, 61)):
        frozen(NOW + timedelta(minutes=minutes))
        desk.get("/admin/jsi18n/")
        assert row_of(desk).seen_at == NOW + timedelta(minutes=seen)


def test_another_address_is_seen_at_once(desk):
    desk.get("/admin/jsi18n/", REMOTE_ADDR="198.51.100.4")
    assert row_of(desk).address == "198.51.100.4"
    assert row_of(desk).seen_at == NOW


def test_a_long_name_of_a_program_is_cut(ada):
    browser = signed_in("192.0.2.1", "x" * 1000)
    assert len(row_of(browser).program) == 200
    assert browser.is_in


def test_a_session_ends_by_its_time_however_it_is_used(desk, frozen, settings):
    last = NOW + timedelta(hours=settings.STAFF_SESSION_HOURS)
    frozen(last - timedelta(seconds=1))
    session = desk.session
    session["something"] = 1
    session.save()
    assert desk.is_in
    frozen(last)
    assert not desk.is_in
    tidy(StaffSession, at=last)
    assert not StaffSession.objects.exists()


def test_what_a_page_keeps_in_a_session_leaves_the_rest(desk):
    session = desk.session
    session["something"] = 1
    session.save()
    row = row_of(desk)
    assert (row.address, row.program, row.user.username) == ("192.0.2.1", "Desk/1", "ada")
    assert row.get_decoded()["something"] == 1


def test_an_ended_session_is_not_revived_by_what_it_was_doing(desk):
    session = desk.session
    session["something"] = 1
    StaffSession.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not StaffSession.objects.exists()


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"is_staff": False}, {"password": "!none"}]
)
def test_a_change_of_the_person_bites_at_once(desk, change):
    assert desk.is_in
    User.objects.filter(username="ada").update(**change)
    assert not desk.is_in


def test_a_changed_role_bites_at_once(ada):
    User.objects.update(is_superuser=False)
    member = Membership.objects.create(shop=ShopFactory(), user=ada, role=Role.OWNER)
    browser = signed_in("192.0.2.1", "Desk/1")
    assert browser.get("/admin/storefront/storefrontkey/").status_code == 200
    Membership.objects.filter(pk=member.pk).update(role=Role.SUPPORT)
    assert browser.get("/admin/storefront/storefrontkey/").status_code == 403


def test_no_stranger_gets_one(db):
    for path in ("/", "/admin/", "/admin/login/", "/admin/second-factor/"):
        Client().get(path)
    assert not StaffSession.objects.exists()
