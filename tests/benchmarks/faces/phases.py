"""The parts of a run in turn: what each is about to do, how long is left, what became of it."""

import contextlib
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Planned:
    """A part that a run has before it, and its seconds on a machine with nothing else to do."""

    name: str
    seconds: float


@dataclass
class Phases:
    """A run's parts. One that fails is told of, and the others go on.

    `told` is called as each ends, so that a run broken off has told what it found by then.
    """

    planned: list[Planned]
    told: Callable[[], Any]
    failed: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _done: int = 0

    @property
    def minutes(self) -> float:
        """How long the run lasts by now."""
        return (time.monotonic() - self.began) / 60

    @property
    def minutes_left(self) -> float:
        """How long it will last still, as slow as this machine was so far."""
        done = sum(each.seconds for each in self.planned[: self._done]) / 60
        left = sum(each.seconds for each in self.planned[self._done :]) / 60
        return left * (max(self.minutes / done, 0.5) if done else 1)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Do the next part; say so, and how long is left."""
        left = f"about {self.minutes_left:.0f} minutes left"
        sys.stderr.write(f"[{self.minutes:5.1f} min, {left}] {name}\n")
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # noqa: BLE001 (told of, and the run goes on)
            traceback.print_exc()
            self.failed.append(f"{name}: {type(error).__name__}: {error}"[:500])
        finally:
            self._pass(name)
            sys.stderr.write(f"  {name}: {time.monotonic() - began:.0f} s\n")
            self.told()

    def _pass(self, name: str) -> None:
        names = [each.name for each in self.planned[self._done :]]
        if name in names:
            self._done += names.index(name) + 1


def end_on_sigterm() -> None:
    """Let a run that is told to end do what stands behind it: servers end, figures are told."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The run was told to end."))
