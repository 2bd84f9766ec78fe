"""What a platform's file offers, so that the inbox can hear any of them alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from downloads.fulfilment import Said
from downloads.models import Message


@dataclass(frozen=True)
class Envelope:
    """What is written outside on a message. Nothing in it is to be trusted but the signature."""

    shop_domain: str
    topic: str
    delivery_id: str
    signature: str


class Source(Protocol):
    """One platform. Its file is the only one that knows its names."""

    def read_envelope(self, headers: Mapping[str, str]) -> Envelope:
        """Return what the headers of a message say; what is missing is empty."""

    def is_signed(self, body: bytes, *, signature: str, secret: str) -> bool:
        """Say, in constant time, whether a secret signed exactly these bytes."""

    def hear(self, envelope: Envelope, payload: dict[str, Any]) -> Said:
        """Return what is worth storing of a message: no secret, and no more than is applied."""

    def apply(self, message: Message, *, at: datetime) -> None:
        """Do what a stored message says, through the write door.

        Raises:
            BadInput: a field is missing or not of its kind; the message names it.
        """
