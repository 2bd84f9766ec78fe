"""Random histories of checkouts, corrections, merges, sign-ins and erasures: who sees what."""

import pytest

from tests.factories import NOW
from tests.invariants.people.walk import take_walks


@pytest.mark.parametrize(
    "walks",
    [pytest.param(2, marks=pytest.mark.sampled), pytest.param(15, marks=pytest.mark.slow)],
)
def test_each_sees_what_the_book_says_after_every_step(db, frozen, settings, walks):
    frozen(NOW)
    settings.ASKED_MAILS_PER_HOUR = settings.ASKED_MAILS_PER_SHOP_HOUR = 10**6
    take_walks(walks, 10)
