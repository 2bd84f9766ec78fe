"""Which cases of a long table are run on SQLite by `make test-all` alone.

A table of forty odd names proves by its thirty-fourth what it proves by its third, most days.
Of each test's cases a spread stays that has the first and the last; the others are marked
`more_cases`. Whoever runs a file without a mark expression runs all of it.

Where a test has a sample for the fast run beside the whole, the sample is marked `sampled` at its
parameter: `make test-all` runs the whole alone.
"""

from collections import defaultdict

import pytest

CASES = 3


def mark(items: list[pytest.Item]) -> None:
    """Mark what is left out of the spread of each parametrised test, slow ones, too."""
    tables: dict[tuple, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function):
            is_sampled = item.get_closest_marker("sampled") is not None
            tables[item.path, item.cls, item.originalname, is_sampled].append(item)
    for cases in tables.values():
        for place in set(range(len(cases))) - spread(len(cases)):
            cases[place].add_marker(pytest.mark.more_cases)


def spread(count: int) -> set[int]:
    """Return the places, of `count`, that `CASES` of them spread over evenly."""
    return {round(step * (count - 1) / (CASES - 1)) for step in range(CASES)}
