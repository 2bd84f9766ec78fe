"""Tries and codes at the same moment, by threads with connections of their own."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from downloads.errors import BadInput
from downloads.models import AuditEntry
from storefront.models import CountedTries, SecondFactor
from storefront.staff import lockout, two_factor
from tests.factories import NOW
from tests.racing import at_once
from tests.storefront.staff.conftest import PASSWORD, Browser, code_of, errors_in

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
GUESSES = 12


def outcome(work):
    try:
        work()
    except BadInput as error:
        return type(error).__name__
    return "taken"


@pytest.mark.slow
def test_of_a_crowd_of_guesses_five_are_judged(hashed, ada):
    hashed.clear()
    at_once(*[partial(Browser().sign_in, "ada", f"wrong {number}") for number in range(GUESSES)])
    assert hashed.count("verify") == 5
    locked = AuditEntry.objects.filter(what="Sign-in locked after 5 wrong passwords")
    assert locked.count() == 1


@pytest.mark.slow
def test_a_crowd_of_guesses_leaves_the_right_one_out_too(ada):
    pages = at_once(*[partial(Browser().sign_in, "ada", "wrong enough")] * GUESSES)
    assert {page.status_code for page in pages} == {200}
    assert errors_in(Browser().sign_in())[0].startswith("Too many wrong tries.")


@pytest.mark.slow
def test_of_many_guesses_from_an_address_five_are_taken(db):
    taken = []

    def take():
        taken.append(lockout.take_password("nobody", address="a", device=None, at=NOW).number)

    done = at_once(*[partial(outcome, take)] * GUESSES)
    assert (sorted(taken), done.count("Locked")) == ([1, 2, 3, 4, 5], GUESSES - 5)
    counts = {row.who: row for row in CountedTries.objects.all()}
    assert counts.pop(lockout.of_address("nobody", "a")).taken == 5
    # Those that were locked took no turn of others.
    (total,) = counts.values()
    assert total.ends_at == NOW + timedelta(seconds=5 * settings.STAFF_TRY_SECONDS)


@pytest.mark.slow
def test_of_a_crowd_from_everywhere_as_many_are_taken_as_may_be(db, settings):
    settings.STAFF_TRIES_ANYWHERE = 7

    def take(number):
        lockout.take_password("nobody", address=f"a{number}", device=None, at=NOW)

    done = at_once(*[partial(outcome, partial(take, number)) for number in range(GUESSES)])
    assert (done.count("taken"), done.count("Slowed")) == (7, GUESSES - 7)
    in_line = CountedTries.objects.in_line(lockout.of_name("nobody"), NOW)
    assert (in_line.count(), CountedTries.objects.count()) == (GUESSES - 7, GUESSES + 1)


def test_a_crowd_of_alarms_is_told_once(ada):
    sound = partial(lockout.sound, "alarm", at=NOW, user=ada, what="Sign-in slowed")
    at_once(*[sound] * GUESSES)
    assert AuditEntry.objects.filter(what="Sign-in slowed").count() == 1
    assert CountedTries.objects.untold().count() == 1


@pytest.mark.slow
def test_one_code_opens_one_session(ada, key, settings):
    settings.STAFF_TRIES = GUESSES
    spend = partial(two_factor.spend, ada, code_of(key), at=NOW)
    done = at_once(*[partial(outcome, spend)] * 8)
    assert sorted(done) == ["BadInput"] * 7 + ["taken"]


def test_one_recovery_code_opens_one_session(ada, key, settings):
    settings.STAFF_TRIES = GUESSES
    codes = two_factor.renew_codes(ada)
    spend = partial(two_factor.spend, ada, codes[0], at=NOW)
    done = at_once(*[partial(outcome, spend)] * 8)
    assert sorted(done) == ["BadInput"] * 7 + ["taken"]


def test_of_two_keys_set_up_at_once_one_is_kept(db):
    user = User.objects.create_superuser("bob", password=PASSWORD)
    works = [
        partial(two_factor.set_up, user, two_factor.fresh_key(), step=0, replaces=None)
        for _ in range(4)
    ]
    done = at_once(*[partial(outcome, work) for work in works])
    assert sorted(done) == ["BadInput"] * 3 + ["taken"]
    assert SecondFactor.objects.count() == 1
