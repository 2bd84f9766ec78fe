"""Whether an invitation is open, in memory and in SQL."""

import itertools
from datetime import timedelta

import pytest

from downloads.models import Invitation, Role
from tests.factories import NOW, ShopFactory

STATES = {
    # (accepted at, ends on): state
    (None, NOW - timedelta(seconds=1)): "ended",
    (None, NOW): "ended",
    (None, NOW + timedelta(seconds=1)): "open",
    (NOW, NOW - timedelta(seconds=1)): "accepted",
    (NOW, NOW): "accepted",
    (NOW, NOW + timedelta(seconds=1)): "accepted",
}


@pytest.mark.django_db
def test_a_state_says_the_same_in_memory_in_sql_and_by_hand():
    shop, number = ShopFactory(), itertools.count()
    rows = {
        Invitation.objects.create(
            shop=shop,
            email=f"{next(number)}@example.com",
            role=Role.OWNER,
            token_hash=str(next(number)),
            accepted_at=accepted_at,
            expires_at=expires_at,
        ): state
        for (accepted_at, expires_at), state in STATES.items()
    }
    for row, state in rows.items():
        assert row.state(NOW) == state
    for state in ("open", "accepted", "ended", "unknown", ""):
        expected = {row for row in rows if rows[row] == state}
        assert set(Invitation.objects.with_state(state, NOW)) == expected
    assert set(Invitation.objects.open(NOW)) == set(Invitation.objects.with_state("open", NOW))
