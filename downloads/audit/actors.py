"""Who is acting: the faces and commands say it once, the audit trail asks."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`name` as staff know it; `address` and `program` are empty where there was no request."""

    name: str
    address: str = ""
    program: str = ""


UNNAMED = Actor("the service itself")
PLATFORM = Actor("the shop's platform")
_current: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=lambda: UNNAMED)


@contextmanager
def acting(who: Actor | Callable[[], Actor]) -> Iterator[None]:
    """Name who acts inside. A callable is asked only once there is something to enter."""
    token = _current.set(who if callable(who) else lambda: who)
    try:
        yield
    finally:
        _current.reset(token)


def actor_now() -> Actor:
    """Return who acts at this moment."""
    return _current.get()()


def command_line() -> Actor:
    """Return whoever sits at the machine and types commands."""
    try:
        user = getpass.getuser()
    except (KeyError, ImportError, OSError):  # a container may have no name for its user
        user = str(os.getuid())
    return Actor(f"command line: {user}")
