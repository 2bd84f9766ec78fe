import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import CreateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError
from django.test import Client

from storefront.models import StaffSession
from storefront.staff.session_store import SessionStore, _insert
from tests.factories import NOW

ADMIN = "/admin/"


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def test_what_stands_in_the_database_signs_nobody_in(staff):
    cookie = staff.cookies["sessionid"].value
    stored = StaffSession.objects.get().session_key
    assert stored != cookie
    thief = Client()
    thief.cookies["sessionid"] = stored
    assert (staff.get(ADMIN).status_code, thief.get(ADMIN).status_code) == (200, 302)


def test_signing_out_ends_the_session(staff):
    cookie = staff.cookies["sessionid"].value
    staff.post("/admin/logout/")
    assert not StaffSession.objects.exists()
    again = Client()
    again.cookies["sessionid"] = cookie
    assert again.get(ADMIN).status_code == 302


def test_a_session_is_read_back_by_its_cookie_alone(db):
    session = SessionStore()
    session["shop"] = 7
    session.save()
    assert SessionStore(session.session_key).load() == {"shop": 7}
    assert SessionStore(StaffSession.objects.get().session_key).load() == {}
    assert (session.exists(session.session_key), session.exists("other")) == (True, False)


def test_a_session_that_was_ended_does_not_go_on_under_a_fresh_cookie(staff):
    session = SessionStore(staff.cookies["sessionid"].value)
    session.load()
    StaffSession.objects.all().delete()
    with pytest.raises(SessionInterrupted):
        session.cycle_key()
    assert not StaffSession.objects.exists()


def test_a_session_that_cannot_be_stored_is_a_fault_and_no_key_to_try_again(db):
    with pytest.raises(IntegrityError):
        _insert(StaffSession(session_key="free", expire_date=NOW, begun_at=None))


def test_a_key_that_is_taken_is_told_as_taken(staff):
    with pytest.raises(CreateError):
        _insert(StaffSession.objects.get())
