"""What a stranger can do to everybody who signs in: lock their own address, and slow a name."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from storefront.models import CountedTries
from storefront.staff import lockout, throttling
from tests.factories import NOW
from tests.storefront.staff.conftest import LOGIN, PASSWORD, Browser, code_of, errors_in

LOCKED = (
    "Too many wrong tries. Try again in 15 minutes, or ask whoever runs this service to unlock "
    "your sign-in."
)
SLOWED = (
    "Many have tried this name of late. Try again in {}: your password was not looked at yet. Your "
    "place in line is kept for 30 seconds after each try."
)


def guess(name, address):
    """Try a wrong password as the form does, without its page; return what is said."""
    request = RequestFactory().post(LOGIN, REMOTE_ADDR=address)
    with pytest.raises(ValidationError) as refused, throttling.counted(name, request):
        raise ValidationError("wrong")
    return refused.value.messages[0].partition(".")[0]


def storm(name, times):
    """Return what so many strangers are told who try a name, each five times from an address."""
    told = [guess(name, f"198.51.{n // 5 // 250}.{n // 5 % 250}") for n in range(times)]
    return {words: told.count(words) for words in sorted({*told})}


@pytest.fixture(autouse=True)
def _few_are_many(settings):
    """Let a storm be one of a dozen guesses: it is the count that matters."""
    assert settings.STAFF_TRIES_ANYWHERE == 50
    settings.STAFF_TRIES_ANYWHERE = 10


@pytest.fixture
def owner(ada, key):
    """Ada's own browser, which has signed in before, with both factors."""
    owner = Browser(REMOTE_ADDR="203.0.113.7")
    owner.sign_in()
    owner.enter(code_of(key))
    owner.post("/admin/logout/")
    return owner


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ada", "ADA", "nobody"])
def test_tries_from_everywhere_slow_a_name_alike(ada, name):
    # Two addresses lock themselves; then each is told to come back.
    assert storm(name, 14) == {
        "Many have tried this name of late": 4,
        "Too many wrong tries": 2,
        "wrong": 8,
    }


@pytest.mark.slow
def test_after_many_tries_the_owner_gets_in(owner, key, frozen):
    """On a known device at once; on a new one within ten seconds."""
    storm("ada", 100)
    known, new = owner, Browser()
    known.sign_in()
    assert known.enter(code_of(key, at=NOW + timedelta(seconds=30))).status_code == 302
    assert known.is_in
    # None of those in line comes back, so the second free turn is anybody's.
    assert errors_in(new.sign_in()) == [SLOWED.format("10 seconds")]
    frozen(NOW + timedelta(seconds=9))
    assert errors_in(new.sign_in()) == [SLOWED.format("1 second")]
    frozen(NOW + timedelta(seconds=10))
    assert new.sign_in()["Location"] == "/admin/second-factor/?next=%2Fadmin%2F"


@pytest.mark.slow
def test_who_is_slowed_has_lost_no_try(ada, browser):
    storm("ada", 12)
    assert {*(errors_in(browser.sign_in())[0] for _ in range(9))} == {SLOWED.format("10 seconds")}
    assert not CountedTries.objects.filter(who=lockout.of_address("ada", "127.0.0.1")).exists()


def test_who_is_locked_slows_nobody(ada):
    stranger = [guess("ada", "198.51.100.1") for _ in range(12)]
    assert stranger.count("wrong") == 4
    assert CountedTries.objects.get(who=lockout.of_name("ada")).ends_at == NOW + timedelta(
        seconds=25
    )


@pytest.mark.slow
def test_a_slowed_name_is_judged_once_in_five_seconds(ada, frozen):
    storm("ada", 10)
    judged = 0
    for second in range(1, 21):
        frozen(NOW + timedelta(seconds=second))
        told = [guess("ada", f"198.51.9.{second}") for _ in range(3)]
        judged += told.count("wrong")
    # The first turn was kept for those in line; none came back.
    assert judged == 3


@pytest.mark.slow
def test_a_new_device_waits_its_turn_however_many_ask_all_the_time(ada, frozen, settings):
    settings.STAFF_TRIES_ANYWHERE, settings.STAFF_TRY_SECONDS, settings.STAFF_TRIES = 1, 1, 1_000
    owner, crowd = Browser(), [f"198.51.100.{number}" for number in range(5)]
    for second in range(12):
        frozen(NOW + timedelta(seconds=second))
        # The crowd is quicker every time.
        for address in crowd:
            guess("ada", address)
        if second > 2 and owner.sign_in().status_code == 302:
            break
    # It came at 3, behind the four who waited.
    assert second == 8


