"""What connects a shop: its access is tested, and our webhooks are registered there.

Each platform with an API has a module `setup` of this shape in its package.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from storefront.platforms.client import Connection

# A text that is translated when it is shown.
Words = Any


@dataclass(frozen=True)
class Field:
    """What opens a platform's API, as a merchant enters it; `read_entered` knows its `name`."""

    name: str
    label: Words
    help_text: Words
    is_required: bool = True


@dataclass(frozen=True)
class Entered:
    """What was entered, as it is stored: what opens the API, and what signs the messages.

    `signs_with` is empty where we make that secret.
    """

    key: str
    secret: str
    signs_with: str = ""


@dataclass(frozen=True)
class Tested:
    """What an access opens: the shop by its name, and our rights there.

    Without what is `missing` orders do not arrive; what is `advised` would bring more.
    """

    title: str
    granted: Collection[str]
    missing: Sequence[str] = ()
    advised: Mapping[str, Words] = field(default_factory=dict)


@dataclass
class Registered:
    """Which topics stand at the platform now: found there, made, or refused and why."""

    found: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def topics(self) -> list[str]:
        """Return the topics that are sent to us."""
        return sorted([*self.found, *self.made])


class Setup(Protocol):
    """How a shop is connected.

    `STEPS` tell what to do on the platform first, a click or an entry each; `BEFORE` is what to
    know before the first step. `NEEDED` are the rights without which nothing arrives; what each of
    the `ADVISED` brings stands with it. `TOPICS` have the right that each wants. `OWN_FILE` is what
    goes into a file of the merchant's own app, with our address as `{address}`; empty where there
    is none.
    """

    BEFORE: Sequence[Words]
    STEPS: Sequence[Words]
    ADDRESS_HELP: Words
    FIELDS: Sequence[Field]
    NEEDED: Sequence[str]
    ADVISED: Mapping[str, Words]
    TOPICS: Mapping[str, str]
    OWN_FILE: str

    def read_address(self, text: str) -> str:
        """Return the shop's address in full of what a merchant entered."""

    def read_entered(self, entered: Mapping[str, str]) -> Entered | dict[str, Words]:
        """Return what opens the API; else what is wrong, by the name of the field."""

    def test(self, connection: Connection) -> Tested:
        """Ask what we may do.

        Raises:
            PlatformFault: it lets us in nowhere, or cannot be asked.
        """

    def topics_for(self, granted: Collection[str]) -> list[str]:
        """Return the topics that these rights let us hear of."""

    def register(
        self,
        connection: Connection,
        address: str,
        *,
        secret: str,
        topics: Collection[str],
        is_anew: bool = False,
    ) -> Registered:
        """Have these topics sent to an address of ours; what stands there already stays.

        `is_anew` says that the access was entered just now: perhaps with another secret.

        Raises:
            PlatformFault: it cannot be asked.
        """
