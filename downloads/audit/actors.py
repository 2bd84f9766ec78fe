"""The current actor (a context variable): set by faces and commands, read by the audit trail."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts: `name` as staff know it; the rest is empty without a request.

    `address` is its IP address, `request_id` by what our answer and our log call it.
    """

    name: str
    address: str = ""
    program: str = ""
    request_id: str = ""


UNNAMED = Actor("the service itself")
PLATFORM = Actor("the shop's platform")
_current: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=lambda: UNNAMED)


@contextmanager
def acting(who: Actor | Callable[[], Actor]) -> Iterator[None]:
    """Set the actor inside. A callable is called only once there is something to enter."""
    token = _current.set(who if callable(who) else lambda: who)
    try:
        yield
    finally:
        _current.reset(token)


def actor_now() -> Actor:
    """Return the current actor."""
    return _current.get()()


def command_line() -> Actor:
    """Return the operating system's user as the actor, for management commands."""
    try:
        user = getpass.getuser()
    except (KeyError, ImportError, OSError):  # a container may have no name for its user
        user = str(os.getuid())
    return Actor(f"command line: {user}")