def test_who_does_not_come_back_loses_their_place(ada, frozen, settings):
    settings.STAFF_TRIES_ANYWHERE, settings.STAFF_TRY_SECONDS = 1, 1
    for address in ("a", "b", "c"):
        guess("ada", address)
    line = CountedTries.objects.in_line(lockout.of_name("ada"), NOW)
    assert [row.since for row in line.all()] == [NOW] * 2
    frozen(NOW + timedelta(seconds=1))
    assert guess("ada", "c") == "Many have tried this name of late"
    assert guess("ada", "b") == "wrong"
    assert [row.since for row in line.all()] == [NOW]
    assert not CountedTries.objects.in_line(lockout.of_name("ada"), NOW + timedelta(seconds=7))


def test_how_many_and_how_fast_are_settings(ada, settings):
    settings.STAFF_TRIES_ANYWHERE, settings.STAFF_TRY_SECONDS = 2, 60
    assert storm("ada", 4) == {"Many have tried this name of late": 2, "wrong": 2}
    assert "Try again in 120 seconds" in errors_in(Browser().sign_in())[0]


def test_slowed_names_are_answered_alike_whether_anybody_has_them(ada, settings):
    settings.STAFF_TRIES_ANYWHERE = 2
    for address in ("a", "b", "c", "c", "d"):
        asked = []
        for name in ("ada", "nobody"):
            with CaptureQueriesContext(connection) as queries:
                said = guess(name, address)
            asked.append([said, *(query["sql"].split()[0] for query in queries)])
        assert asked[0] == asked[1]


def test_a_stranger_locks_their_own_address_alone(browser):
    for _ in range(9):
        browser.sign_in("ada", "wrong enough", REMOTE_ADDR="198.51.100.1")
    assert errors_in(browser.sign_in(REMOTE_ADDR="198.51.100.1")) == [LOCKED]
    assert browser.sign_in(REMOTE_ADDR="198.51.100.2").status_code == 302


@pytest.mark.slow
def test_five_wrong_on_a_device_lock_that_device_alone(owner):
    said = [errors_in(owner.sign_in("ada", "wrong enough")) for _ in range(5)]
    assert said[4] == errors_in(owner.sign_in()) == [LOCKED]
    assert Browser(REMOTE_ADDR="203.0.113.7").sign_in().status_code == 302


@pytest.mark.slow
def test_a_stranger_behind_the_same_address_does_not_lock_a_known_device(owner):
    stranger = Browser(REMOTE_ADDR="203.0.113.7")
    for _ in range(6):
        stranger.sign_in("ada", "wrong enough")
    assert errors_in(stranger.sign_in()) == [LOCKED]
    assert owner.sign_in().status_code == 302


@pytest.mark.slow
def test_unlocking_clears_every_count(owner, boss, told):
    storm("ada", 12)
    for _ in range(5):
        owner.sign_in("ada", "wrong enough")
        Browser().sign_in("ada", "wrong enough")
    ada = User.objects.get(username="ada")
    told()
    assert lockout.unlock(ada, at=NOW) is True
    assert not CountedTries.objects.filter(whose=lockout.of_name("ada")).exists()
    assert [what for what, _actor, _subject in told()] == ["Unlocked the sign-in"]
    assert owner.sign_in().status_code == Browser().sign_in().status_code == 302
    assert lockout.unlock(ada, at=NOW) is False


def test_a_name_that_is_slowed_alone_can_be_unlocked(ada, settings):
    settings.STAFF_TRIES_ANYWHERE = 2
    storm("ada", 3)
    assert lockout.unlock(ada, at=NOW) is True
    assert Browser().sign_in().status_code == 302


@pytest.mark.slow
def test_a_storm_leaves_one_entry_an_hour(ada, frozen, told):
    told()
    for minute in (0, 20, 40, 59):
        frozen(NOW + timedelta(minutes=minute))
        storm("ada", 12)
    assert told() == [("Sign-in locked after 5 wrong passwords", "the service itself", "ada")]
    frozen(NOW + timedelta(minutes=60))
    storm("ada", 20)
    assert len(told()) == 1


def test_one_try_each_from_everywhere_is_entered_as_slowed(ada, told):
    told()
    for number in range(12):
        guess("ada", f"198.51.100.{number}")
    what = "Sign-in slowed: many wrong passwords from unknown devices"
    assert [entered for entered, _actor, _subject in told()] == [what]


def test_the_right_password_is_not_told_from_wrong_ones_while_slowed(hashed, ada):
    storm("ada", 12)
    hashed.clear()
    answers = {errors_in(Browser().sign_in("ada", word))[0] for word in (PASSWORD, "wrong enough")}
    assert (answers, hashed) == ({SLOWED.format("10 seconds")}, [])
