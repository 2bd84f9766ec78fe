"""A reconciliation as it goes: how far it has come, what it has done, and who is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAMED_IN_SUMMARY = 20
NOTHING = "Nothing to repair"
TIMES = ("began_at", "since", "placed_since", "listed_from")
# What earlier releases do not know stands in a task's row only where it says something.
LATER = ("placed_since", "listed", "listed_from")


@dataclass
class Run:
    """How far a run has come; JSON can hold it.

    It goes on at the `address` it began at alone. `since` is null where everything is asked for.
    `stage` counts the platform's stages and, as the last one, the products it no longer has.
    `seen`, `repaired` and `troubles` count by noun. Orders placed since `placed_since` are asked
    for whether or not they changed; null: none are. `listed` are the numbers of a stage that lists
    all there are, as far as it has come, and `listed_from` is when it was first asked; null where
    nothing may be concluded from them.
    """

    address: str
    began_at: datetime
    since: datetime | None
    stage: int = 0
    cursor: str = ""
    restarts: int = 0
    is_over: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    troubles: int = 0
    named: list[str] = field(default_factory=list)
    placed_since: datetime | None = None
    listed: list[int] = field(default_factory=list)
    listed_from: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        values = vars(self) | {"seen": dict(self.seen), "repaired": dict(self.repaired)}
        times = {name: values[name] and values[name].isoformat() for name in TIMES}
        rows = values | times
        return {name: value for name, value in rows.items() if value or name not in LATER}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Run":
        counts = {name: Counter(values[name]) for name in ("seen", "repaired")}
        written = {name: values[name] for name in TIMES if values.get(name)}
        times = {name: datetime.fromisoformat(text) for name, text in written.items()}
        return cls(**values | counts | times)

    def begin_list(self, *, asked_at: datetime) -> None:
        """Note that a listing is read from its beginning."""
        self.listed, self.listed_from = [], asked_at

    def note_listed(self, number: int | None) -> None:
        """Note a row of a listing; one that does not say what it is may be any."""
        if number is None:
            self.listed_from = None
        else:
            self.listed.append(number)

    def name_repair(self, noun: str, sentence: str) -> None:
        """Count a repair, and keep the first few by name."""
        self.repaired[noun] += 1
        if len(self.named) < NAMED_IN_SUMMARY:
            self.named.append(sentence)

    def name_trouble(self, sentence: str) -> None:
        """Count what could not be read, and keep it before the repairs: it wants somebody."""
        self.troubles += 1
        self.named.insert(0, sentence)
        del self.named[NAMED_IN_SUMMARY:]

    @property
    def summary(self) -> str:
        """Return what the run did in one sentence."""
        compared = [f"{count} {noun}" for noun, count in self.seen.items()]
        sentence = f"{NOTHING}: {', '.join(compared)} compared" if compared else NOTHING
        if self.repaired:
            nouns = self.seen | self.repaired
            repaired = [f"{self.repaired[noun]} of {self.seen[noun]} {noun}" for noun in nouns]
            sentence = f"Repaired {', '.join(repaired)}"
        if self.troubles:
            sentence += f"; {self.troubles} could not be read, named below"
        return f"{sentence}."


@dataclass
class Listener:
    """Who is told what a run does: a command's terminal; nobody, of a task."""

    repaired: Callable[[str], object] = lambda sentence: None
    trouble: Callable[[str], object] = lambda sentence: None
    note: Callable[[str], object] = lambda sentence: None
    stage: Callable[[str, int | None], object] = lambda noun, total: None
    row: Callable[[], object] = lambda: None
