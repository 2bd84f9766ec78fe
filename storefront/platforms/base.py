"""What a platform's file offers, so that the inbox can hear any of them alike.

Each module or package in `storefront.platforms` that has a `NAME` is one platform; the others are
what they share. Adding one touches nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from downloads.fulfilment import Outcome, Said
from downloads.models import Message, Shop
from storefront import platforms
from storefront.platforms.client import Line


@dataclass(frozen=True)
class Envelope:
    """What is written outside on a message. Nothing in it is to be trusted but the signature.

    `sent_at` is the time that the signature covers beside the body, as it was written; empty where
    a platform's signature covers the body alone.
    """

    shop_domain: str
    topic: str
    delivery_id: str
    signature: str
    sent_at: str = ""


class Source(Protocol):
    """One platform. Its file is the only one that knows its names.

    `NAME` stands in its webhooks' address, `TITLE` is what people call it, and `WHERE_TO_SET_UP`
    tells a merchant where on it the address and the secret go.
    """

    NAME: str
    TITLE: str
    WHERE_TO_SET_UP: str

    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        """Return what the headers of a message say; what is missing is empty."""

    def is_ping(self, body: bytes) -> bool:
        """Say whether this is the unsigned knock by which a platform tries an address.

        It is answered, and does nothing.
        """

    def is_signed(self, envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
        """Say, in constant time, whether a secret signed exactly these bytes, and lately."""

    def new_secret(self) -> str | None:
        """Return a fresh secret to sign with; null where the platform makes its own."""

    def complaint_about(self, secret: str) -> str | None:
        """Say what is wrong with a secret that a merchant pasted; null where nothing is."""

    def hear(self, envelope: Envelope, payload: dict[str, Any]) -> Said:
        """Return what is worth storing of a message: no secret, and no more than is applied.

        Raises:
            BadInput: the message does not say its topic.
        """

    def apply(self, message: Message, *, at: datetime) -> None:
        """Do what a stored message says, through the write door.

        Raises:
            BadInput: a field is missing or not of its kind; the message names it.
        """


@dataclass(frozen=True)
class Page:
    """A part of a listing. `cursor` leads to the next one; empty: this was the last.

    `total` is how many rows the whole listing has, where the platform says.
    """

    rows: Sequence[Any]
    cursor: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Stage:
    """One kind of thing that a platform lists.

    `read(line, since, cursor)` returns a page of what changed since then (null: of everything);
    an empty cursor asks for the first. `record(shop, row, at)` takes a row in through the write
    door and says what came of it. `name(row)` is what a merchant calls it, of any row whatever.
    An optional stage may be refused or missing, as with a shop on a smaller plan.
    """

    noun: str
    read: Callable[[Line, datetime | None, str], Page]
    record: Callable[[Shop, Any, datetime], Outcome]
    name: Callable[[Any], str]
    is_optional: bool = False


class Remote(Protocol):
    """What a platform's file offers beside, as `remote`, if the platform can be asked.

    `STAGES` are asked in this order. `HAS_KEY` says that a key stands beside the secret, and
    `WHERE_TO_GET_ACCESS` tells a merchant where on the platform they are made, with which rights.
    """

    HAS_KEY: bool
    STAGES: Sequence[Stage]
    WHERE_TO_GET_ACCESS: str

    def connect(self, address: str, *, key: str, secret: str) -> Line:
        """Return a line to the platform's API, not used yet."""

    def lacking(self, line: Line, product_ids: Sequence[int]) -> set[int]:
        """Return those of these products that the platform says it no longer has.

        Raises:
            PlatformFault: it cannot be asked.
        """


@cache
def sources() -> dict[str, Source]:
    """Return every platform by its name."""
    modules = (
        import_module(f"{platforms.__name__}.{module.name}")
        for module in iter_modules(platforms.__path__)
    )
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def title_of(name: str) -> str:
    """Return what people call a platform, also one whose file has been removed since."""
    source = sources().get(name)
    return name.title() if source is None else source.TITLE


def remote_of(name: str) -> Remote | None:
    """Return how a platform is asked for what it has; null where it offers no such thing."""
    return getattr(sources().get(name), "remote", None)
