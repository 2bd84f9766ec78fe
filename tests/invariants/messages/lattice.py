"""Confluence: messages in whatever order, repeated or not, end in one state.

`n` messages come in `n!` orders, and to try them all is soon out of reach. It is enough to walk the
lattice of their subsets. Let `state` be all that applying a message reads or writes, and `state(S)`
the one that a set of messages came to in the first order tried. Checked is, for every subset S and
every message m beside it, that m leads from state(S) to state(S + m), whichever of S + m came last;
and for every m of S that m once more leads from state(S) to state(S).

Then every order of any of them ends in the state of their set, by induction over its length: all
but its last message m came to the state of their set S, as any shorter order does; m reads nothing
but this state, so it leads where it leads from the order that was tried, to state(S + m). A message
that was there before leaves S and the state as they are. These are n · 2^(n-1) steps (80 of five
messages) in place of n · n! (600), every prefix of every order is judged and not its end alone, and
all repetitions are.

The induction stands on `state` leaving out nothing that matters: what it does not see, it cannot
hold to be equal. So whoever uses it tries a few whole orders beside (`some_orders`).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction

Message = TypeVar("Message")


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever the block does to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def only_end(
    messages: Sequence[Message],
    *,
    apply: Callable[[Message], Any],
    state: Callable[[], Any],
    again: Callable[[Message], Any] | None = None,
) -> Any:
    """Return the state that all orders of these messages end in, and leave nothing behind.

    `again` says a message once more; without it repetitions are not tried.

    Raises:
        AssertionError: a step leads elsewhere than another one did; it names the steps.
    """
    states: dict[frozenset[int], Any] = {}

    def compare(seen: frozenset[int], step: str) -> None:
        found = state()
        expected = states.setdefault(seen, found)
        assert found == expected, f"{step}: {found} in place of {expected}"

    def visit(seen: frozenset[int]) -> None:
        for number in sorted(seen) if again else ():
            with undone():
                again(messages[number])
                compare(seen, f"{number} once more, after {sorted(seen)}")
        for number in sorted(set(range(len(messages))) - seen):
            with undone():
                apply(messages[number])
                compare(seen | {number}, f"{number} after {sorted(seen)}")
                # Each subset is gone on from once: from where its messages came as they stand.
                if number > max(seen, default=-1):
                    visit(seen | {number})

    compare(frozenset(), "nothing")
    visit(frozenset())
    return states[frozenset(range(len(messages)))]


def some_orders(messages: Sequence[Message], count: int) -> list[list[Message]]:
    """Return so many orders in which these may come, the same ones each time, and the reverse."""
    dice = random.Random(len(messages))  # noqa: S311
    mixed = [dice.sample(messages, len(messages)) for _ in range(count - 1)]
    return [list(reversed(messages)), *mixed]
