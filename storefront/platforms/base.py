"""Platforms: the base class of each, and what reconciliation asks of one that has an API.

`storefront.platforms.registry` lists them; each lives in a package of its own, which is the only
one that knows the platform's headers, topics and field names.
"""

import base64
import hmac
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from downloads.fulfilment import InboundMessage, Outcome
from downloads.models import Message, Shop
from storefront.platforms.client import Connection
from storefront.platforms.fields import number_in
from storefront.platforms.schemas import Payload
from storefront.platforms.setup import Setup

# The topic of what does not say its own.
UNCLEAR = "unclear"
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Envelope:
    """The headers of a webhook. Nothing in them is to be trusted but the signature.

    `sent_at` is the time that the signature covers beside the body, as it was written; empty where
    a platform's signature covers the body alone.
    """

    shop_domain: str
    topic: str
    delivery_id: str
    signature: str
    sent_at: str = ""


@dataclass(frozen=True)
class Topic:
    """What a message of one topic does, and the schema of what that takes.

    `name` is what it is stored under, where several topics are one. `order` and `customer` are the
    fields with the numbers of the order and of the buyer that it is about. Where nothing is done,
    it is stored as seen, with these numbers alone.
    """

    apply: Callable[..., object] | None
    schema: type[Payload] = Payload
    name: str = ""
    order: str = ""
    customer: str = ""


UNKNOWN = Topic(None)


@dataclass(frozen=True)
class Doubt:
    """What a message leaves open: how an order is now, which the platform alone can tell.

    So does one without a time of its own, or with the time of another that says something else.
    """

    order: int


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

    `read(connection, since, cursor)` returns a page of what changed since then (null: of
    everything); an empty cursor asks for the first. `record(shop, row, at, asked_at)` takes a row
    in through the write door and says what came of it; `asked_at` is a time of our clock before the
    row was asked for. `name(row)` is what a merchant calls it, of any row whatever. An optional
    stage may be refused or missing, as with a shop on a smaller plan.

    `number(row)` is what a row is known by, null of one that does not say. Where it is given, all
    is listed each time, and `replace(shop, numbers, asked_at=…, at=…)` takes back what is not,
    and says how many that were.
    """

    noun: str
    read: Callable[[Connection, datetime | None, str], Page]
    record: Callable[[Shop, Any, datetime, datetime], Outcome]
    name: Callable[[Any], str]
    is_optional: bool = False
    number: Callable[[Any], int | None] | None = None
    replace: Callable[..., int] | None = None


class Tokens(Protocol):
    """Where the tokens are kept that a platform gives for a day."""

    def present(self) -> str:
        """Return the one that may be used, empty where there is none."""

    def keep(self, token: str, ends_at: datetime) -> None:
        """Keep one in its place, which is to be fetched anew at that time."""


class Remote(Protocol):
    """A platform's API: the module `remote` of its package.

    `STAGES` are asked in this order. `RECENT` lists the orders placed since, whether or not they
    changed: some edits move no time. `NEEDS_KEY` says that no secret opens it without a key, and
    `WHERE_TO_GET_ACCESS` tells a merchant where on the platform they are made, with which rights.
    """

    NEEDS_KEY: bool
    STAGES: Sequence[Stage]
    RECENT: Stage
    WHERE_TO_GET_ACCESS: Any

    def connect(
        self,
        address: str,
        *,
        key: str,
        secret: str,
        tokens: Tokens | None = None,
        is_hurried: bool = False,
    ) -> Connection:
        """Return a connection to the platform's API, not used yet.

        `tokens` has the present token where the platform gives some for the key and the secret.

        Raises:
            PlatformFault: a token is wanted, and the platform gives none.
        """

    def read_order(
        self, connection: Connection, number: int, *, placed_at: datetime | None
    ) -> Any | None:
        """Return one order as a row of `RECENT`, null where the platform says that it is deleted.

        `placed_at` is when it was placed, as far as we know.

        Raises:
            PlatformFault: it cannot be asked, or its silence proves nothing.
        """

    def lacking(self, connection: Connection, product_ids: Sequence[int]) -> set[int]:
        """Return those of these products that the platform says it no longer has.

        Raises:
            PlatformFault: it cannot be asked.
        """


def number_of(row: Any, name: str) -> int | None:
    """Return the number in a field of a message, also where it is written as a text."""
    value = row.get(name) if name and isinstance(row, dict) else None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return number_in({name: value}, name)


def doubt_of(topic: Topic, *given: object) -> Doubt | None:
    """Do what a message of a topic says, and return what it leaves open."""
    result = None if topic.apply is None else topic.apply(*given)
    return result if isinstance(result, Doubt) else None


class Platform(ABC):
    """One platform that sends webhooks.

    `name` stands in its webhooks' address, `title` is what people call it, and `where_to_set_up`
    tells a merchant where on it the address and the secret go. `remote` is its API, null where it
    has none that can be asked. `setup` connects a shop by it.
    """

    name: str
    title: Any
    where_to_set_up: Any
    remote: Remote | None = None
    setup: Setup | None = None

    @abstractmethod
    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        """Return what the headers of a message say; what is missing is empty."""

    def is_ping(self, body: bytes) -> bool:
        """Say whether this is the unsigned request by which a platform tries an address.

        It is answered, and does nothing.
        """
        return False

    def is_signed(self, envelope: Envelope, body: bytes, *, secret: str, at: datetime) -> bool:
        """Verify the signature, in constant time: HMAC-SHA256 of exactly these bytes, in base64."""
        expected = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
        return hmac.compare_digest(expected, envelope.signature.encode())

    def new_secret(self) -> str | None:
        """Return a fresh secret to sign with; null where the platform makes its own."""
        return None

    def complaint_about(self, secret: str) -> str | None:
        """Say what is wrong with a secret that a merchant pasted; null where nothing is."""
        return None

    @abstractmethod
    def parse(self, envelope: Envelope, payload: dict[str, Any]) -> InboundMessage:
        """Reduce a webhook to the fields that `apply` uses, secrets hashed.

        Raises:
            BadInput: the message does not say its topic.
        """

    @staticmethod
    def person_of(message: Message, forgotten: dict[str, Any]) -> dict[str, Any]:
        """Return what is personal in a stored message; of a person erased since, what is given."""
        if message.person:
            return json.loads(message.person)
        return forgotten if message.about_customer else {}

    @abstractmethod
    def apply(self, message: Message, *, at: datetime) -> Doubt | None:
        """Do what a stored message says, through the write door; return what it leaves open.

        Raises:
            BadInput: a field is missing or not of its kind; the message names it.
        """
