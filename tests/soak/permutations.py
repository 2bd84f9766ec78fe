"""Messages of every platform in every whole order, each said twice, and many random histories.

`pytest tests/soak/permutations.py`, on `DATABASE_URL` or SQLite. The tests walk a lattice instead
(`tests/invariants/messages/lattice.py`); this holds its reasoning to what it stands for.
"""

import itertools

import pytest

from tests.invariants.messages.conftest import hear, new_shop
from tests.invariants.messages.lattice import undone
from tests.invariants.messages.lives import CASES, PLATFORMS, life_of
from tests.invariants.messages.states import state_of
from tests.invariants.messages.test_random_lives import hold_for


@pytest.mark.parametrize(("platform", "happen"), CASES)
def test_every_whole_order_ends_alike(db, platform, happen):
    shop, sent = new_shop(), life_of(platform, happen).sent
    ends = {}
    for sequence in itertools.permutations(sent):
        with undone():
            hear(shop, [*sequence, *sequence], platform=platform)
            ends[str(state_of(shop))] = sequence
    assert len(ends) == 1, ends


@pytest.mark.parametrize("platform", PLATFORMS)
def test_many_histories_end_in_the_truth(db, platform):
    hold_for(new_shop(), platform, 400)
