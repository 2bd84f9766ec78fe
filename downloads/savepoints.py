"""Savepoints spared: what is undone whole with whatever is around it needs none of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")
_is_undone_whole: ContextVar[bool] = ContextVar("is_undone_whole", default=False)


@contextmanager
def undone_whole() -> Iterator[None]:
    """Undo all that is done inside when any of it fails, by one savepoint or transaction."""
    token = _is_undone_whole.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _is_undone_whole.reset(token)


def atomic_by_itself(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate as `transaction.atomic` does, without a savepoint where all is `undone_whole`.

    Whoever went on there after a failure would be stopped by the next statement.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(savepoint=not _is_undone_whole.get()):
            return function(*args, **kwargs)

    return run
