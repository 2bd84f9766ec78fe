"""What `make test` leaves out is a table's further cases, and never all of a table."""

import pytest

from tests import thinned


def test_a_spread_has_both_ends_and_never_more_than_it_may():
    assert [sorted(thinned.spread(count)) for count in (1, 3, 4, 5, 40)] == [
        [0],
        [0, 1, 2],
        [0, 2, 3],
        [0, 2, 4],
        [0, 20, 39],
    ]


@pytest.mark.parametrize("case", range(9))
def test_the_others_are_marked(case, request):
    is_left_out = request.node.get_closest_marker("more_cases") is not None
    assert is_left_out == (case not in {0, 4, 8})
