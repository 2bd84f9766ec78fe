"""A code beside the password: set up, asked for, spent once, recovered, replaced, removed."""

import base64
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from downloads.models import AuditEntry
from storefront.models import RecoveryCode, SecondFactor, StaffSession
from storefront.staff import two_factor
from tests.factories import NOW
from tests.storefront.staff.conftest import (
    ADMIN,
    CODE,
    LOGIN,
    OWN,
    PASSWORD,
    SESSIONS,
    SET_UP,
    Browser,
    code_of,
    errors_in,
)

HALF_MINUTE = timedelta(seconds=30)
LOCKED = (
    "Too many wrong tries. Try again in 15 minutes, or ask whoever runs this service to unlock "
    "your sign-in."
)


def key_in(response):
    return re.search(r"<code>([A-Z2-7 ]+)</code>", response.content.decode())[1].replace(" ", "")


def codes_in(response):
    return re.findall(r"<code>([a-z0-9-]{19})</code>", response.content.decode())


def set_up(browser, at=NOW):
    key = key_in(browser.get(SET_UP))
    return key, browser.enter(code_of(key, at=at), SET_UP)


@pytest.fixture
def within(browser, key, frozen):
    """Ada's browser behind both factors, and a moment later, so that the next code is fresh."""
    browser.sign_in()
    assert browser.enter(code_of(key)).status_code == 302
    frozen(NOW + HALF_MINUTE)
    return browser


def fresh(key):
    return code_of(key, at=NOW + HALF_MINUTE)


# --- Setting it up -------------------------------------------------------------------------------


def test_a_code_of_the_shown_key_sets_it_up(browser, told):
    browser.sign_in()
    told()
    _key, response = set_up(browser)
    assert (len(codes_in(response)), response["Cache-Control"]) == (10, "no-store, private")
    assert browser.is_in
    assert told() == [("Set up the second factor", "ada", "ada")]


def test_the_picture_is_made_here(browser):
    browser.sign_in()
    page = browser.get(SET_UP).content.decode()
    assert unquote(re.search(r'src="(data:image/svg\+xml[^"]+)"', page)[1]).count("<svg") == 1


def test_the_key_and_the_codes_are_stored_so_that_a_dump_opens_nothing(browser):
    browser.sign_in()
    key, response = set_up(browser)
    row = SecondFactor.objects.get()
    assert row.reveal() == key
    assert key not in row.sealed
    assert len(base64.b32decode(key)) == 20
    hashes = set(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert (len(hashes), hashes & set(codes_in(response))) == (10, set())


def test_a_wrong_code_sets_nothing_up_and_keeps_the_key(browser):
    browser.sign_in()
    key = key_in(browser.get(SET_UP))
    wrong = f"{(int(code_of(key)) + 1) % 1_000_000:06}"
    response = browser.enter(wrong, SET_UP)
    assert errors_in(response) == [
        "This is not the code for this key. Enter the one that your app shows now."
    ]
    assert key_in(response) == key
    assert not SecondFactor.objects.exists()


def test_each_session_is_shown_a_key_of_its_own(browser):
    other = Browser()
    browser.sign_in()
    other.sign_in()
    assert key_in(browser.get(SET_UP)) != key_in(other.get(SET_UP))
    assert key_in(browser.get(SET_UP)) == key_in(browser.get(SET_UP))


def test_the_cookie_is_a_fresh_one_once_the_admin_opens(browser, key):
    browser.sign_in()
    before = browser.cookies["sessionid"].value
    browser.enter(code_of(key))
    assert browser.cookies["sessionid"].value != before
    assert StaffSession.objects.count() == 1


def test_sessions_signed_in_by_the_password_alone_are_asked_from_then_on(browser):
    other = Browser()
    browser.sign_in()
    other.sign_in()
    set_up(browser)
    assert (browser.is_in, other.is_in) == (True, False)


def test_by_the_password_alone_nobody_replaces_it(browser, key):
    browser.sign_in()
    for response in (browser.get(SET_UP), browser.enter("123456", SET_UP)):
        assert response["Location"] == f"{LOGIN}?next={SET_UP}"


# --- Being asked ---------------------------------------------------------------------------------


def test_the_password_leads_to_the_code_and_the_code_to_the_page(browser, key):
    response = browser.post(
        f"{LOGIN}?next={SESSIONS}", {"username": "ada", "password": PASSWORD}, follow=True
    )
    assert response.redirect_chain == [(f"{CODE}?next=%2Fadmin%2Fsessions%2F", 302)]
    assert not browser.is_in
    assert browser.enter(code_of(key), next=SESSIONS)["Location"] == SESSIONS
    assert browser.is_in


def test_a_code_leads_out_of_no_house(browser, key):
    browser.sign_in()
    assert browser.enter(code_of(key), next="//evil.example/")["Location"] == ADMIN


def test_a_code_works_once(browser, key):
    browser.sign_in()
    browser.enter(code_of(key))
    other = Browser()
    other.sign_in()
    assert errors_in(other.enter(code_of(key))) == [two_factor.WRONG]
    assert not other.is_in


def test_an_earlier_code_is_refused_after_a_later_one(browser, key, frozen):
    browser.sign_in()
    browser.enter(code_of(key, at=NOW + HALF_MINUTE))
    other = Browser()
    other.sign_in()
    assert errors_in(other.enter(code_of(key))) == [two_factor.WRONG]


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "status"), [(-2, 200), (-1, 302), (0, 302), (1, 302), (2, 200)])
def test_a_clock_may_be_half_a_minute_off(browser, key, steps, status):
    browser.sign_in()
    assert browser.enter(code_of(key, at=NOW + steps * HALF_MINUTE)).status_code == status


