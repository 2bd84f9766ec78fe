"""Platforms: the base class of each, and what reconciliation asks of one that has an API.

`storefront.platforms.registry` lists them; each lives in a package of its own, which is the only
one that knows the platform's headers, topics and field names.
"""

import base64
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from downloads.fulfilment import InboundMessage, Outcome
from downloads.models import Message, Shop
from storefront.platforms.client import Connection
from storefront.platforms.schemas import Payload


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

    `name` is what it is stored under, where several topics are one.
    """

    apply: Callable[..., object]
    schema: type[Payload] = Payload
    name: str = ""


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
    everything); an empty cursor asks for the first. `record(shop, row, at)` takes a row in through
    the write door and says what came of it. `name(row)` is what a merchant calls it, of any row
    whatever. An optional stage may be refused or missing, as with a shop on a smaller plan.
    """

    noun: str
    read: Callable[[Connection, datetime | None, str], Page]
    record: Callable[[Shop, Any, datetime], Outcome]
    name: Callable[[Any], str]
    is_optional: bool = False


class Remote(Protocol):
    """A platform's API: the module `remote` of its package.

    `STAGES` are asked in this order. `HAS_KEY` says that a key stands beside the secret, and
    `WHERE_TO_GET_ACCESS` tells a merchant where on the platform they are made, with which rights.
    """

    HAS_KEY: bool
    STAGES: Sequence[Stage]
    WHERE_TO_GET_ACCESS: str

    def connect(self, address: str, *, key: str, secret: str) -> Connection:
        """Return a connection to the platform's API, not used yet."""

    def lacking(self, connection: Connection, product_ids: Sequence[int]) -> set[int]:
        """Return those of these products that the platform says it no longer has.

        Raises:
            PlatformFault: it cannot be asked.
        """


class Platform(ABC):
    """One platform that sends webhooks.

    `name` stands in its webhooks' address, `title` is what people call it, and `where_to_set_up`
    tells a merchant where on it the address and the secret go. `remote` is its API, null where it
    has none that can be asked.
    """

    name: str
    title: str
    where_to_set_up: str
    remote: Remote | None = None

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
    def apply(self, message: Message, *, at: datetime) -> None:
        """Do what a stored message says, through the write door.

        Raises:
            BadInput: a field is missing or not of its kind; the message names it.
        """
