"""What a reader could not read of a payload, and where: sentences for the merchant."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from downloads.errors import BadInput, DuplicateField
from downloads.json_names import is_marked
from storefront.platforms.values import ReadOtherwise, Unreadable, is_short

MOST_NOTES = 20
SHOWN = 40


class Notes:
    """The place in a payload where its reader stands, and what was odd up to there.

    A strict one takes what is odd, and raises BadInput for what cannot be read. Nothing that is
    personal is repeated; `personal` are the names of such fields.
    """

    def __init__(self, path: str, *, personal: Collection[str], is_strict: bool) -> None:
        self._steps = [path]
        # Of each object that is being read: what stands in whose place, and what is unread.
        self._objects: list[tuple[dict[str, str], set[str]]] = []
        self._sentences: list[str] = []
        self._more = 0
        self._personal, self._is_strict = personal, is_strict

    @property
    def path(self) -> str:
        return "".join(self._steps)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was odd, in few words."""
        if not self._more:
            return tuple(self._sentences)
        return (*self._sentences, f"{self._more} more could not be read.")

    def path_of(self, name: str) -> str:
        """Return the path of a field of the object that is being read."""
        return f"{self.path}.{name}"

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        """Stand at a field (`.name`) or a row (`[0]`) inside."""
        self._steps.append(step)
        try:
            yield
        finally:
            self._steps.pop()

    def enter(self, stand_ins: dict[str, str]) -> None:
        """Begin an object; of each of these names, the other one is read in its place."""
        self._objects.append((stand_ins, set()))

    def leave(self) -> frozenset[str]:
        """End an object, and return the names of its fields that could not be read."""
        return frozenset(self._objects.pop()[1])

    def is_needless(self, name: str, known: dict[str, Any]) -> bool:
        """Say whether another field was read in whose place this one stands."""
        other = self._objects[-1][0].get(name)
        return other is not None and bool(known.get(other))

    def value(self, name: str, value: Any, read: Callable[[Any], Any]) -> Any:
        """Return what a field's reader makes of it; None where that cannot be read."""
        if is_marked(value):
            raise DuplicateField(self.path_of(name))
        try:
            return read(value)
        except ReadOtherwise as odd:
            self.add(f".{name}", f"{self._shown(value, name)}{odd.remark}")
            return odd.taken
        except Unreadable as error:
            self.refuse(name, value, error.problem)
            return None

    def refuse(self, name: str, value: Any, problem: str) -> None:
        """Note that a field cannot be read.

        Raises:
            BadInput: where the reader is strict.
        """
        if self._is_strict:
            raise BadInput(f"{self.path_of(name)}: {problem}")
        self._objects[-1][1].add(name.partition("[")[0])
        if self._has_room():
            self.add(f".{name}", f"{self._shown(value, name)}could not be read")

    def add(self, step: str, remark: str) -> None:
        """Note something of what stands at a step from here."""
        if self._has_room():
            self._sentences.append(f"{self.path}{step}: {remark}.")

    def _has_room(self) -> bool:
        has_room = len(self._sentences) < MOST_NOTES
        self._more += not has_room
        return has_room

    def _shown(self, value: Any, name: str) -> str:
        field = self._steps[1].removeprefix(".") if len(self._steps) > 1 else name
        if field in self._personal:
            return ""
        if isinstance(value, str):
            short = "".join(sign if sign.isprintable() else "?" for sign in value[:SHOWN])
            return f'"{short}{"…" if len(value) > SHOWN else ""}" '
        if isinstance(value, list | dict):
            return "a list " if isinstance(value, list) else "an object "
        if isinstance(value, bool):
            return "true " if value else "false "
        return f"{value} " if isinstance(value, float) or is_short(value) else ""