@pytest.mark.slow
@pytest.mark.parametrize("entered", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code_is_refused(browser, key, entered):
    browser.sign_in()
    assert browser.enter(entered).status_code == 200
    assert not browser.is_in


def test_a_code_may_be_typed_with_a_space(browser, key):
    browser.sign_in()
    code = code_of(key)
    assert browser.enter(f" {code[:3]} {code[3:]}").status_code == 302


@pytest.mark.slow
def test_five_wrong_codes_lock_and_the_lock_ends_by_itself(browser, key, frozen, told):
    told()
    browser.sign_in()
    said = [errors_in(browser.enter("abcdef")) for _ in range(5)]
    assert said == [[two_factor.WRONG]] * 4 + [[LOCKED]]
    assert errors_in(browser.enter(code_of(key))) == [LOCKED]
    assert told() == [("Second factor locked after 5 wrong codes", "ada", "ada")]
    frozen(NOW + timedelta(minutes=15))
    assert browser.enter(code_of(key, at=NOW + timedelta(minutes=15))).status_code == 302


@pytest.mark.slow
def test_the_password_does_not_clear_the_count_of_codes(browser, key):
    for _ in range(5):
        browser.sign_in()
        browser.enter("abcdef")
    assert errors_in(browser.enter(code_of(key))) == [LOCKED]


@pytest.mark.slow
def test_somebody_elses_code_opens_nothing(browser, key, boss):
    boss.get(SET_UP)
    theirs, _response = set_up(boss)
    browser.sign_in()
    assert errors_in(browser.enter(code_of(theirs))) == [two_factor.WRONG]


def test_whoever_waits_for_a_code_may_leave(browser, key):
    browser.sign_in()
    browser.post("/admin/logout/")
    assert not StaffSession.objects.exists()
    assert browser.get(CODE)["Location"] == f"{LOGIN}?next={CODE}"


# --- Recovery codes ------------------------------------------------------------------------------


@pytest.fixture
def codes(ada, key):
    return two_factor.renew_codes(ada)


def test_a_recovery_code_works_once_and_is_audited(browser, codes, told):
    told()
    browser.sign_in()
    assert browser.enter(codes[3]).status_code == 302
    assert browser.is_in
    other = Browser()
    other.sign_in()
    assert errors_in(other.enter(codes[3])) == [two_factor.WRONG]
    assert other.enter(codes[4]).status_code == 302
    assert told() == [("Used a recovery code", "ada", "ada")] * 2
    assert AuditEntry.objects.latest("id").after == {"left": 8}


def test_a_recovery_code_may_be_typed_as_people_do(browser, codes):
    browser.sign_in()
    assert browser.enter(f" {codes[0].upper().replace('-', ' ')} ").status_code == 302


def test_recovery_codes_cannot_be_guessed(codes):
    assert {re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", code) is not None for code in codes} == {
        True
    }
    assert len(set(two_factor.LETTERS)) == 32


def test_somebody_elses_recovery_code_opens_nothing(browser, key, boss):
    other = User.objects.get(username="boss")
    _factor, theirs = two_factor.set_up(other, two_factor.fresh_key(), step=0, replaces=None)
    browser.sign_in()
    assert errors_in(browser.enter(theirs[0])) == [two_factor.WRONG]


# --- One's own page ------------------------------------------------------------------------------


def test_renewed_codes_replace_the_earlier(within, key, codes, told):
    told()
    response = within.enter(fresh(key), OWN, act="renew")
    renewed = codes_in(response)
    assert (len(renewed), set(renewed) & set(codes)) == (10, set())
    assert told() == [("Renewed the recovery codes", "ada", "ada")]
    other = Browser()
    other.sign_in()
    assert errors_in(other.enter(codes[0])) == [two_factor.WRONG]
    assert other.enter(renewed[0]).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("act", ["renew", "remove"])
def test_a_change_asks_for_a_fresh_code(within, key, act):
    kept = list(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert errors_in(within.enter(code_of(key), OWN, act=act)) == [two_factor.WRONG]
    assert SecondFactor.objects.count() == 1
    assert list(RecoveryCode.objects.values_list("code_hash", flat=True)) == kept


def test_it_is_removed_where_none_is_required(within, key, told):
    told()
    within.enter(fresh(key), OWN, act="remove")
    assert (SecondFactor.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert told() == [("Removed the second factor", "ada", "ada")]
    assert within.is_in


def test_where_the_password_alone_was_shown_it_opens_nothing_afterwards(within, key):
    thief = Browser()
    thief.sign_in()
    within.enter(fresh(key), OWN, act="remove")
    assert (thief.is_in, within.is_in) == (False, True)


def test_it_is_not_removed_where_one_is_required(within, key, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    assert errors_in(within.enter(fresh(key), OWN, act="remove")) == [two_factor.NOT_REMOVED]
    assert within.enter(fresh(key), OWN, act="renew").status_code == 200
    assert SecondFactor.objects.count() == 1


@pytest.mark.slow
def test_it_is_replaced_by_a_code_of_each(within, key, told):
    told()
    new = key_in(within.get(SET_UP))
    response = within.enter(fresh(new), SET_UP, present=fresh(key))
    assert len(codes_in(response)) == 10
    assert SecondFactor.objects.get().reveal() == new
    assert told() == [("Replaced the second factor", "ada", "ada")]
    assert within.is_in


@pytest.mark.slow
def test_it_is_not_replaced_without_a_code_of_the_present_one(within, key):
    new = key_in(within.get(SET_UP))
    for present in ("", code_of(key), fresh(new)):
        assert within.enter(fresh(new), SET_UP, present=present).status_code == 200
    assert SecondFactor.objects.get().reveal() == key


def test_a_lost_telephone_is_replaced_by_a_recovery_code(within, codes):
    new = key_in(within.get(SET_UP))
    assert within.enter(fresh(new), SET_UP, present=codes[0]).status_code == 200
    assert SecondFactor.objects.get().reveal() == new


@pytest.mark.slow
def test_another_session_waits_for_the_new_key(within, key, codes):
    other = Browser()
    other.sign_in()
    other.enter(codes[1])
    assert other.is_in
    new = key_in(within.get(SET_UP))
    within.enter(fresh(new), SET_UP, present=fresh(key))
    assert (within.is_in, other.is_in) == (True, False)


def test_of_two_set_ups_the_later_is_refused(ada):
    two_factor.set_up(ada, two_factor.fresh_key(), step=0, replaces=None)
    with pytest.raises(two_factor.BadInput, match=r"changed meanwhile"):
        two_factor.set_up(ada, two_factor.fresh_key(), step=0, replaces=None)


# --- Both lost -----------------------------------------------------------------------------------


def test_a_superuser_removes_it_and_the_sessions_end(within, boss, ada, told):
    told()
    given = {"action": "remove_second_factor", "_selected_action": ada.pk}
    boss.post("/admin/auth/user/", given)
    assert not SecondFactor.objects.exists()
    assert not within.is_in
    assert told() == [
        ("Removed the second factor", "boss", "ada"),
        ("Ended sessions", "boss", "ada"),
    ]


def test_nobody_removes_their_own_without_a_code(within, ada):
    given = {"action": "remove_second_factor", "_selected_action": ada.pk}
    page = within.post("/admin/auth/user/", given, follow=True).content.decode()
    assert "Change your own under “Two-factor sign-in”." in page
    assert SecondFactor.objects.exists()


def test_the_command_line_removes_it(key, capsys, told):
    told()
    call_command("staff", "remove-second-factor", "ada")
    call_command("staff", "remove-second-factor", "ada")
    assert capsys.readouterr().out == "ada signs in without one now.\nada had none.\n"
    assert [what for what, _actor, _subject in told()] == ["Removed the second factor"]
    with pytest.raises(CommandError, match=r"Nobody signs in as bob\."):
        call_command("staff", "remove-second-factor", "bob")


def test_its_key_is_sealed_anew(key, settings, capsys):
    earlier = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *earlier]
    call_command("reseal_secrets")
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert SecondFactor.objects.get().reveal() == key
